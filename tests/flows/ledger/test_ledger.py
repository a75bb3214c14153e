"""The ledger on real databases: what it keeps, what it refuses, what a kill or a full disk does."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy.exc import DBAPIError

from flows.ledger import Ledger
from tests.flows.ledger.database import CUTOFF, ISSUE, execute, rows, table

LATER = datetime(2026, 2, 1)
CHANGES = [
    "UPDATE {0} SET {1} = {1}",
    "UPDATE {0} SET {1} = {1} WHERE 1 = 0 OR {1} IS NOT NULL",
    "DELETE FROM {0}",
]
COLUMNS = {"issues": "run", "forecasts": "value", "actuals": "value"}


def came(value: float = 2.0, first: str = "2026-01-09", size: int = 3) -> pd.DataFrame:
    """Observations, a row a day."""
    dates = pd.date_range(first, periods=size)
    return pd.DataFrame({"series": "a", "ds": dates, "value": value})


def test_what_was_issued_is_read_as_it_was(url: str) -> None:
    assert Ledger(url).issue(ISSUE, table())
    found = Ledger(url).forecasts("tides", "tides.csv")
    same = ["series", "model", "step", "ds", "value", "lo_90", "hi_90", "last", "spread"]
    pd.testing.assert_frame_equal(found[same], table(), check_dtype=False)
    assert set(found["cutoff"]) == {pd.Timestamp(CUTOFF)}
    assert set(found["chosen"]) == {"naive"}
    for another in (("tides", "other.csv"), ("waves", "tides.csv")):
        assert Ledger(url).forecasts(*another).empty


def test_the_same_issue_again_adds_and_changes_nothing(url: str) -> None:
    ledger = Ledger(url)
    ledger.issue(ISSUE, table())
    late = replace(ISSUE, run="r2", issued_at=LATER, chosen="drift")
    assert not ledger.issue(late, table(value=9.0))
    assert (rows(url, "issues"), rows(url, "forecasts")) == (1, 2)
    assert set(ledger.forecasts("tides", "tides.csv")["value"]) == {1.0}


def test_other_settings_of_one_model_on_one_cutoff_are_both_kept(url: str) -> None:
    ledger = Ledger(url)
    ledger.issue(ISSUE, table(value=1.0))
    assert ledger.issue(replace(ISSUE, settings="s2"), table(value=2.0))
    found = ledger.forecasts("tides", "tides.csv").set_index("settings")["value"]
    assert set(found["s1"]) == {1.0}
    assert set(found["s2"]) == {2.0}


def test_of_revised_data_both_are_kept_and_the_first_counts(url: str) -> None:
    ledger = Ledger(url)
    ledger.issue(ISSUE, table(value=1.0))
    assert ledger.issue(replace(ISSUE, data="d2", issued_at=LATER), table(value=2.0))
    assert rows(url, "forecasts") == 4
    assert set(ledger.forecasts("tides", "tides.csv")["value"]) == {1.0}


def test_actuals_are_those_of_targets_and_cutoffs_and_a_revision_is_a_new_row(url: str) -> None:
    ledger = Ledger(url)
    known = datetime(2026, 1, 12)
    assert ledger.observe("tides", "tides.csv", came(), known) == 0  # nothing was forecast
    ledger.issue(ISSUE, table())
    assert ledger.observe("tides", "tides.csv", came(), known) == 2  # the 10th, and the 11th
    assert ledger.observe("tides", "tides.csv", came(), LATER) == 0
    assert ledger.observe("tides", "tides.csv", came(3.0, "2026-01-11", 5), LATER) == 2
    before, after = (ledger.actuals("tides", "tides.csv", at) for at in (known, LATER))
    assert before.set_index("ds")["value"].to_dict() == {
        pd.Timestamp("2026-01-10"): 2.0,
        pd.Timestamp("2026-01-11"): 2.0,
    }
    assert after.set_index("ds")["value"].to_dict() == {
        pd.Timestamp("2026-01-10"): 2.0,
        pd.Timestamp("2026-01-11"): 3.0,
        pd.Timestamp("2026-01-12"): 3.0,
    }
    assert rows(url, "actuals") == 4
    assert ledger.observe("tides", "tides.csv", came(), known) == 0  # as of then, again


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", COLUMNS)
def test_the_database_refuses_to_change_a_row(url: str, name: str, change: str) -> None:
    ledger = Ledger(url)
    ledger.issue(ISSUE, table())
    ledger.observe("tides", "tides.csv", came(), LATER)
    before = rows(url, name)
    with pytest.raises(DBAPIError, match="append-only"):
        execute(url, change.format(name, COLUMNS[name]))
    assert rows(url, name) == before > 0


@pytest.mark.parametrize("name", COLUMNS)
def test_sqlite_refuses_to_replace_and_postgresql_to_truncate(url: str, name: str) -> None:
    ledger = Ledger(url)
    ledger.issue(ISSUE, table())
    ledger.observe("tides", "tides.csv", came(), LATER)
    before = rows(url, name)
    replacing = f"INSERT OR REPLACE INTO {name} SELECT * FROM {name}"
    statement = replacing if url.startswith("sqlite") else f"TRUNCATE {name} CASCADE"
    with pytest.raises(DBAPIError, match="append-only"):
        execute(url, statement)
    assert rows(url, name) == before > 0


def test_writers_at_once_leave_one_issue_and_every_other(url: str) -> None:
    def work(k: int) -> list[bool]:
        ledger = Ledger(url)  # of a database that none has made yet
        ledger.observe("tides", "tides.csv", came(), LATER)
        return [ledger.issue(replace(ISSUE, data=f"d{n}"), table(50)) for n in range(5)]

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(work, range(4)))
    assert sum(map(sum, added)) == 5
    assert (rows(url, "issues"), rows(url, "forecasts")) == (5, 250)


KILLED = """
import sys
from sqlalchemy import event
from flows.ledger import Ledger
from tests.flows.ledger.test_ledger import ISSUE, table
ledger = Ledger(sys.argv[1])
@event.listens_for(ledger._engine, "after_cursor_execute")
def stop(connection, cursor, statement, parameters, context, executemany):
    if "INTO forecasts" in statement:
        print("midway", flush=True)
        sys.stdin.read()
ledger.issue(ISSUE, table(500))
"""


def process(code: str, url: str) -> subprocess.Popen[str]:
    """Python code in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    pipe = subprocess.PIPE
    words = [sys.executable, "-c", code, url]
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, env=environment, text=True)


def test_killed_in_mid_write_it_has_written_nothing_and_the_next_one_all(url: str) -> None:
    with process(KILLED, url) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "midway\n"
        writer.send_signal(signal.SIGKILL)
    assert (rows(url, "issues"), rows(url, "forecasts")) == (0, 0)
    assert Ledger(url).issue(ISSUE, table(500))
    assert (rows(url, "issues"), rows(url, "forecasts")) == (1, 500)


REFUSED = """
import os, resource, sys
from features.errors import UserError
from flows.ledger import Ledger
from tests.flows.ledger.test_ledger import ISSUE, LIMIT, table
import alembic.command, pandas
if {limited}:
    ledger = Ledger(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))
elif os.getuid() == 0:
    os.setgid(65534), os.setuid(65534)  # whom file modes bind
try:
    if not {limited}:
        ledger = Ledger(sys.argv[1])
    ledger.issue(ISSUE, table(20_000))
except UserError as error:
    print(error, flush=True)
"""
LIMIT = 2**18
"""Bytes that a file may have, as if the disk were full then."""


def test_on_a_full_disk_nothing_is_written_and_it_is_one_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    with process(REFUSED.format(limited=True), url) as writer:
        said = writer.communicate()[0]
    assert said.startswith(f"the ledger at {url} cannot be used (")
    assert said.count("\n") == 1
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != LIMIT
    assert (rows(url, "issues"), rows(url, "forecasts")) == (0, 0)
    assert Ledger(url).issue(ISSUE, table(20_000))


def test_in_a_folder_that_may_not_be_written_it_is_one_sentence() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o555)
        with process(REFUSED.format(limited=False), f"sqlite:///{folder}/ledger.db") as writer:
            said = writer.communicate()[0]
        Path(folder).chmod(0o755)
        assert said.startswith("the ledger at sqlite:////tmp/")
        assert "unable to open database file" in said
        assert list(Path(folder).iterdir()) == []


def test_any_program_can_read_it(tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path}/ledger.db").issue(ISSUE, table())
    with sqlite3.connect(tmp_path / "ledger.db") as connection:
        found = connection.execute("SELECT series, ds, value FROM forecasts").fetchone()
    connection.close()
    assert found == ("a", "2026-01-11 00:00:00.000000", 1.0)
