"""How good forecasts are that say how sure they are: quantiles and the 90 % interval they bound.

Proper scores reward sharp forecasts that are honest (T. Gneiting, A. Raftery: Strictly Proper
Scoring Rules, Prediction, and Estimation, JASA 102, 2007). Points without all quantiles are left
out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from evaluation.backtest import Backtest
from evaluation.metrics import mean
from features.levels import LEVELS
from features.panel import Floats

_EDGES = [0.0, *((a + b) / 2 for a, b in pairwise(LEVELS)), 1.0]
WEIGHTS = np.diff(_EDGES)
"""[Q] the share of all probabilities that each level stands for: those it is nearest to."""


def scores(backtest: Backtest, model: str, axes: tuple[int, ...]) -> dict[str, Floats]:
    """Scores over `axes` of [S, O, H] of a model that has quantiles; NaN where nothing counts.

    `crps`: the mean of 2 Σ w(q) pinball(q), which approximates the integral of 2 pinball over all
    levels, the continuous ranked probability score, to 2 % for a normal distribution; of a forecast
    without spread it is the absolute error. Range [0, inf), in units of y.
    `wql`: Σ over points of the plain mean over levels of 2 pinball(q), divided by Σ |y|; the
    weighted quantile loss of GluonTS. Range [0, inf), no unit; NaN where y is 0 throughout.
    `coverage_90`: share of the points inside the 90 % interval, ends included.
    `width_90`: mean width of the interval, in units of y.
    """
    y = backtest.judged
    crps, wql = np.zeros(y.shape), np.zeros(y.shape)
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast scores inf
        for q, (level, weight) in enumerate(zip(LEVELS, WEIGHTS, strict=True)):
            loss = 2 * pinball(y, backtest.quantile(model, q), level)
            crps += weight * loss
            wql += loss / len(LEVELS)
        low, high = backtest.interval(model)
        width = high - low
    size = mean(np.where(np.isnan(wql), np.nan, np.abs(y)), axes)
    counts = ~(np.isnan(y) | np.isnan(low) | np.isnan(high))
    return {
        "crps": mean(crps, axes),
        "wql": mean(wql, axes) / np.where(size > 0, size, np.nan),
        "coverage_90": mean(np.where(counts, (low <= y) & (y <= high), np.nan), axes),
        "width_90": mean(np.where(counts, width, np.nan), axes),
    }


def pinball(y: Floats, quantile: Floats, level: float) -> Floats:
    """max(q (y - f), (q - 1) (y - f)): least in expectation where f is the level-q quantile.

    R. Koenker, G. Bassett: Regression Quantiles, Econometrica 46 (1978).
    """
    error = y - quantile
    return np.maximum(level * error, (level - 1) * error)
