"""Rules for weather in metric units: °C, %, mm, cm, °, km/h, hPa at sea level, minutes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.calendars import DAY, typical_step
from features.panel import Floats, Integers
from features.quality.observations import Observations, runs
from features.quality.rule import Hits, Rule, missing, points
from features.quality.stamps import STAMP_RULES
from features.quality.units import find_unit_changes, find_wind_unit_changes

BOUNDS: dict[str, tuple[float, float]] = {
    "temp": (-95.0, 60.0),  # °C; on Earth -89.2 to 56.7
    "tmin": (-95.0, 60.0),
    "tmax": (-95.0, 60.0),
    "dwpt": (-100.0, 45.0),
    "rhum": (0.0, 100.0),  # %
    "prcp": (0.0, 2000.0),  # mm; 1825 in a day
    "snwd": (0.0, 12_000.0),  # cm, at some stations mm; 1182 cm
    "wdir": (0.0, 360.0),  # °
    "wspd": (0.0, 420.0),  # km/h; a gust of 408
    "wpgt": (0.0, 420.0),
    "pres": (850.0, 1090.0),  # hPa; 870 to 1085
    "tsun": (0.0, 1440.0),  # minutes
}
"""What each column can be, in its unit, with room beyond the records."""
ROUNDING = 1e-6
"""How far interpolation may go past a bound."""

ORDER = (("tmin", "temp", 0.5), ("temp", "tmax", 0.5), ("tmin", "tmax", 0.1), ("dwpt", "temp", 1.0))
"""The first is at most the second, plus what rounding and other hours of reading may add."""

STUCK: dict[str, float] = {
    "temp": np.nan,
    "tmin": np.nan,
    "tmax": np.nan,
    "dwpt": np.nan,
    "rhum": 100.0,  # fog
    "wspd": 0.0,  # calm
    "pres": np.nan,
}
"""Columns that cannot stay the same for long, but at the one value given."""
CHANCE = 1e-3
"""Longest stretches that come about by chance in as few of the series are none."""

SPIKE = {"temp": 20.0, "tmin": 20.0, "tmax": 25.0, "dwpt": 25.0, "pres": 40.0}
"""How far above, or below, both of its neighbours a value may be."""

WEATHER_COLUMNS = tuple(BOUNDS)

SHARE = 0.1
"""Share of missing steps that is reported."""
LONG = 14 * DAY
"""A gap that is reported."""


def find_impossible(data: Observations) -> Iterator[Hits]:
    """Values outside of BOUNDS."""
    for column, (low, high) in BOUNDS.items():
        values = data.columns[column]
        rows = np.flatnonzero((values < low - ROUNDING) | (values > high + ROUNDING))
        text = f"{column} is {{value:.4g}} where {low:g} to {high:g} is possible"
        yield points(data, rows, text, values[rows], column)


def find_disorder(data: Observations) -> Iterator[Hits]:
    """tmin above temp or tmax, temp above tmax, dew point above temp."""
    for lower, upper, slack in ORDER:
        above = data.columns[lower] - data.columns[upper]
        rows = np.flatnonzero(above > slack)
        yield points(data, rows, f"{lower} is {{value:.3g}} °C above {upper}", above[rows], lower)


def find_stuck(data: Observations) -> Iterator[Hits]:
    """The same value for many steps.

    For a day of hours, or six days, and for longer than chance brings about in a series that is
    rounded so much that neighbours are often the same.
    """
    least = max(6, DAY // typical_step(data.calendar))
    for column, idle in STUCK.items():
        seen = np.flatnonzero(np.isfinite(data.columns[column]))
        code, values = data.code[seen], data.columns[column][seen]
        same = np.zeros(len(seen), bool)
        same[1:] = (np.diff(code) == 0) & (np.diff(values) == 0) & (values[1:] != idle)
        first, last = runs(same)
        long = last - first + 1 >= _by_chance(code, same, least)[code[first]]
        first, last = first[long], last[long]
        yield Hits(
            code[first],
            data.ds[seen[first]],
            data.ds[seen[last]],
            last - first + 1,
            values[first],
            f"{column} stays at {{value:.5g}} for {{count}} steps in a row",
            column,
        )


def _by_chance(code: Integers, same: Floats, least: int) -> Floats:
    """[S] how long a stretch must be to be stuck, `least` to ten times that."""
    rows = np.bincount(code)
    share = np.bincount(code, weights=same) / np.maximum(rows, 1)
    with np.errstate(divide="ignore"):
        chance = np.log(np.maximum(rows, 1) / CHANCE) / -np.log(share)
    return (1 + chance).clip(least, 10 * least)


def find_spikes(data: Observations) -> Iterator[Hits]:
    """One value far above both neighbours, or far below."""
    for column, far in SPIKE.items():
        seen = np.flatnonzero(np.isfinite(data.columns[column]) & (data.step >= 0))
        code, step, values = data.code[seen], data.step[seen], data.columns[column][seen]
        up = np.diff(values)
        beside = (np.diff(code) == 0) & (np.diff(step) == 1)
        spike = beside[:-1] & beside[1:] & (up[:-1] * up[1:] < 0)
        spike &= np.minimum(np.abs(up[:-1]), np.abs(up[1:])) > far
        rows = np.flatnonzero(spike) + 1
        text = f"{column} is {{value:.4g}}, more than {far:g} away from both neighbours"
        yield points(data, seen[rows], text, values[rows], column)


def find_long_gaps(data: Observations) -> Iterator[Hits]:
    """A column without values for long."""
    least = LONG // typical_step(data.calendar)
    for column, values in data.columns.items():
        code, step, length = data.gaps(np.isfinite(values))
        some = length >= least
        text = f"no {column} for {{count}} steps in a row"
        yield missing(data, (code[some], step[some], length[some]), text, column)


def find_missing_shares(data: Observations) -> Iterator[Hits]:
    """A column that often has no value between its first and its last."""
    for column, values in data.columns.items():
        code, _, length = data.gaps(np.isfinite(values))
        rows = np.flatnonzero(np.isfinite(values) & (data.step >= 0))
        there = np.bincount(data.code[rows], minlength=len(data.ids))
        gone = np.bincount(code, weights=length, minlength=len(data.ids)).astype(np.int64)
        share = gone / np.maximum(gone + there, 1)
        some = np.flatnonzero(share > SHARE)
        first = rows[np.searchsorted(data.code[rows], some)]
        last = rows[np.searchsorted(data.code[rows], some, side="right") - 1]
        text = f"no {column} at {{value:.1%}} of the steps"
        yield Hits(some, data.ds[first], data.ds[last], gone[some], share[some], text, column)


WEATHER_RULES: dict[str, Rule] = {
    **STAMP_RULES,
    "unit-change": Rule(
        "severe",
        "No temperature or pressure goes on in another unit (°F, K, kPa, inHg).",
        "one unit throughout",
        "bring the column to one unit, or cut the series there",
        find_unit_changes,
    ),
    "impossible-values": Rule(
        "severe",
        "Every value is one that weather on Earth can have.",
        "metric units and no code for a missing value",
        "leave these values empty, or bring the column to its unit",
        find_impossible,
    ),
    "wind-unit-change": Rule(
        "warning",
        "No wind speed goes on at the level that it would have in m/s.",
        "one unit throughout",
        "compare the months with another station",
        find_wind_unit_changes,
    ),
    "disorder": Rule(
        "warning",
        "tmin is at most temp and temp at most tmax; the dew point is at most temp.",
        "tmin up to temp, temp up to tmax, dew point up to temp",
        "compare the day with another station",
        find_disorder,
    ),
    "stuck-sensor": Rule(
        "warning",
        "No column stays at one value for longer than weather does.",
        "values that move",
        "leave these values empty",
        find_stuck,
    ),
    "spike": Rule(
        "warning",
        "No single value stands far out from both of its neighbours.",
        "a value between or near them",
        "compare the step with another station, or leave it empty",
        find_spikes,
    ),
    "long-gap": Rule(
        "warning",
        f"No column is without values for {LONG.days} days or more in a row.",
        "a value at each step of {calendar}",
        "fetch the series again, or take another station",
        find_long_gaps,
    ),
    "missing-share": Rule(
        "warning",
        f"No column lacks more than {SHARE:.0%} of the steps between its first and last value.",
        "a value at each step of {calendar}",
        "leave the column out, or take another station",
        find_missing_shares,
    ),
}
