"""Spans asked of a provider, and what it should make of them."""

from __future__ import annotations

import pandas as pd

from features.providers.meteostat import UNITS
from features.providers.provider import Provider
from tests.features.providers.meteostat_server import (
    FRANKFURT,
)


def stamp(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def as_given(table: pd.DataFrame) -> pd.DataFrame:
    """What a provider makes of a served table of days."""
    out = table.reindex(columns=list(UNITS)).astype("float64").rename_axis("ds")
    return out.dropna(how="all").reset_index()


def fetch(provider: Provider, first: str, last: str, interval: str = "1d") -> pd.DataFrame:
    return provider.fetch(FRANKFURT, interval, stamp(first), stamp(last))
