"""What the calendar tells a model: where in the day, the week and the year a step lies."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from features.calendars import DAY, typical_step
from features.panel import Floats

Phase = Callable[[pd.DatetimeIndex], Floats]


def _day(stamps: pd.DatetimeIndex) -> Floats:
    # Hours on the clock, not time since midnight: they differ on days when clocks change.
    seconds = 3600 * stamps.hour + 60 * stamps.minute + stamps.second
    return np.asarray(seconds, np.float64) / 86400


def _week(stamps: pd.DatetimeIndex) -> Floats:
    return (np.asarray(stamps.dayofweek, np.float64) + _day(stamps)) / 7


def _year(stamps: pd.DatetimeIndex) -> Floats:
    days = np.where(stamps.is_leap_year, 366.0, 365.0)
    return (np.asarray(stamps.dayofyear, np.float64) - 1 + _day(stamps)) / days


CYCLES: dict[str, tuple[pd.Timedelta, Phase]] = {
    "day": (DAY, _day),
    "week": (7 * DAY, _week),
    "year": (365 * DAY, _year),
}
"""Length of each cycle, and its phase in [0, 1) at each stamp."""


def visible_cycles(calendar_name: str, span: pd.Timedelta) -> tuple[str, ...]:
    """The cycles that at least two steps of the calendar show, and that `span` saw at least twice.

    A season seen once cannot be told from a trend, so a network would only learn it by heart.

    Args:
        calendar_name: offset alias or exchange code, which says how long a step is.
        span: length of the training range.
    """
    step = typical_step(calendar_name)
    return tuple(n for n, (cycle, _) in CYCLES.items() if 2 * step <= cycle <= span / 2)


def calendar_features(stamps: pd.DatetimeIndex, cycles: tuple[str, ...]) -> Floats:
    """A sine and a cosine for each cycle: [T, 2·cycles], in [-1, 1], functions of the stamps.

    Args:
        stamps: [T] time stamps; the wall clock of their time zone counts.
        cycles: names of `CYCLES`.
    """
    angles = [2 * np.pi * CYCLES[name][1](stamps) for name in cycles]
    columns = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    return np.stack(columns, axis=1) if columns else np.zeros((len(stamps), 0))
