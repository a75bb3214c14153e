"""Rules about stamps and numbers that hold for any table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.quality.observations import Observations
from features.quality.rule import Hits, Rule, points


def find_repeats(data: Observations) -> Iterator[Hits]:
    """More than one row for a series and stamp."""
    code, ds = data.repeats
    one = np.ones(len(code), np.int64)
    yield Hits(code, ds, ds, one, np.full(len(code), np.nan), "more than one row")


def find_future(data: Observations) -> Iterator[Hits]:
    """Rows that cannot have happened yet."""
    rows = np.flatnonzero(data.ds > data.latest)
    yield points(data, rows, "a row ahead of time")


def find_infinite(data: Observations) -> Iterator[Hits]:
    """Values that are no numbers."""
    for column, (rows, values) in data.infinite.items():
        yield points(data, rows, f"{column} is {{value}}", values, column)


def find_off_calendar(data: Observations) -> Iterator[Hits]:
    """Rows on a stamp that the calendar does not have."""
    rows = np.flatnonzero((data.step < 0) & (data.ds <= data.latest))
    yield points(data, rows, "a row beside the calendar")


STAMP_RULES: dict[str, Rule] = {
    "duplicate-stamps": Rule(
        "severe",
        "No series has two rows for one stamp.",
        "one row a stamp",
        "fetch the series again, or remove the rows that are wrong",
        find_repeats,
    ),
    "future-dates": Rule(
        "severe",
        "No row is later than now.",
        "none later than now",
        "correct the dates or the computer's clock, or remove the rows",
        find_future,
    ),
    "infinite-values": Rule(
        "severe",
        "No value is infinite.",
        "a finite number, or nothing where it is missing",
        "correct the values or leave them empty",
        find_infinite,
    ),
    "off-calendar": Rule(
        "warning",
        "Every row is on a step of the calendar.",
        "rows on steps of {calendar} only",
        "name the calendar that the series follows, or remove the rows",
        find_off_calendar,
    ),
}
