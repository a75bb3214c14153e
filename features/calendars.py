"""Calendars: which steps exist, and which come next."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

import pandas as pd
from pandas.tseries.frequencies import to_offset

from features.errors import UserError
from features.optional import need

DAY = pd.Timedelta(days=1)
EXCHANGES = ("XNYS", "XLON", "XETR", "XTKS")
"""Exchanges that `infer_calendar` knows by their holidays; any other is named by the user."""
MOST_STEPS = 100_000_000
"""Where a calendar is refused rather than memory filled: three years of seconds."""
COMMON = ("D", "h", "15min", "W-SUN", "MS", "B", "min", "ME", "QS", "YS", *EXCHANGES)


@dataclass(frozen=True)
class Calendar:
    """The steps of a panel, and the rule that continues them.

    `name` is a pandas offset alias ("D", "h", "15min") or the ISO 10383 code of an exchange whose
    sessions are the steps ("XNYS"). Hours and parts of them step in absolute time, also where
    clocks change; days and what is longer step on the wall clock of the stamps' time zone.
    """

    name: str
    stamps: pd.DatetimeIndex  # [T], tz-naive or in one time zone; sessions are tz-naive midnights

    @property
    def season(self) -> int:
        """Steps until the strongest usual cycle repeats.

        A week of days (D 7; B and exchange sessions 5), a day of hours or parts of them (h 24,
        15min 96), a year of weeks (52), months (12) or quarters (4); 1, no season, otherwise.
        """
        if self.name == "B" or is_exchange(self.name):
            return 5
        step = typical_step(self.name)
        if step < DAY:
            return DAY // step if DAY % step == pd.Timedelta(0) else 1
        return {1: 7, 7: 52, 30: 12, 31: 12, 91: 4, 92: 4}.get(step.days, 1)

    def ahead(self, steps: int) -> pd.DatetimeIndex:
        """The next `steps` stamps after the last one.

        Raises:
            UserError: where an exchange's holidays are not known that far ahead.
        """
        last = self.stamps[-1]
        if not is_exchange(self.name):
            dates = pd.date_range(last, periods=steps + 1, freq=self.name)
            return dates[dates > last][:steps]
        # No exchange has fewer than 200 sessions a year.
        sessions = _sessions(self.name, last.year, last.year + steps // 200 + 1)
        sessions = sessions[sessions > last][:steps]
        if len(sessions) < steps:
            raise UserError(
                f"{steps} sessions of {self.name} after {last.date()} were asked for, but its "
                f"holidays are known for {len(sessions)} of them only; shorten the horizon or "
                'name the calendar "B" (business days)'
            )
        return sessions

    def ahead_until(self, stamp: pd.Timestamp) -> pd.DatetimeIndex:
        """The stamps after the last one, up to and including `stamp`."""
        last = self.stamps[-1]
        if stamp <= last:
            return self.stamps[:0]
        dates = _steps(self.name, last, stamp)
        return dates[dates > last]

    def until(self, step: int) -> Calendar:
        """The calendar cut after `step`."""
        return Calendar(self.name, self.stamps[: step + 1])


def make_calendar(name: str, first: pd.Timestamp, last: pd.Timestamp) -> Calendar:
    """The steps of calendar `name` from `first` to `last`.

    Raises:
        UserError: for an unknown name, time-zone aware dates on an exchange, dates outside the
            years an exchange's holidays are known for, or a span that holds no step.
    """
    if is_exchange(name) and first.tz is not None:
        raise UserError(
            f"the dates carry the time zone {first.tz}, expected plain dates as sessions of {name} "
            'are; remove it with frame["ds"].dt.tz_localize(None).dt.normalize()'
        )
    stamps = _steps(name, first, last)
    if not len(stamps):
        raise UserError(
            f"calendar {name!r} has no step between {first} and {last}; "
            "name the calendar that the dates follow"
        )
    return Calendar(name, stamps)


def infer_calendar(stamps: pd.DatetimeIndex) -> Calendar:
    """The calendar that fits all of `stamps` (any order, gaps allowed) with the fewest gaps.

    The commonest step between neighbours proposes it. Weekdays that leave out an exchange's
    holidays are its sessions (`EXCHANGES`).

    Raises:
        UserError: for fewer than two different stamps, for stamps off every proposed calendar,
            and where more than half of the steps would be gaps.
    """
    stamps = pd.DatetimeIndex(stamps).unique().sort_values()
    if len(stamps) < 2:
        raise UserError(
            f"the frame holds {len(stamps)} different date(s), expected at least 2 to see their "
            "step; add rows or name the calendar"
        )
    step = stamps.to_series().diff().mode().iloc[0]
    if (stamps[-1] - stamps[0]) / step > 3 * len(stamps):  # not worth laying out
        raise UserError(_irregular(step, stamps))
    fitting = [c for c in _proposals(step, stamps) if stamps.isin(c.stamps).all()]
    best = max(fitting, key=lambda c: len(stamps) / len(c.stamps), default=None)
    if best is None or len(stamps) < len(best.stamps) / 2:
        raise UserError(_irregular(step, stamps))
    return best


@lru_cache(maxsize=256)
def is_exchange(name: str) -> bool:
    """Whether `name` is an exchange; False for an offset alias.

    Raises:
        UserError: if it is neither.
    """
    if _offset(name) is not None:
        return False
    exchanges = need("exchange_calendars", f"calendar {name!r}")
    if name in exchanges.get_calendar_names():
        return True
    near = get_close_matches(name.lower(), [known.lower() for known in COMMON], n=1, cutoff=0.5)
    guess = next((known for known in COMMON if [known.lower()] == near), "D")
    raise UserError(
        f"unknown calendar {name!r}, expected a pandas offset alias or the ISO 10383 code of an "
        f"exchange, such as {', '.join(COMMON[:6])} or XNYS; did you mean {guess!r}?"
    )


@lru_cache(maxsize=256)
def typical_step(name: str) -> pd.Timedelta:
    """The usual time between two steps: a day for sessions, 30 or 31 for months."""
    if is_exchange(name):
        return DAY
    return pd.date_range("2001-01-01", periods=12, freq=name).to_series().diff().median()


def _offset(name: str) -> Any:
    with warnings.catch_warnings():
        # Aliases that pandas calls deprecated ("H", "M") are unknown here: it will drop them.
        warnings.simplefilter("error")
        try:
            offset = to_offset(name)
        except (ValueError, FutureWarning):
            return None
    forward = pd.Timestamp("2001-01-01") + offset > pd.Timestamp("2001-01-01")
    return offset if forward else None


def _steps(name: str, first: pd.Timestamp, last: pd.Timestamp) -> pd.DatetimeIndex:
    """The steps from `first` to `last`, both included where they are steps."""
    if not is_exchange(name):
        if (last - first) / typical_step(name) > MOST_STEPS:
            raise UserError(
                f"calendar {name!r} has more than {MOST_STEPS:,} steps from {first} to {last}, "
                "expected fewer; correct the dates or name a calendar with longer steps"
            )
        return pd.date_range(first, last, freq=name)
    sessions = _sessions(name, first.year, last.year)
    if first.year < sessions[0].year or last.year > sessions[-1].year:
        raise UserError(
            f"{first.date()} to {last.date()} reaches past the years for which holidays of {name} "
            f"are known, {sessions[0].date()} to {sessions[-1].date()}; cut the data there or name "
            'the calendar "B" (business days)'
        )
    return sessions[(sessions >= first) & (sessions <= last)]


@lru_cache(maxsize=32)
def _sessions(code: str, first: int, last: int) -> pd.DatetimeIndex:
    """The sessions from the year `first` to the year `last`, as far as holidays are known."""
    exchanges = need("exchange_calendars", f"calendar {code!r}")
    start, end = pd.Timestamp(first, 1, 1), pd.Timestamp(last, 12, 31)
    # Without bounds of our own its calendars end a year from today, and reach 20 years back.
    with suppress(ValueError):
        return pd.DatetimeIndex(exchanges.get_calendar(code, start=start, end=end).sessions)
    known = exchanges.get_calendar(code)
    start, end = max(start, known.bound_min() or start), min(end, known.bound_max() or end)
    if start >= end:
        raise UserError(
            f"holidays of {code} are not known for the years {first} to {last}; "
            'cut the data or name the calendar "B" (business days)'
        )
    return pd.DatetimeIndex(exchanges.get_calendar(code, start=start, end=end).sessions)


def _proposals(step: pd.Timedelta, stamps: pd.DatetimeIndex) -> Iterator[Calendar]:
    """Calendars whose usual step is `step`, the simplest first."""
    first, last = stamps[0], stamps[-1]
    month = first.month_name()[:3].upper()
    names = [to_offset(step).freqstr]
    if step == 7 * DAY:
        names = [f"W-{first.day_name()[:3].upper()}"]
    elif 28 <= step.days <= 31:
        names += ["MS", "ME"]
    elif 89 <= step.days <= 92:
        names += [f"QS-{month}", f"QE-{month}"]
    elif 365 <= step.days <= 366:
        names += [f"YS-{month}", f"YE-{month}"]
    yield from (Calendar(name, pd.date_range(first, last, freq=name)) for name in names)
    if step != DAY:
        return
    weekdays = Calendar("B", pd.date_range(first, last, freq="B"))
    yield weekdays
    if stamps.isin(weekdays.stamps).all() and len(stamps) < len(weekdays.stamps):
        yield from _exchange_proposals(first, last)


def _exchange_proposals(first: pd.Timestamp, last: pd.Timestamp) -> Iterator[Calendar]:
    need("exchange_calendars", "telling by its holidays which exchange the dates belong to")
    for code in EXCHANGES:
        with suppress(UserError):  # dates with a time zone, or before its holidays are known
            yield make_calendar(code, first, last)


def _irregular(step: pd.Timedelta, stamps: pd.DatetimeIndex) -> str:
    gaps = stamps.to_series().diff()
    odd = gaps[gaps != step].index[1]  # the first is the first stamp, which has no gap before it
    return (
        f"the dates have no regular step: most often it is {step}, but {odd} comes "
        f"{gaps[odd]} after the date before it, expected dates that one calendar fits with few "
        "gaps; correct the dates or name their calendar"
    )
