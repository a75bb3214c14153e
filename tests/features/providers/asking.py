"""Asking the provider for daily prices, and comparing them to the bit."""

from __future__ import annotations

import pandas as pd

from features.providers.yahoo import Yahoo

DAYS = pd.bdate_range("2024-01-02", periods=60)
MINUTE, DAY = pd.Timedelta(minutes=1), pd.Timedelta(days=1)


def fetch(yahoo: Yahoo, name: str, start: object = DAYS[0], end: object = DAYS[-1]) -> pd.DataFrame:
    """Daily prices, of `DAYS` where no span is given."""
    return yahoo.fetch(name, "1d", pd.Timestamp(start), pd.Timestamp(end))


def same(left: pd.DataFrame, right: pd.DataFrame) -> None:
    """Fail unless the tables have the same values and types."""
    pd.testing.assert_frame_equal(left, right.reset_index(drop=True), check_exact=True)
