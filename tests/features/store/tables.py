"""Small tables of a provider, and a shelf for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from features.store import Shelf, Span

COLUMNS = ("open", "close")
DAYS = pd.date_range("2020-01-01", periods=12)


def shelf(root: Path, interval: str = "1d") -> Shelf:
    return Shelf(root, "yahoo", interval, COLUMNS)


def at(second: float) -> pd.Timestamp:
    """When something was fetched."""
    return pd.Timestamp("2020-02-01", tz="UTC") + pd.Timedelta(seconds=second)


def table(values: Mapping[int, float], stamps: pd.DatetimeIndex = DAYS) -> pd.DataFrame:
    """Rows by place among `stamps`; `open` is the value, `close` twice that."""
    places = sorted(values)
    opens = np.array([values[place] for place in places], dtype=float)
    return pd.DataFrame({"ds": stamps[places], "open": opens, "close": 2 * opens})


def filled(count: int = len(DAYS), above: float = 0.0) -> pd.DataFrame:
    """The first days, each with its own value."""
    return table({day: day + above for day in range(count)})


def span(first: int = 0, last: int = -1) -> Span:
    return DAYS[first], DAYS[last]


def add(store: Shelf, second: float, **tables: pd.DataFrame) -> int:
    """Append tables that were asked for over all days."""
    return store.append(tables, dict.fromkeys(tables, span()), at(second))
