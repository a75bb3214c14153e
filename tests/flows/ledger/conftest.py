"""An empty database of each kind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from tests.flows.postgres import serving


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    with serving() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'ledger.db'}"
    server = make_url(request.getfixturevalue("server")).set(drivername="postgresql+psycopg")
    name = f"test{abs(hash(tmp_path))}"
    with create_engine(server, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as one:
        one.execute(text(f"CREATE DATABASE {name}"))
    empty = server.set(database=name, drivername="postgresql")
    return empty.render_as_string(hide_password=False)
