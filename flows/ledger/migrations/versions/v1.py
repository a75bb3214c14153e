"""Issues, forecasts and actuals, in which the database itself refuses every change."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None

TABLES = {
    "issues": "domain = NEW.domain AND source = NEW.source AND settings = NEW.settings"
    " AND data = NEW.data OR id = NEW.id",
    "forecasts": "issue = NEW.issue AND series = NEW.series AND model = NEW.model"
    " AND step = NEW.step",
    "actuals": "domain = NEW.domain AND source = NEW.source AND series = NEW.series"
    " AND ds = NEW.ds AND known_at = NEW.known_at",
}
"""Table -> when a row that is there already is the one that is to be written."""
REFUSAL = "the ledger is append-only"


def upgrade() -> None:
    """Make the tables and their guards."""
    op.create_table(
        "issues",
        sa.Column("id", sa.Integer, primary_key=True),
        *_texts("domain", "source", "settings", "data"),
        sa.Column("cutoff", sa.DateTime, nullable=False),
        *_texts("chosen", "run"),
        sa.Column("issued_at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("domain", "source", "settings", "data", name="issues_key"),
    )
    op.create_table(
        "forecasts",
        sa.Column("issue", sa.Integer, sa.ForeignKey("issues.id"), primary_key=True),
        *_texts("series", "model", primary_key=True),
        sa.Column("step", sa.Integer, primary_key=True),
        sa.Column("ds", sa.DateTime, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        *(sa.Column(name, sa.Double) for name in ("lo_90", "hi_90", "last", "spread")),
    )
    op.create_table(
        "actuals",
        *_texts("domain", "source", "series", primary_key=True),
        sa.Column("ds", sa.DateTime, primary_key=True),
        sa.Column("known_at", sa.DateTime, primary_key=True),
        sa.Column("value", sa.Double, nullable=False),
    )
    guard = {"sqlite": _guard_sqlite, "postgresql": _guard_postgresql}
    guard[op.get_bind().dialect.name]()


def _texts(*names: str, primary_key: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False, primary_key=primary_key) for name in names]


def _guard_sqlite() -> None:
    """The third guard is against INSERT OR REPLACE, which deletes without a DELETE's trigger."""
    for table, same in TABLES.items():
        for when in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{when.lower()} BEFORE {when} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def _guard_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for table in TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )
