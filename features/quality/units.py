"""Columns that go on in another unit: a sustained shift of level that a conversion explains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from features.calendars import DAY, typical_step
from features.panel import Floats, Integers
from features.quality.observations import Observations, median_around
from features.quality.rule import Hits, points


@dataclass(frozen=True)
class Conversion:
    """The other unit is slope × metric + offset."""

    columns: tuple[str, ...]
    unit: str
    slope: float
    offset: float
    step: float
    """Least shift of the medians before and after, in units of the column; most of it at once."""
    days: int
    """Days before and after it whose medians are compared."""
    near: float
    """How far from the converted level the new one is at most, as a share of the shift."""


TEMPERATURES = ("temp", "tmin", "tmax", "dwpt")
CONVERSIONS = (
    Conversion(TEMPERATURES, "°F", 1.8, 32.0, 24.0, 14, 0.35),
    Conversion(TEMPERATURES, "K", 1.0, 273.15, 200.0, 14, 0.1),
    Conversion(("pres",), "kPa", 0.1, 0.0, 400.0, 14, 0.03),
    Conversion(("pres",), "inHg", 0.02953, 0.0, 400.0, 14, 0.03),
)
WIND = (Conversion(("wspd", "wpgt"), "m/s", 1 / 3.6, 0.0, 0.0, 60, 0.15),)
"""Wind has calm and windy weeks: a change of its unit shows in long medians, and not surely."""
CLOSE = 3
"""Days before and after the change that must differ by the shift."""


def find_unit_changes(data: Observations) -> Iterator[Hits]:
    """Stamps from which a temperature or pressure is in another unit, or up to which it was."""
    yield from _changes(data, CONVERSIONS)


def find_wind_unit_changes(data: Observations) -> Iterator[Hits]:
    """The same of wind."""
    yield from _changes(data, WIND)


def _changes(data: Observations, conversions: tuple[Conversion, ...]) -> Iterator[Hits]:
    daily = max(1, DAY // typical_step(data.calendar))
    for conversion in conversions:
        for column in conversion.columns:
            rows = np.flatnonzero(np.isfinite(data.columns[column]))
            values, code = data.columns[column][rows], data.code[rows]
            at, level = _shifts(values, code, conversion, daily)
            text = f"{column} goes over to a level of {{value:.4g}}, as between metric and"
            text += f" {conversion.unit}"
            yield points(data, rows[at], text, level, column)


def _shifts(
    values: Floats, code: Integers, conversion: Conversion, daily: int
) -> tuple[Integers, Floats]:
    """[K] first places of the new level, and its median."""
    at = np.flatnonzero(np.diff(code) == 0) + 1
    if conversion.step:
        at = at[np.abs(values[at] - values[at - 1]) > 0.75 * conversion.step]
        least = CLOSE
    else:
        at, least = at[:: CLOSE * daily], conversion.days // 2

    def medians(days: int, least: int) -> tuple[Floats, Floats]:
        steps = days * daily
        return (
            median_around(values, code, at, range(-steps, 0), least),
            median_around(values, code, at, range(steps), least),
        )

    before, after = medians(conversion.days, least * daily)
    size = np.abs(after - before)
    sharp = np.abs(np.subtract(*medians(CLOSE, 1)))
    off = np.minimum(
        np.abs(conversion.slope * before + conversion.offset - after),
        np.abs(conversion.slope * after + conversion.offset - before),
    )
    found = (off <= conversion.near * size) & (size > 0)
    found &= np.minimum(sharp, size) >= conversion.step
    score = (sharp if conversion.step else size)[found]
    at, after = at[found], after[found]
    best = _best(code[at], at, score, conversion.days * daily)
    return at[best], after[best]


def _best(code: Integers, at: Integers, score: Floats, apart: int) -> Integers:
    """The best place of each cluster, whose members are less than `apart` from the one before."""
    begins = (np.diff(code, prepend=-1) != 0) | (np.diff(at, prepend=-apart) >= apart)
    cluster = np.cumsum(begins)
    order = np.lexsort((-score, cluster))
    return order[np.diff(cluster[order], prepend=0) != 0]
