"""What a provider is, and the ways in which it can fail."""

from __future__ import annotations

from typing import Protocol

import pandas as pd


class ProviderError(Exception):
    """A provider gave no usable answer; the message says what it gave, in one clause."""

    def __init__(self, message: str, *, again: bool, after: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        """Whether asking again may help (busy, broken answer, network), or not (no such series)."""
        self.after = after
        """Seconds that the provider asked to wait (Retry-After), None where it did not say."""


class Provider(Protocol):
    """Gets one series from outside. Knows nothing of stores, retries or other series."""

    @property
    def name(self) -> str:
        """Folder name in the store: `yahoo`, `meteostat`."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Value columns of every table it gives."""

    def check(self, name: str, interval: str) -> None:
        """Refuse, without asking outside, a name or interval that cannot be one.

        Raises:
            UserError: what was found, what is expected.
        """

    def fetch(
        self, name: str, interval: str, start: pd.Timestamp, end: pd.Timestamp
    ) -> pd.DataFrame:
        """The series `name` from `start` to `end`, both inclusive.

        Returns:
            Columns `ds` (datetime64[ns]; naive dates for days, UTC for shorter intervals,
            increasing, unique) and `columns` (float64, NaN where missing). Empty if the span has
            no rows yet.

        Raises:
            ProviderError: no usable answer.
        """
