"""What an audit found, in one plain sentence."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Leak:
    """A value that knows what was not known at its time."""

    step: str
    """The first step whose result changes."""
    column: str
    series: str | None
    when: pd.Timestamp | None
    """Date of the first value that changes; None where the result has no dates."""
    sentence: str


def place(series: str | None, when: pd.Timestamp | None) -> str:
    """` of series 'a' on 2020-01-31`, as far as it is known."""
    of = "" if series is None else f" of series {series!r}"
    return of if when is None else f"{of} on {day(when)}"


def day(stamp: pd.Timestamp) -> str:
    """The date, with the time where there is one."""
    return f"{stamp:%Y-%m-%d}" if stamp == stamp.normalize() else f"{stamp:%Y-%m-%d %H:%M}"
