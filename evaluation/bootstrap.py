"""What another stretch of time might have shown: origins drawn again, in blocks.

All series and all models get the same draws, so what they have in common stays in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.diebold_mariano import origins_needed
from evaluation.metrics import mean
from evaluation.tally import Tally
from features.panel import Floats

RESAMPLES, SEED = 1000, 0
TAIL = 0.025
"""Chance that the truth lies beyond an end of an interval, for each of its two ends."""


def block_length(losses: Floats, lags: int) -> int:
    """Origins that are drawn together, from the losses [O, M] of the models.

    The longest of the models' lengths for a circular bootstrap by Politis and White (2004, with
    Patton 2009, Econometric Reviews 28; `arch.bootstrap.optimal_block_length`), and at least twice
    the `lags + 1` origins whose targets overlap: blocks as long as the overlap lose a third of the
    variance.
    """
    from arch.bootstrap import optimal_block_length

    finite = _of_size_one(losses[:, np.isfinite(losses).all(axis=0)])
    with np.errstate(divide="ignore", invalid="ignore"):  # losses that hardly ever change
        found = optimal_block_length(finite)["circular"]
    longest = max((length for length in found if np.isfinite(length)), default=1.0)
    return min(max(int(np.ceil(longest)), 2 * (lags + 1)), len(losses))


@dataclass(frozen=True)
class Resamples:
    """Draws of origins, the same for all series, models and metrics."""

    weights: Floats  # [B, O] how often each origin is drawn; B is 0 where the origins are too few
    tail: float
    """Share of the draws beyond each end of an interval: less than 2.5 %, see `widening`."""

    def interval(self, values: Floats) -> tuple[float, float]:
        """The 95 % interval from [B] values, one a draw; NaN without draws, or with one inf."""
        if not values.size or not np.isfinite(values).all():
            return float("nan"), float("nan")
        low, high = np.quantile(values, [self.tail, 1 - self.tail])
        return float(low), float(high)


def resamples(losses: Floats, lags: int, draws: int = RESAMPLES) -> Resamples:
    """Draw the origins again in circular blocks (Politis and Romano 1992), with a fixed seed.

    Args:
        losses: [O, M] of each model at each origin, NaN at origins where none was judged.
        lags: how many origins after an origin share some of its targets.
        draws: B.
    """
    from arch.bootstrap import CircularBlockBootstrap
    from scipy import stats

    judged = np.flatnonzero(~np.isnan(losses).any(axis=1))
    if len(judged) < origins_needed(lags):
        return Resamples(np.empty((0, len(losses))), TAIL)
    block = block_length(losses[judged], lags)
    drawn = CircularBlockBootstrap(block, judged, seed=SEED).bootstrap(draws)
    weights = [np.bincount(at[0], minlength=len(losses)) for at, _ in drawn]
    tail = stats.norm.cdf(stats.norm.ppf(TAIL) * widening(len(judged), block))
    return Resamples(np.stack(weights).astype(float), float(tail))


def widening(origins: int, block: int) -> float:
    """How many times too narrow the spread of resampled means is, because there are few blocks.

    With m blocks, Student's t with m - 1 degrees of freedom against the normal, and the root of
    m / (m - 1): the expanded percentile interval of Hesterberg (2015, The American Statistician
    69), with blocks for his observations.
    """
    from scipy import stats

    m = max(origins / block, 2.0)
    return float(stats.t.ppf(TAIL, m - 1) / stats.norm.ppf(TAIL) * np.sqrt(m / (m - 1)))


def over_series(tally: Tally, weights: Floats) -> Floats:
    """[B] the metric, mean over series, with origins counted by the weights [B, O]."""
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast scores inf
        return mean(tally.by_series(weights), (1,))


def intervals(tallies: Mapping[str, Mapping[str, Tally]], drawn: Resamples) -> pd.DataFrame:
    """Every metric with its 95 % interval, indexed by `model` and `metric`.

    Args:
        tallies: model -> metric -> its sums by series and origin.
        drawn: the origins drawn again, from `resamples` or `Significance.drawn`.

    Returns:
        Columns `value`, `lower`, `upper`; the ends are NaN where the origins are too few, or where
        some draw leaves nothing to judge or holds an infinite error.
    """
    rows = {(model, metric): row for model, metric, row in _rows(tallies, drawn)}
    index = pd.MultiIndex.from_tuples(rows, names=["model", "metric"])
    return pd.DataFrame(list(rows.values()), index, columns=["value", "lower", "upper"])


def _rows(
    tallies: Mapping[str, Mapping[str, Tally]], drawn: Resamples
) -> Iterator[tuple[str, str, tuple[float, float, float]]]:
    once = np.ones((1, drawn.weights.shape[1]))
    for model, metrics in tallies.items():
        for metric, tally in metrics.items():
            value = float(over_series(tally, once)[0])
            yield model, metric, (value, *drawn.interval(over_series(tally, drawn.weights)))


def confidence_set(losses: Floats, lags: int) -> Floats:
    """[M] p-values of the model confidence set (Hansen, Lunde and Nason 2011, Econometrica 79).

    Models below 0.1 are worse than the best at the 10 % level; the others cannot be told from it.
    `arch.bootstrap.MCS`, the greatest deviation from the mean of the set, circular blocks of
    `block_length`, a fixed seed. The models' means are drawn together by `widening` first; without
    that it drops models that are as good as the best too often where steps overlap.

    Args:
        losses: [O, M] of each model at each origin, NaN at origins where none was judged.
        lags: how many origins after an origin share some of its targets.

    Returns:
        0 for a model with infinite losses, 1 for the best; equal models have equal p-values. NaN
        where the judged origins are too few.
    """
    from arch.bootstrap import MCS

    losses = losses[~np.isnan(losses).any(axis=1)]
    finite = np.isfinite(losses).all(axis=0)
    p = np.where(finite, 1.0, 0.0)
    if len(losses) < origins_needed(lags):
        return np.full(len(p), np.nan)
    distinct, which = np.unique(_of_size_one(losses[:, finite]), axis=1, return_inverse=True)
    if distinct.shape[1] > 1:
        block = block_length(distinct, lags)
        apart = distinct.mean(axis=0) * (1 - 1 / widening(len(distinct), block))
        noise = np.random.default_rng(SEED).normal(size=distinct.shape)  # so that no variance is 0
        shaken = distinct - apart + 1e-9 * np.abs(distinct).mean() * noise
        found = MCS(shaken, 0.1, RESAMPLES, block, "max", "circular", seed=SEED)
        found.compute()
        p[finite] = found.pvalues["Pvalue"].sort_index().to_numpy()[which.ravel()]
    return p


def _of_size_one(losses: Floats) -> Floats:
    """The largest is 1, so that no square overflows or vanishes; nothing here has a unit."""
    size = np.abs(losses).max(initial=0.0)
    return losses / size if size > 0 else losses
