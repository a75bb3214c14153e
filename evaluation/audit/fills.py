"""Gaps that were filled with what came after them.

Both tests are for columns of noisy numbers that hardly ever repeat. There, neighbours that are
equal or lie on a straight line were filled in. They say nothing of coarse numbers and of steps.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from features.panel import Floats

GAPS = 5
"""Filled gaps below which nothing is said."""
RARE = 0.5
"""Share of the steps that filled ones may make up at most."""
SURE = 10.0
"""Log-likelihood ratio from which the filling is taken to be backwards."""
FREEDOM = 3
"""Degrees of freedom of Student's t, by which changes are compared: its tails bear outliers."""
CORNERS = 3
"""Inner points of a straight line that chance does not put there."""


def filled_backwards(x: Floats) -> bool:
    """Whether stuck values came from behind: the jump lies in front of the gap, not after it.

    A gap of r steps ends in the change of r steps. Filled forwards, that change is its last; filled
    backwards, its first. The ratio of the likelihoods of both readings is summed over all gaps.
    """
    x = x[np.isfinite(x)]
    first, last = _runs(np.diff(x) == 0)
    inner = (first > 0) & (last < len(x) - 1)
    first, last = first[inner], last[inner]
    distinct = len(np.unique(x[first])) == len(first)  # a floor, or a night, comes again
    if len(first) < GAPS or (last - first).sum() > RARE * len(x) or not distinct:
        return False
    length = last - first + 1
    moves = {int(r): _typical(x, int(r)) for r in {1, *length}}
    entry, leaving = x[first] - x[first - 1], x[last + 1] - x[last]
    long = np.array([moves[int(r)] for r in length])
    ratio = _log(entry, long) + _log(leaving, moves[1])
    ratio -= _log(entry, moves[1]) + _log(leaving, long)
    return bool(ratio.sum() > SURE and (ratio > 0).mean() > 0.6)


def interpolated(x: Floats) -> bool:
    """Whether several stretches are straight lines that no other neighbours lie on."""
    x = x[np.isfinite(x)]
    if len(x) < GAPS + 2:
        return False
    size = np.abs(x).max()
    straight = (np.abs(np.diff(x, 2)) <= 1e-10 * size) & (np.abs(np.diff(x)[1:]) > 1e-9 * size)
    first, last = _runs(straight)
    long = last - first >= CORNERS
    by_chance = straight.sum() - (last - first)[long].sum()
    return bool(long.sum() >= GAPS - 2 and straight.mean() < RARE and by_chance < 0.01 * len(x))


def _runs(flags: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and last point of each run: flag i joins the points i and i + 1."""
    edge = np.diff(np.concatenate([[0], flags.astype(np.int64), [0]]))
    return np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)


def _typical(x: Floats, lag: int) -> float:
    """The median size of a change over `lag` steps, without those that were filled in."""
    change = np.abs(x[lag:] - x[:-lag])
    moved = change[change > 0]
    return float(np.median(moved)) if len(moved) else 1.0


def _log(change: Floats, scale: float | Floats) -> Floats:
    """Log density of Student's t, but for a constant."""
    return -np.log(scale) - (FREEDOM + 1) / 2 * np.log1p((change / scale) ** 2 / FREEDOM)
