"""Which databases become a ledger, are migrated, or are refused and left alone."""

from __future__ import annotations

import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from features.errors import UserError
from flows.ledger import Ledger, opening
from flows.ledger.opening import VERSION
from flows.ledger.tables import metadata
from tests.flows.ledger.database import ISSUE, execute, other, rows, table


def test_the_schema_is_that_of_the_tables(url: str) -> None:
    Ledger(url)
    with other(url).connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION})
        assert compare_metadata(context, metadata) == []


def test_opened_again_it_is_as_it_was(url: str) -> None:
    Ledger(url).issue(ISSUE, table())
    Ledger(url)
    assert (rows(url, "forecasts"), rows(url, VERSION)) == (2, 1)


NEXT = """
import sqlalchemy as sa
from alembic import op
revision, down_revision = "2", "1"
def upgrade():
    op.add_column("issues", sa.Column("note", sa.Text))
    {then}
"""


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The migrations of a later version, with one revision more."""
    ours = ignore_patterns("__pycache__")
    folder = Path(copytree(opening.MIGRATIONS, tmp_path / "migrations", ignore=ours))
    (folder / "versions" / "v2.py").write_text(NEXT.format(then=""))
    return folder


def test_an_older_schema_is_migrated_and_a_newer_one_refused(
    url: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(url).issue(ISSUE, table())
    with monkeypatch.context() as later:
        later.setattr(opening, "MIGRATIONS", newer)
        assert Ledger(url).forecasts("tides", "tides.csv")["value"].tolist() == [1.0, 1.0]
        assert rows(url, "issues WHERE note IS NULL") == 1
    with pytest.raises(UserError, match=r"has the schema 2, expected at most 1; .* newer"):
        Ledger(url)


def test_a_migration_that_breaks_off_has_changed_nothing(
    url: str, newer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger(url).issue(ISSUE, table())
    (newer / "versions" / "v2.py").write_text(NEXT.format(then="raise KeyboardInterrupt"))
    with monkeypatch.context() as later:
        later.setattr(opening, "MIGRATIONS", newer)
        with pytest.raises(KeyboardInterrupt):
            Ledger(url)
    assert not Ledger(url).issue(ISSUE, table())
    with pytest.raises(DBAPIError):
        rows(url, "issues WHERE note IS NULL")


def test_a_database_of_something_else_is_refused_and_left_alone(url: str) -> None:
    if url.startswith("sqlite"):
        Path(make_url(url).database or "").parent.mkdir()
    execute(url, "CREATE TABLE alembic_version (version_num VARCHAR(32))")
    with pytest.raises(UserError, match="holds alembic_version, expected a ledger or nothing"):
        Ledger(url)
    with pytest.raises(DBAPIError):
        rows(url, "issues")


def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("what a day" * 999)
    with pytest.raises(UserError, match="not a database"):
        Ledger(f"sqlite:///{tmp_path}/words")
    (tmp_path / "words.db").mkdir()
    for path in ("words.db", "words/ledger.db"):
        with pytest.raises(UserError, match="cannot be used"):
            Ledger(f"sqlite:///{tmp_path}/{path}")


@pytest.mark.parametrize("url", ["ledger.db", "mysql://host/x", "oracle://host/x"])
def test_another_kind_of_database_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="expected sqlite:///PATH or postgresql://"):
        Ledger(url)


def test_a_server_that_is_away_is_one_sentence_without_the_password() -> None:
    with pytest.raises(UserError, match="cannot be used") as caught:
        Ledger("postgres://me:secret@127.0.0.1:9/x")
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_without_the_driver_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(UserError, match=r"pip install 'forecastle\[postgres\]'"):
        Ledger("postgresql://host/x")
