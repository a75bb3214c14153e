"""A long frame as arrays, sorted by series and stamp, and its place on the calendar."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.calendars import is_exchange, make_calendar
from features.dates import parse_dates
from features.errors import UserError
from features.optional import need
from features.panel import Floats, Integers
from features.schema import require_columns

Flags = NDArray[np.bool_]

AHEAD = pd.Timedelta(hours=14)
"""How far the date line is ahead of UTC: a plain date has begun somewhere from then on."""
AT_ONCE = 20_000
"""Windows that are gathered at once, so that temporaries stay small."""


@dataclass(frozen=True, eq=False)
class Observations:
    """N rows, one a series and stamp, by series and then by stamp."""

    ids: tuple[str, ...]
    code: Integers  # [N] number of the row's series
    ds: pd.DatetimeIndex  # [N]
    columns: dict[str, Floats]  # each [N]; all NaN where the table lacks the column
    repeats: tuple[Integers, pd.DatetimeIndex]  # series and stamp of the rows left out
    infinite: dict[str, tuple[Integers, Floats]]  # rows and values that became NaN in `columns`
    calendar: str
    latest: pd.Timestamp  # the last moment that can have happened

    @cached_property
    def begins(self) -> Flags:
        """[N] whether the row is the first of its series."""
        return np.diff(self.code, prepend=-1) != 0

    @cached_property
    def stamps(self) -> pd.DatetimeIndex:
        """The steps of the calendar in the years that rows up to `latest` are from."""
        first, last = self.ds.min(), min(self.ds.max(), self.latest)
        if not last >= first:  # no rows, or none that has happened
            return pd.DatetimeIndex([])
        # Whole years have a step on any calendar, and hours then start at midnight.
        first = pd.Timestamp(first.year, 1, 1, tz=first.tz)
        end = pd.Timestamp(last.year, 12, 31, 23, 59, 59, tz=last.tz)
        if is_exchange(self.calendar):
            first, end = first.tz_localize(None), end.tz_localize(None)
        return make_calendar(self.calendar, first, end).stamps

    @cached_property
    def step(self) -> Integers:
        """[N] the calendar step of each row, -1 for none."""
        if not len(self.stamps):
            return np.full(len(self.code), -1)
        keys = self.ds
        if is_exchange(self.calendar):
            if keys.tz is not None:
                keys = keys.tz_convert(_zone(self.calendar)).tz_localize(None)
            keys = keys.normalize()
        step = self.stamps.get_indexer(keys).astype(np.int64)
        return np.where(self.ds <= self.latest, step, -1)

    def gaps(self, seen: Flags) -> tuple[Integers, Integers, Integers]:
        """Series, first step and length of each stretch of steps between two rows of `seen`."""
        rows = np.flatnonzero(seen & (self.step >= 0))
        code, step = self.code[rows], self.step[rows]
        length = np.diff(step) - 1
        at = np.flatnonzero((np.diff(code) == 0) & (length > 0))
        return code[at], step[at] + 1, length[at]


def observe(
    table: pd.DataFrame, names: tuple[str, ...], calendar: str, now: pd.Timestamp
) -> Observations:
    """The table as observations; of rows that share series and stamp, the first.

    Raises:
        UserError: without `unique_id` or `ds`, or for a row that lacks one of them.
    """
    require_columns(table, ("unique_id", "ds"))
    code, ids = pd.factorize(table["unique_id"])
    ds = pd.DatetimeIndex(parse_dates(table["ds"]) if len(table) else [])
    for key, empty in (("unique_id", code < 0), ("ds", ds.isna())):
        if empty.any():
            raise UserError(
                f"column {key!r} is empty in row {int(empty.argmax())}, expected every row to have "
                "one; fill it in or remove the row"
            )
    order = _order(code, ds)
    code, ds = code[order].astype(np.int64), ds[order]
    again = (np.diff(code, prepend=-1) == 0) & (np.diff(ds.asi8, prepend=0) == 0)
    kept = np.arange(len(code))[order][~again] if again.any() else order
    columns, infinite = {}, {}
    for name in names:
        values = _floats(table, name)[kept]
        rows = np.flatnonzero(np.isinf(values))
        infinite[name] = rows, values[rows]
        columns[name] = np.where(np.isinf(values), np.nan, values) if len(rows) else values
    return Observations(
        tuple(str(name) for name in ids),
        code[~again],
        ds[~again],
        columns,
        (code[again], ds[again]),
        infinite,
        calendar,
        _latest(now, ds),
    )


def runs(same: Flags) -> tuple[Integers, Integers]:
    """First and last row of each stretch in which every row is the same as the one before it."""
    edges = np.flatnonzero(np.diff(same.astype(np.int8), prepend=0, append=0))
    return edges[::2] - 1, edges[1::2] - 1


def median_around(
    values: Floats, code: Integers, rows: Integers, window: Sequence[int], least: int
) -> Floats:
    """[K] the median of the values at `row + offset` in the same series, for offsets in `window`.

    NaN where fewer than `least` of them are observed.
    """
    out = np.full(len(rows), np.nan)
    offsets = np.array(window)
    for start in range(0, len(rows), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        index = rows[some, None] + offsets
        inside = (index >= 0) & (index < len(values))
        index = index.clip(0, len(values) - 1)
        inside &= code[index] == code[rows[some], None]
        near = np.where(inside, values[index], np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # a window without a value gives NaN
            middle = np.nanmedian(near, axis=1)
        out[some] = np.where(np.isfinite(near).sum(axis=1) >= least, middle, np.nan)
    return out


def _order(code: Integers, ds: pd.DatetimeIndex) -> Integers | slice:
    """The rows by series and stamp; as they are, without a copy, where they are so already."""
    forward = (np.diff(code) > 0) | ((np.diff(code) == 0) & (np.diff(ds.asi8) >= 0))
    return slice(None) if forward.all() else np.lexsort((ds.asi8, code))


def _floats(table: pd.DataFrame, column: str) -> Floats:
    """The column as float64, pd.NA and an absent column as NaN."""
    if column not in table:
        return np.full(len(table), np.nan)
    return table[column].astype("float64", copy=False).to_numpy()


def _latest(now: pd.Timestamp, ds: pd.DatetimeIndex) -> pd.Timestamp:
    utc = now.tz_localize("UTC") if now.tz is None else now.tz_convert("UTC")
    return utc.tz_localize(None) + AHEAD if ds.tz is None else utc.tz_convert(ds.tz)


def _zone(code: str) -> object:
    exchanges = need("exchange_calendars", f"calendar {code!r}")
    return exchanges.get_calendar(code, start="2020-01-01", end="2020-02-01").tz
