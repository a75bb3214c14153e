"""Rules for prices as traded: `open, high, low, close, volume, dividend, split` (new for old)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from features.calendars import DAY, typical_step
from features.quality.jumps import (
    find_jumps,
    find_unit_changes,
    find_unrecorded_splits,
    find_unseen_splits,
)
from features.quality.observations import Observations, runs
from features.quality.rule import Hits, Rule, missing, points
from features.quality.stamps import STAMP_RULES

BAR = ("open", "high", "low", "close")
PRICE_COLUMNS = (*BAR, "volume", "dividend", "split")
ROUNDING = 1e-4
"""Share of a price by which rounding may put it outside the day's range."""
STALE = 5
"""Sessions in a row with the same four prices that are too many."""
QUARTER = 60
"""Sessions in a row without a price that are more than a halt."""


def find_nonpositive(data: Observations) -> Iterator[Hits]:
    """Prices of zero or less."""
    for column in BAR:
        values = data.columns[column]
        rows = np.flatnonzero(values <= 0)
        yield points(data, rows, f"{column} is {{value:.4g}}", values[rows], column)


def find_impossible_amounts(data: Observations) -> Iterator[Hits]:
    """Negative volumes and dividends, splits that leave nothing."""
    for column in ("volume", "dividend", "split"):
        values = data.columns[column]
        rows = np.flatnonzero(values <= 0 if column == "split" else values < 0)
        yield points(data, rows, f"{column} is {{value:.4g}}", values[rows], column)


def find_outside_range(data: Observations) -> Iterator[Hits]:
    """Low, open or close above the high; open or close below the low."""
    opened, high, low, close = (data.columns[column] for column in BAR)
    for column, values in (("low", low), ("open", opened), ("close", close)):
        above = values > high * (1 + ROUNDING)
        below = values < low * (1 - ROUNDING)
        rows = np.flatnonzero((above | below) & (high > 0) & (low > 0))
        text = f"{column} is {{value:.6g}}, outside of the day's range"
        yield points(data, rows, text, values[rows], column)


def find_stale(data: Observations) -> Iterator[Hits]:
    """The same open, high, low and close for many sessions."""
    same = ~data.begins
    for column in BAR:
        values = data.columns[column]
        same[1:] &= values[1:] == values[:-1]
    first, last = runs(same)
    long = last - first + 1 >= STALE
    first, last = first[long], last[long]
    close, text = data.columns["close"][first], "the same open, high, low and close {value:.6g}"
    text += ", for {count} sessions in a row"
    yield Hits(
        data.code[first], data.ds[first], data.ds[last], last - first + 1, close, text, "close"
    )


def find_moves_without_volume(data: Observations) -> Iterator[Hits]:
    """A new close although nothing was traded; an index has no volume at all and is left out."""
    close, volume = data.columns["close"], data.columns["volume"]
    traded = np.bincount(data.code, weights=volume > 0, minlength=len(data.ids)) > 0
    moved = ~data.begins
    moved[1:] &= np.abs(close[1:] - close[:-1]) > ROUNDING * close[:-1]
    rows = np.flatnonzero(moved & (volume == 0) & traded[data.code])
    yield points(data, rows, "volume 0 and a close that moved to {value:.6g}", close[rows], "close")


def find_missing_sessions(data: Observations) -> Iterator[Hits]:
    """Sessions without a close, up to a quarter in a row."""
    code, step, length = data.gaps(np.isfinite(data.columns["close"]))
    some = length <= _quarter(data)
    text = "no close for {count} session(s) in a row"
    yield missing(data, (code[some], step[some], length[some]), text)


def find_missing_quarters(data: Observations) -> Iterator[Hits]:
    """More than a quarter in a row without a close."""
    code, step, length = data.gaps(np.isfinite(data.columns["close"]))
    some = length > _quarter(data)
    text = "no close for {count} sessions in a row"
    yield missing(data, (code[some], step[some], length[some]), text)


def _quarter(data: Observations) -> int:
    """Steps: sessions, or as many days of what is shorter."""
    return QUARTER * max(1, DAY // typical_step(data.calendar))


PRICE_RULES: dict[str, Rule] = {
    **STAMP_RULES,
    "prices-not-positive": Rule(
        "severe",
        "Every price is above zero.",
        "prices above 0",
        "fetch the series again, or leave these prices empty",
        find_nonpositive,
    ),
    "impossible-amounts": Rule(
        "severe",
        "No volume or dividend is below zero, and every split ratio is above.",
        "an amount that can be",
        "fetch the series again, or leave these amounts empty",
        find_impossible_amounts,
    ),
    "unit-change": Rule(
        "severe",
        "No close moves by a factor of about 100, as where pounds turn into pence.",
        "prices in one unit",
        "bring the series to one unit, or cut it there",
        find_unit_changes,
        ("close",),
    ),
    "split-not-in-prices": Rule(
        "severe",
        "Every recorded split shows in the close.",
        "prices as traded",
        "take prices that are not adjusted for splits, or remove the split",
        find_unseen_splits,
        ("close", "split"),
    ),
    "unrecorded-split": Rule(
        "severe",
        "No close moves by a usual split ratio in usual trading without a recorded split.",
        "a recorded split",
        "record the split, or cut the series there",
        find_unrecorded_splits,
        ("close",),
    ),
    "price-jump": Rule(
        "warning",
        "No close moves by far more than is usual around it without a split or dividend.",
        "a split or dividend, or news that explains it",
        "compare the day with another record",
        find_jumps,
        ("close",),
    ),
    "missing-quarter": Rule(
        "severe",
        f"No series lacks more than {QUARTER} sessions in a row between its first and last close.",
        "a close for each session of {calendar}",
        "fetch the series again, or cut it to one side of the gap",
        find_missing_quarters,
        ("close",),
    ),
    "missing-sessions": Rule(
        "warning",
        "Every session between a series' first and last close has a close.",
        "a close for each session of {calendar}",
        "fetch the series again",
        find_missing_sessions,
        ("close",),
    ),
    "outside-range": Rule(
        "warning",
        "Open and close are between low and high, beyond rounding.",
        "open and close from low to high",
        "compare the day with another record",
        find_outside_range,
        ("high", "low"),
    ),
    "stale-prices": Rule(
        "warning",
        f"No series repeats its four prices for {STALE} sessions or more.",
        "prices that move",
        "ask whether the series was traded at all, or cut it",
        find_stale,
        BAR,
    ),
    "move-without-volume": Rule(
        "warning",
        "No close moves on a session without volume.",
        "a volume above 0, or the close before",
        "leave the volume empty where it is not known",
        find_moves_without_volume,
        ("close", "volume"),
    ),
}
