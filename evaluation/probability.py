"""How good forecasts are that say how sure they are: quantiles and the 90 % interval they bound.

Proper scores reward sharp forecasts that are honest (T. Gneiting, A. Raftery: Strictly Proper
Scoring Rules, Prediction, and Estimation, JASA 102, 2007). Points without all quantiles are left
out.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from evaluation.metrics import Metric, Points, mean, observed_size, ratio
from features.levels import LEVELS
from features.panel import Floats

_EDGES = [0.0, *((a + b) / 2 for a, b in pairwise(LEVELS)), 1.0]
WEIGHTS = np.diff(_EDGES)
"""[Q] the share of all probabilities that each level stands for: those it is nearest to."""
NOMINAL = np.diff([0.0, *LEVELS, 1.0])
"""[Q + 1] the probabilities of the bins below, between and above the levels."""
_BIN = np.arange(len(NOMINAL))
_TOUCHED = ((_BIN[:, None, None] <= _BIN) & (_BIN[:, None] >= _BIN)) * NOMINAL
_BETWEEN = _TOUCHED / np.maximum(_TOUCHED.sum(axis=2, keepdims=True), NOMINAL.min())
"""[Q + 1, Q + 1, Q + 1] how one point is shared out among the bins from a to b."""


def ranked_probability_score(points: Points) -> Floats:
    """2 Σ w(q) pinball(q). CRPS is its mean: range [0, inf), in units of y.

    It approximates the integral of 2 pinball over all levels, the continuous ranked probability
    score, to 2 % for a normal distribution; of a forecast without spread it is the absolute error.
    """
    return _pinballs(points, WEIGHTS)


def weighted_quantile_loss(points: Points) -> Floats:
    """The plain mean over levels of 2 pinball(q). wQL is its sum divided by Σ |y|: [0, inf).

    As in GluonTS; no unit; NaN where y is 0 throughout.
    """
    return _pinballs(points, np.full(len(LEVELS), 1 / len(LEVELS)))


def inside_interval(points: Points) -> Floats:
    """1 inside the 90 % interval, ends included, else 0. Coverage is its mean, in [0, 1]."""
    low, high = points.quantiles[0], points.quantiles[-1]
    inside = (low <= points.y) & (points.y <= high)
    return np.where(np.isnan(points.y) | np.isnan(low) | np.isnan(high), np.nan, inside)


def interval_width(points: Points) -> Floats:
    """High end minus low end of the 90 % interval, in units of y. NaN of an infinite forecast."""
    width = points.quantiles[-1] - points.quantiles[0]
    return np.where(np.isnan(points.y), np.nan, width)


SCORES: dict[str, Metric] = {
    "crps": Metric(
        "CRPS",
        "Continuous ranked probability score, in the unit of the series: the error of the whole"
        " forecast distribution, of which MAE is the special case without spread.",
        ranked_probability_score,
    ),
    "wql": Metric(
        "wQL",
        "Weighted quantile loss: the error of all quantiles as a share of the sizes of the"
        " observations.",
        weighted_quantile_loss,
        unit="",
        weight=observed_size,
    ),
    "coverage_90": Metric(
        "inside 90 % interval",
        "Share of the observations inside the model's 90 % interval; well below 90 % means that"
        " the interval promises too much.",
        inside_interval,
        unit="",
        better="closer to 90 %",
    ),
    "width_90": Metric(
        "width of 90 % interval",
        "Mean width of the 90 % interval, in the unit of the series: of two models that cover"
        " alike, the narrower says more.",
        interval_width,
    ),
}
"""Metrics of calibrated models, of the shape of `METRICS`."""


def pinball(y: Floats, quantile: Floats, level: float) -> Floats:
    """max(q (y - f), (q - 1) (y - f)): least in expectation where f is the level-q quantile.

    R. Koenker, G. Bassett: Regression Quantiles, Econometrica 46 (1978).
    """
    error = y - quantile
    return np.maximum(level * error, (level - 1) * error)


def pit(backtest: Backtest, model: str) -> pd.DataFrame:
    """Where observations fell among the calibrated quantiles of `model`: its PIT histogram.

    The probability integral transform of an observation is the probability that the forecast gave
    to values up to it; honest forecasts make it uniform (A. P. Dawid: Present Position and
    Potential Developments, JRSS A 147, 1984; T. Gneiting et al., JRSS B 69, 2007). Only Q quantiles
    are known, so it is told to the bin between two of them. One row a bin: `low` and `high`, the
    levels at its ends; `share`, of the points in it, the mean over series; `nominal`, the share of
    an honest forecast. Observations that equal one or more quantiles, as zeros of rain do, are
    shared out among the bins that touch there by nominal shares. NaN where no point counts.
    """
    shares = np.concatenate([_pit(backtest.of(series), model) for series in backtest.groups()])
    edges = [0.0, *LEVELS, 1.0]
    columns = {"low": edges[:-1], "high": edges[1:]}
    return pd.DataFrame(columns | {"share": mean(shares, (0,)), "nominal": NOMINAL})


def _pit(part: Backtest, model: str) -> Floats:
    """[S, Q + 1] share of each series' points in each bin."""
    y, quantiles, bins = part.judged, part.quantiles(model), len(NOMINAL)
    below = sum((q < y for q in quantiles), np.zeros(y.shape, np.int64))
    upto = sum((q <= y for q in quantiles), np.zeros(y.shape, np.int64))
    series = np.arange(len(y))[:, None, None]
    place = np.ravel_multi_index((series, below, upto), (len(y), bins, bins))
    there = np.logical_and.reduce([~np.isnan(values) for values in (y, *quantiles)])
    count = np.bincount(place[there], minlength=len(y) * bins**2).reshape(len(y), bins, bins)
    total = count.sum(axis=(1, 2))
    return ratio(np.einsum("sab,abk->sk", count, _BETWEEN), total[:, None])


def _pinballs(points: Points, weights: Floats) -> Floats:
    """[S, O, H] the weighted sum over levels of twice the pinball loss."""
    losses = zip(points.quantiles, LEVELS, weights, strict=True)
    return sum((2 * w * pinball(points.y, q, level) for q, level, w in losses), np.zeros(()))
