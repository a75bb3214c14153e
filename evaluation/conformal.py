"""Calibrated quantiles of every model, from the errors that each made before.

Split-conformal (J. Lei et al.: Distribution-Free Predictive Inference for Regression, JASA 113,
2018, algorithm 2) around a point forecast, conformalised (Y. Romano, E. Patterson, E. Candès:
Conformalized Quantile Regression, NeurIPS 2019) around quantiles. That holds its promise for errors
that are exchangeable, which those of a changing world are not. So

- the errors are a rolling window of the latest that are known at each origin,
- each counts in units of the local spread of its series, and
- the share to cover is raised where too little was covered, and lowered where too much (adaptive
  conformal inference: I. Gibbs, E. Candès, NeurIPS 2021).

What was then covered is reported beside what was promised. A level and its mirror image get the
same margin: with margins of their own, 90 % intervals were wider and no better covered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evaluation.backtest import Backtest, Margins
from features.levels import LEVELS, MEDIAN
from features.panel import Floats, Integers

WINDOW = 1000
"""Most errors of a series and step ahead that margins are made from, the latest."""
BLOCKS = 64
"""Most times that margins are made anew over the origins of a backtest."""
RATE = 0.02
"""How far one target outside moves the share to cover, one step ahead; h steps ahead, where h
targets in a row are outside for one reason, an h-th of it."""
SHARES = np.array(LEVELS[MEDIAN + 1 :]) - np.array(LEVELS[:MEDIAN][::-1])
"""[P] the share of values between each level above the median and its mirror image."""


def calibrated(backtest: Backtest, *before: Backtest) -> Backtest:
    """The backtest with margins for every model that the backtests `before` it hold too.

    A forecast from origin t has margins from the latest `WINDOW` errors, of the same model, series
    and step ahead, whose targets were known at t or (so that margins are made at most `BLOCKS`
    times) shortly before. With n errors a pair of levels that is to hold a share q of the values is
    moved outwards by the ⌈(n + 1) q⌉-th smallest distance by which targets lay outside of it, or
    away from the point forecast where the model gives no quantiles. NaN where that is more than n,
    for the 90 % interval where n < 9: so few errors support none. The median stays what it is.

    Args:
        backtest: forecasts to calibrate; their own errors count as they become known.
        before: backtests of earlier origins, the earliest first.
    """
    parts = [*before, backtest]
    origins = np.concatenate([part.origins for part in parts])
    if (np.diff(origins) <= 0).any():
        raise ValueError("backtests to learn errors from need origins that increase")
    cuts = [np.array_split(part.origins, min(BLOCKS, len(part.origins))) for part in parts]
    starts = np.array([block[0] for blocks in cuts for block in blocks])
    block = np.searchsorted(starts, origins, side="right") - 1
    first, own = len(starts) - len(cuts[-1]), block[-len(backtest.origins) :]
    with np.errstate(invalid="ignore"):  # an infinite forecast
        margins = {
            model: Margins(_margins(parts, model, starts, block)[first:], own - first)
            for model in backtest.forecasts
            if all(model in part.forecasts for part in before)
        }
    return replace(backtest, margins=margins)


def _margins(parts: Sequence[Backtest], model: str, starts: Integers, block: Integers) -> Floats:
    """[B, S, P, H] the margins of each of the blocks that start at `starts` [B], in turn."""
    origins = np.concatenate([part.origins for part in parts])
    misses = np.concatenate([_misses(part, model) for part in parts], axis=3)
    S, _, H, _ = misses.shape
    ahead, seen = np.arange(1, H + 1), np.zeros(H, dtype=np.int64)
    share = np.broadcast_to(SHARES[:, None], (S, MEDIAN, H))
    out = np.full((len(starts), *share.shape), np.nan)
    for b, start in enumerate(starts):
        known = np.searchsorted(origins, start - ahead, side="right")  # [H] origins that count
        new = seen[:, None] + np.arange((known - seen).max())
        new = np.where(new < known[:, None], new, -1)
        share = np.clip(share + RATE / ahead * _shortfall(misses, out, block, new), 0, 1)
        latest = known[:, None] - 1 - np.arange(min(WINDOW, max(known.max(), 1)))
        out[b], seen = _quantiles(_at(misses, latest), share), known
    return out


def _misses(part: Backtest, model: str) -> Floats:
    """[S, P, H, O] how far targets lie outside each pair of levels, negative inside of it.

    [S, 1, H, O] where all pairs are the point forecast. In units of the spread.
    """
    y, own = part.y[..., None], part.forecasts[model][..., None]
    low, high = own, own
    if model in part.raw:
        low, high = part.raw[model][..., MEDIAN - 1 :: -1], part.raw[model][..., MEDIAN + 1 :]
    misses = np.maximum(low - y, y - high) / part.spread[:, :, None, None]
    return np.ascontiguousarray(misses.transpose(0, 3, 2, 1))


def _at(misses: Floats, places: Integers) -> Floats:
    """[S, P, H, N] at each step's own origins [H, W] → [S, P, H, W], NaN where a place is -1."""
    steps = np.arange(len(places))[:, None]
    return np.where(places >= 0, misses[:, :, steps, np.maximum(places, 0)], np.nan)


def _shortfall(misses: Floats, margins: Floats, block: Integers, new: Integers) -> Floats:
    """[S, P, H] how many targets too few were covered, of those at the new origins [H, W]."""
    miss, steps = _at(misses, new), np.arange(len(new))[:, None]
    given = margins[block[np.maximum(new, 0)], :, :, steps].transpose(2, 3, 0, 1)  # [S, P, H, W]
    short = SHARES[:, None, None] - (miss <= given)
    return np.where(np.isnan(miss - given), 0.0, short).sum(axis=3)


def _quantiles(errors: Floats, share: Floats) -> Floats:
    """[S, P or 1, H, W] → [S, P, H] the finite-sample-corrected quantiles of what is not NaN."""
    ordered = np.sort(errors, axis=3)  # NaN last
    count = (~np.isnan(ordered)).sum(axis=3)
    rank = np.clip(_rank(share, count), 1, np.maximum(count, 1))
    chosen = np.take_along_axis(ordered, rank[..., None] - 1, axis=3)[..., 0]
    return np.where(_rank(SHARES[:, None], count) <= count, chosen, np.nan)


def _rank(share: Floats, count: Integers) -> Integers:
    """⌈(n + 1) q⌉, rounded first: 0.6 of 5 is 3, not a little more."""
    return np.ceil(np.round(share * (count + 1), 9)).astype(np.int64)
