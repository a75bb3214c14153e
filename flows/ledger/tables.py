"""The tables of the ledger. Moments are in UTC, and so are dates of series with a time zone."""

from __future__ import annotations

from sqlalchemy import (
    Column,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("domain", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("cutoff", DateTime, nullable=False),
    Column("chosen", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("issued_at", DateTime, nullable=False),
    UniqueConstraint("domain", "source", "settings", "data", name="issues_key"),
)
"""A row a forecast run. The same domain, source, settings and data are the same issue."""

forecasts = Table(
    "forecasts",
    metadata,
    Column("issue", Integer, ForeignKey("issues.id"), primary_key=True),
    Column("series", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("step", Integer, primary_key=True),
    Column("ds", DateTime, nullable=False),
    Column("value", Double, nullable=False),
    Column("lo_90", Double),
    Column("hi_90", Double),
    Column("last", Double),
    Column("spread", Double),
)
"""A row a value that was forecast. `last` is the value last observed at the cutoff, as it was known
then; `spread` how far the series had lately moved a step."""

actuals = Table(
    "actuals",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("series", Text, primary_key=True),
    Column("ds", DateTime, primary_key=True),
    Column("known_at", DateTime, primary_key=True),
    Column("value", Double, nullable=False),
)
"""A row a value that came, and one more for each revision of it."""
