"""How far a series lately moved: the unit in which errors of different times are alike."""

from __future__ import annotations

import numpy as np

from features.normalize import forward_fill
from features.panel import Floats, Panel

SEASONS, LEAST = 5, 20


def local_spread(panel: Panel) -> Floats:
    """[S, T] mean absolute change of a step over the last 5 seasons, or 20 steps if they are more.

    At least a tenth of the mean over the whole past, so that a quiet stretch makes no tiny unit;
    NaN where a series has not moved yet. What comes after a step does not count at it.
    """
    change = np.abs(np.diff(forward_fill(panel.y), axis=1, prepend=np.nan))
    seen = np.isfinite(change)
    total, count = np.where(seen, change, 0.0).cumsum(axis=1), seen.cumsum(axis=1)
    window = max(SEASONS * panel.calendar.season, LEAST)
    past = total / np.maximum(count, 1)
    recent = past.copy()
    fresh = count[:, window:] - count[:, :-window]  # fewer than the window where a series is young
    recent[:, window:] = (total[:, window:] - total[:, :-window]) / np.maximum(fresh, 1)
    spread = np.maximum(recent, past / 10)
    return np.where(spread > 0, spread, np.nan)
