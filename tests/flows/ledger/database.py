"""A database with an issue, and how any other program looks into it."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.pool import NullPool

from flows.ledger import Issue

CUTOFF = datetime(2026, 1, 10)
ISSUE = Issue(
    domain="tides",
    source="tides.csv",
    settings="s1",
    data="d1",
    cutoff=CUTOFF,
    chosen="naive",
    run="r1",
    issued_at=datetime(2026, 1, 10, 8),
)


def table(size: int = 2, value: float = 1.0) -> pd.DataFrame:
    """Forecasts of one series, a row a step."""
    return pd.DataFrame(
        {
            "series": "a",
            "model": "naive",
            "step": range(1, size + 1),
            "ds": pd.date_range("2026-01-11", periods=size),
            "value": value,
            "lo_90": 0.5,
            "hi_90": float("nan"),
            "last": 0.9,
            "spread": 0.1,
        }
    )


def other(url: str) -> Engine:
    """How any other program opens the database."""
    return create_engine(url.replace("postgresql:", "postgresql+psycopg:"), poolclass=NullPool)


def rows(url: str, name: str) -> int:
    """How many rows a table has."""
    with other(url).connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())


def execute(url: str, statement: str) -> None:
    with other(url).begin() as connection:
        connection.exec_driver_sql(statement)
