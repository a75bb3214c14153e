"""What can be done with the ledger: issue forecasts, add what came, read both."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, Select, func, insert, select

from flows.ledger.opening import opened, writing
from flows.ledger.tables import actuals, forecasts, issues

LOOK_BACK = 1000
"""Cutoffs that are read; the ledger keeps all."""
_SAME = 1e-9
"""Values nearer than this share of their size are the same."""


@dataclass(frozen=True)
class Issue:
    """What a run's forecasts have in common. The first four fields name the issue."""

    domain: str
    """Experiment."""
    source: str
    settings: str
    """Digest of everything that the user set."""
    data: str
    """Digest of the panel."""
    cutoff: datetime
    chosen: str
    """The model to use."""
    run: str
    """Id of the MLflow run."""
    issued_at: datetime


class Ledger:
    """Issued forecasts and later actuals in a database that only grows.

    Raises:
        UserError: from every method, a database that cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._engine: Engine = opened(url)

    def issue(self, issue: Issue, table: pd.DataFrame) -> bool:
        """Add the forecasts of a run, all or none; False where they have been issued before.

        Args:
            issue: what they have in common.
            table: `series, model, step, ds, value, lo_90, hi_90, last, spread`; NaN means unknown
                in the last four. `ds` has no time zone.
        """
        with writing(self._engine) as connection:
            key = [getattr(issues.c, name) == getattr(issue, name) for name in _KEY]
            if connection.scalar(select(issues.c.id).where(*key)) is not None:
                return False
            added = connection.execute(insert(issues).values(asdict(issue)))
            assert added.inserted_primary_key is not None
            number = added.inserted_primary_key[0]
            connection.execute(insert(forecasts), _rows(table.assign(issue=number)))
        return True

    def observe(self, domain: str, source: str, table: pd.DataFrame, known_at: datetime) -> int:
        """Add what is now known of the dates that forecasts are about, and of their cutoffs.

        A value that is known already is not added again; one that was revised is, beside the old.

        Args:
            domain: experiment of the forecasts.
            source: of the forecasts.
            table: `series, ds, value`; `ds` has no time zone.
            known_at: the moment.

        Returns:
            The number of values added.
        """
        with writing(self._engine) as connection:
            wanted = _frame(connection, _dates(domain, source))
            have = _frame(connection, _known(domain, source, known_at))
            now = wanted.merge(table.dropna(subset="value"), on=["series", "ds"])
            both = now.merge(have, on=["series", "ds"], how="left", suffixes=("", "_before"))
            same = np.isclose(both["value"], both["value_before"], rtol=_SAME, atol=0)
            new = both[~same & (both["known_at"] != known_at)][["series", "ds", "value"]]
            new = new.assign(domain=domain, source=source, known_at=known_at)
            if len(new):
                connection.execute(insert(actuals), _rows(new))
        return len(new)

    def forecasts(self, domain: str, source: str) -> pd.DataFrame:
        """The forecasts of the latest cutoffs, with the fields of their issues.

        Where one cutoff was forecast twice with the same settings, because its data was revised,
        the first forecast is the one that counts.
        """
        mine = (issues.c.domain == domain, issues.c.source == source)
        latest = select(issues.c.cutoff).where(*mine).distinct()
        first = latest.order_by(issues.c.cutoff.desc()).limit(LOOK_BACK).subquery()
        since = select(func.min(first.c.cutoff)).scalar_subquery()
        kept = [c for c in forecasts.c if c.name != "issue"]
        told = [issues.c.settings, issues.c.cutoff, issues.c.chosen, issues.c.issued_at]
        query = select(*told, *kept).join_from(issues, forecasts)
        query = query.where(*mine, issues.c.cutoff >= since).order_by(issues.c.id)
        with writing(self._engine) as connection:
            table = _frame(connection, query)
        return table.drop_duplicates(["settings", "series", "model", "cutoff", "step"])

    def actuals(self, domain: str, source: str, known_at: datetime) -> pd.DataFrame:
        """`series, ds, value, known_at`: what was known at a moment, in its latest version."""
        with writing(self._engine) as connection:
            return _frame(connection, _known(domain, source, known_at))


_KEY = ("domain", "source", "settings", "data")


def _dates(domain: str, source: str) -> Select[Any]:
    """The dates whose values matter: those forecast, and the cutoffs."""
    mine = (issues.c.domain == domain, issues.c.source == source)
    kinds = (forecasts.c.ds, issues.c.cutoff.label("ds"))
    parts = [select(forecasts.c.series, kind).join(issues).where(*mine) for kind in kinds]
    both = parts[0].union(parts[1]).subquery()
    return select(both.c.series, both.c.ds)


def _known(domain: str, source: str, known_at: datetime) -> Select[Any]:
    """The latest version of each actual up to a moment."""
    of = (actuals.c.series, actuals.c.ds)
    age = func.row_number().over(partition_by=of, order_by=actuals.c.known_at.desc())
    rows = select(*of, actuals.c.value, actuals.c.known_at, age.label("age")).where(
        actuals.c.domain == domain, actuals.c.source == source, actuals.c.known_at <= known_at
    )
    all_of_them = rows.subquery()
    kept = [c for c in all_of_them.c if c.name != "age"]
    return select(*kept).where(all_of_them.c.age == 1)


def _frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """What a query finds; moments as nanoseconds, as in every other table."""
    found = connection.execute(query)
    table = pd.DataFrame(found.all(), columns=list(found.keys()))
    moments = {"cutoff", "ds", "issued_at", "known_at"}.intersection(table)
    numbers = {"value", "lo_90", "hi_90", "last", "spread"}.intersection(table)
    return table.astype(
        {**dict.fromkeys(moments, "datetime64[ns]"), **dict.fromkeys(numbers, float)}
    )


def _rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows as the database takes them: NULL for NaN."""
    plain = table.astype(object).where(table.notna(), None)
    return [
        {str(k): v.to_pydatetime() if isinstance(v, pd.Timestamp) else v for k, v in row.items()}
        for row in plain.to_dict(orient="records")
    ]
