"""A metric before it is averaged, so that any part of the origins can be averaged cheaply."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from evaluation.backtest import Backtest
from evaluation.metrics import MAPE_SHARE, METRICS, Metric, Points, Scale, ratio
from evaluation.probability import SCORES
from features.panel import Floats

AVERAGES: Mapping[str, Metric] = ChainMap({"mape_share": MAPE_SHARE}, SCORES, METRICS)
"""Every column of a table of scores but the skills, in its order: the registries as one."""


@dataclass(frozen=True)
class Tally:
    """Sums by series and origin; a series' metric over any origins is finish(Σ top / Σ bottom)."""

    top: Floats  # [S, O], infinite where a diverged forecast is
    bottom: Floats  # [S, O] how much counts: points for a mean, sizes for a weighted error
    finish: Callable[[Floats], Floats]

    def by_series(self, weights: Floats) -> Floats:
        """[B, O] how often each origin counts → [B, S]; NaN where nothing of a series counts."""
        return self.finish(ratio(_weighted(weights, self.top), weights @ self.bottom.T))


def tallies(backtest: Backtest, model: str, scale: Scale) -> dict[str, Tally]:
    """The sums of every column of `AVERAGES`; without those of quantiles where it has none."""
    sums: dict[str, list[Floats]] = {}
    for series in backtest.groups():
        points = points_of(backtest.of(series), model, scale.of(series))
        for name, metric in averages(points).items():
            with np.errstate(over="ignore", invalid="ignore"):  # diverged both ways
                both = np.stack([terms.sum(axis=2) for terms in metric.terms(points)])
            sums.setdefault(name, []).append(both)
    joined = {name: np.concatenate(parts, axis=1) for name, parts in sums.items()}  # [2, S, O]
    return {name: Tally(both[0], both[1], AVERAGES[name].finish) for name, both in joined.items()}


def points_of(backtest: Backtest, model: str, scale: Scale) -> Points:
    """What the metrics of a model are made of, NaN at points that do not count."""
    quantiles = backtest.quantiles(model) if model in backtest.margins else ()
    forecast = backtest.forecasts[model]
    return Points(backtest.judged, forecast, backtest.last, scale, quantiles)


def averages(points: Points) -> dict[str, Metric]:
    """Those that these points have: without quantiles, the metrics of point forecasts."""
    return {n: m for n, m in AVERAGES.items() if points.quantiles or n not in SCORES}


def _weighted(weights: Floats, values: Floats) -> Floats:
    """[B, O], [S, O] → [B, S] weights @ values.T, where an infinity of weight 0 does not count."""
    total: Floats = weights @ np.where(np.isfinite(values), values, 0.0).T
    for wild in (np.inf, -np.inf):
        found = weights @ (values == wild).T > 0
        with np.errstate(invalid="ignore"):  # too high and too low: no bias
            total = total + np.where(found, wild, 0.0)
    return total
