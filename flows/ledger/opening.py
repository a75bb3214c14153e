"""Opening the ledger's database: what it may be, and that its schema is the one of today."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from features.errors import UserError
from flows.database import parsed, shown, unusable

VERSION = "forecastle_ledger"
"""Table that holds the revision of the schema, and by which the database is known as ours."""
MIGRATIONS = Path(__file__).with_name("migrations")
_WAIT = 60
"""Seconds that a writer waits for another one, or for a server to answer."""
_LOCK = 0x4C454447
"""Names the lock of PostgreSQL that a writer holds to the end of its transaction."""


def opened(url: str) -> Engine:
    """The ledger's database, with its schema brought up to date.

    Raises:
        UserError: no database that can be used, not a ledger, or one of a newer Forecastle.
    """
    engine = _engine(parsed(url, "FORECASTLE_LEDGER_URL"))
    with writing(engine) as connection:
        _bring_up_to_date(connection)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction, kept whole or not at all, while no other process writes.

    Raises:
        UserError: the database is away, full or may not be written.
    """
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
    except (IntegrityError, DataError):
        raise  # no fault of the database
    except DBAPIError as error:
        raise _unusable(engine.url, error) from error


def _engine(url: URL) -> Engine:
    """Without a pool: a connection is open as long as its transaction."""
    if url.get_backend_name() == "postgresql":
        try:
            return create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": _WAIT})
        except ModuleNotFoundError as error:
            raise UserError(
                f"the ledger at {shown(url)} needs {error.name}, which is not installed; run "
                "pip install 'forecastle[postgres]'"
            ) from error
    try:
        Path(url.database or "ledger.db").parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(url, error) from error
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _WAIT})
    event.listen(engine, "connect", _leave_transactions_to_us)
    event.listen(engine, "begin", _begin_as_the_only_writer)
    return engine


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin_as_the_only_writer(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _bring_up_to_date(connection: Connection) -> None:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every table it makes
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes |= {"connection": connection, "version_table": VERSION}
    scripts = ScriptDirectory.from_config(config)
    tables = inspect(connection).get_table_names()
    found = MigrationContext.configure(connection, opts={"version_table": VERSION})
    revision = found.get_current_revision()
    if tables and revision is None:
        raise UserError(
            f"the database at {shown(connection.engine.url)} holds {', '.join(tables[:3])}, "
            "expected a ledger or nothing; name another with FORECASTLE_LEDGER_URL"
        )
    if revision not in (None, *(script.revision for script in scripts.walk_revisions())):
        raise UserError(
            f"the ledger at {shown(connection.engine.url)} has the schema {revision}, expected at "
            f"most {scripts.get_current_head()}; it was written by a newer Forecastle: install that"
        )
    if revision != scripts.get_current_head():
        command.upgrade(config, "head")


def _unusable(url: URL, error: DBAPIError | OSError) -> UserError:
    return unusable("the ledger", url, error, "FORECASTLE_LEDGER_URL")
