"""Split-conformal 90 % intervals, their coverage and their width.

J. Lei, M. G'Sell, A. Rinaldo, R. Tibshirani, L. Wasserman: Distribution-Free Predictive Inference
for Regression, JASA 113 (2018), algorithm 2. The promise of 90 % holds for errors of the validation
range and later ones that are exchangeable. Errors of overlapping origins depend on each other, the
range may have served to stop the training, and the world changes: so the reached coverage is
reported beside the promised one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluation.backtest import Backtest
from evaluation.metrics import mean
from features.panel import Floats

LEVEL = 0.9
"""The promised coverage, the 90 in `-lo-90` and `-hi-90`."""


def half_widths(validation: Backtest) -> dict[str, Floats]:
    """[S, H] for each model: half the width of the 90 % interval of each series and step ahead.

    The ⌈(n + 1) 0.9⌉-th smallest of the n absolute errors of the validation range's origins. NaN
    where n < 9: so few errors support no finite 90 % interval.
    """
    return {
        model: _quantile(np.abs(validation.judged - forecast))
        for model, forecast in validation.forecasts.items()
    }


def with_intervals(backtest: Backtest, widths: dict[str, Floats]) -> Backtest:
    """The backtest with an interval around the forecasts of each model that has half-widths."""
    intervals = {
        model: (forecast - widths[model][:, None, :], forecast + widths[model][:, None, :])
        for model, forecast in backtest.forecasts.items()
        if model in widths
    }
    return replace(backtest, intervals=intervals)


def coverage(backtest: Backtest, model: str) -> Floats:
    """[S] share of the points that lie inside the model's interval, ends included.

    Points without an interval are left out; NaN for a series that has none.
    """
    low, high = backtest.intervals[model]
    inside = (backtest.judged >= low) & (backtest.judged <= high)
    counts = backtest.judged_points & ~np.isnan(low) & ~np.isnan(high)
    return mean(np.where(counts, inside, np.nan), (1, 2))


def mean_width(backtest: Backtest, model: str) -> Floats:
    """[S] mean width of the model's interval at the points that count, in units of y."""
    low, high = backtest.intervals[model]
    with np.errstate(invalid="ignore"):  # around an infinite forecast
        width = high - low
    return mean(np.where(backtest.judged_points, width, np.nan), (1, 2))


def _quantile(errors: Floats) -> Floats:
    """[S, H] from [S, O, H]: the finite-sample-corrected quantile of what is not NaN."""
    count = (~np.isnan(errors)).sum(axis=1)  # [S, H]
    rank = np.ceil(LEVEL * (count + 1)).astype(np.int64)
    ordered = np.sort(errors, axis=1)  # NaN last
    at = np.minimum(rank, max(errors.shape[1], 1)) - 1
    chosen = np.take_along_axis(ordered, at[:, None, :], axis=1)[:, 0, :]
    return np.where(rank <= count, chosen, np.nan)
