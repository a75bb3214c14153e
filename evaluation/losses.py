"""The absolute errors of one model by origin, so that their mean is the MAE of the leaderboard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evaluation.backtest import Backtest
from evaluation.metrics import mean
from evaluation.tally import Tally
from features.panel import Floats


@dataclass(frozen=True)
class Losses:
    """What each origin adds to a MAE; NaN at origins where nothing was judged.

    Where points are missing, a MAE is a ratio of sums, and an origin adds what moves that ratio:
    `mae + (sum of errors - mae x points) / mean points`. Where none is, that is the mean error of
    the origin.
    """

    whole: Floats  # [O] of the mean over series and steps
    steps: Floats  # [O, H] of the mean over series at each step ahead
    series: Floats  # [O, S] of each series
    tally: Tally
    """The sums themselves."""

    @property
    def mae(self) -> float:
        """As the leaderboard has it; NaN where nothing was judged."""
        return float(mean(self.whole, (0,)))

    @property
    def columns(self) -> Floats:
        """[O, 1 + H + S] all of them."""
        return np.column_stack([self.whole, self.steps, self.series])


def losses(backtest: Backtest, model: str) -> Losses:
    """The absolute errors of `model` at the points that count, in units of y."""
    counted = backtest.judged_points
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast errs by inf
        errors = np.abs(backtest.judged - backtest.forecasts[model])
    errors = np.where(counted, errors, 0.0)
    points, total = counted.sum(axis=2).astype(float), errors.sum(axis=2)  # [S, O]
    return Losses(
        _panel(total, points),
        _panel(errors, counted.astype(float)),
        np.where(
            points > 0, _added(total, points, (points > 0).sum(axis=1, keepdims=True)), np.nan
        ).T,
        Tally(total, points, np.asarray),
    )


def _panel(errors: Floats, points: Floats) -> Floats:
    """[O, ...] of the mean over series, from sums [S, O, ...]."""
    judged = points.any(axis=0)
    added = _added(errors, points, judged.sum(axis=0))
    return np.where(judged, mean(added, (0,)), np.nan)


def _added(errors: Floats, points: Floats, origins: Floats) -> Floats:
    """[S, O, ...] what each of so many judged origins adds to the MAE of each series."""
    count = points.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        mae = errors.sum(axis=1, keepdims=True) / count
        added = mae + (errors - mae * points) * origins / count
    return np.where(np.isinf(mae), np.inf, added)
