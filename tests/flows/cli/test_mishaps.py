from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from features.errors import UserError
from flows.cli.mishaps import sentence

FULL = Path("/dev/full")


@pytest.mark.skipif(not FULL.exists(), reason="a device of Linux that is always full")
def test_a_full_disk_names_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path))
    with pytest.raises(OSError) as full:
        FULL.write_text("x", encoding="utf-8")
    told = sentence(full.value)
    assert told is not None
    assert f"on the disk of {tmp_path.resolve()} (" in told
    assert "\n" not in told


def test_a_full_database_is_found_behind_another_error(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "small.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("INSERT INTO t VALUES (?)", ["x" * 100_000])
    outer = UserError("the ledger cannot be used")
    outer.__cause__ = full.value
    told = sentence(outer)
    assert told is not None
    assert "database or disk is full" in told


def test_a_server_that_is_away_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(httpx.ConnectError) as away:
        httpx.get("http://127.0.0.1:9/api")
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    assert "the Prefect server at http://127.0.0.1:9/api does not answer" in str(
        sentence(away.value)
    )
    monkeypatch.delenv("PREFECT_API_URL")
    assert "temporary server" in str(sentence(away.value))


@pytest.mark.parametrize("error", [ValueError("a bug"), FileNotFoundError(2, "no", "x")])
def test_anything_else_keeps_its_traceback(error: Exception) -> None:
    assert sentence(error) is None
