"""Kills, a disk that is full, a twin: what a user finds afterwards. The rest is in benchmarks."""

from __future__ import annotations

import json
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.cli import run
from tests.end_to_end.processes import start, wait_until

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]

OPTIONS = [
    *("--horizon", "3", "--look-back", "14", "--device", "cpu", "--models", "naive,gru-direct"),
    *("--set", "network.hidden=4", "--set", "training.batch_rows=4"),
    *("--set", "training.chunk_origins=16"),
]
SHORT = [*OPTIONS, "--epochs", "2", "--json", "-"]
MOMENTS = ("flows.steps.compare", "flows.outputs.write_report", "flows.followup.issue")
"""Functions at whose call a run is killed, in the order of their calling."""
Capture = pytest.CaptureFixture[str]


def figures(words: list[str], home: Path, capsys: Capture) -> dict[str, Any]:
    """What the command finds, in this process."""
    capsys.readouterr()
    assert run([*words, "--home", str(home)]) == 0
    content = json.loads(capsys.readouterr().out)
    return {key: content[key] for key in ("leaderboard", "forecast")}


def results(home: Path) -> list[str]:
    """Folders of results that can be seen, then those that are hidden."""
    return sorted((path.name for path in (home / "runs").iterdir()), reverse=True)


def rows(database: Path, query: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(query).fetchall()


def test_killed_at_one_step_after_another_it_ends_the_same(
    environment: dict[str, str], prefect_server: str, sample: Path, home: Path, capsys: Capture
) -> None:
    words = ["forecast", str(sample), *SHORT]
    at = environment | {"PREFECT_API_URL": prefect_server}
    for moment in MOMENTS:
        doomed = [sys.executable, "-m", "benchmarks.doomed", moment, "1", *words]
        killed = subprocess.run(
            doomed, env=at, cwd=home.parent, capture_output=True, text=True, check=False
        )
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        seen, *hidden = results(home)
        assert hidden == []
        assert seen.startswith(".") == (moment != MOMENTS[-1])
        assert rows(home / "ledger.db", "SELECT * FROM issues") == []
    assert figures(words, home, capsys) == figures(words, home.parent / "other", capsys)
    assert [name for name in results(home) if name.startswith(".")] == []
    assert len(rows(home / "ledger.db", "SELECT * FROM issues")) == 1
    assert list((home / "checkpoints").iterdir()) == []
    states = "SELECT status FROM runs JOIN tags USING (run_uuid) WHERE key = 'flow'"
    found = [state for (state,) in rows(home / "mlflow.db", states)]
    assert sorted(found) == ["FINISHED", "FINISHED", "KILLED", "KILLED"]


def test_two_forecasts_of_one_home_at_once_both_end_well_and_are_one_issue(
    environment: dict[str, str], prefect_server: str, sample: Path, tmp_path: Path
) -> None:
    fresh = tmp_path / "fresh"
    at = environment | {"PREFECT_API_URL": prefect_server, "FORECASTLE_HOME": str(fresh)}
    both = [start(["forecast", str(sample), *SHORT], at, tmp_path) for _ in range(2)]
    (out, err), (other, more) = (process.communicate() for process in both)
    assert [process.returncode for process in both] == [0, 0], err + more
    assert json.loads(out)["forecast"] == json.loads(other)["forecast"]
    assert len(results(fresh)) == 2
    assert len(rows(fresh / "ledger.db", "SELECT * FROM issues")) == 1


def test_a_command_that_is_killed_takes_its_server_along(
    environment: dict[str, str], sample: Path, tmp_path: Path, home: Path
) -> None:
    alone = {k: v for k, v in environment.items() if k != "PREFECT_API_URL"}
    alone |= {"PREFECT_HOME": str(tmp_path / "prefect")}
    endless = ["--epochs", "100000", "--set", "training.patience=100000"]
    process = start(["forecast", str(sample), *OPTIONS, *endless], alone, tmp_path)
    wait_until(lambda: any(home.glob("checkpoints/*/training.safetensors")), process)
    started = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.communicate()
    assert len(started) == 2  # the server, and what ends it
    assert not psutil.wait_procs(started, timeout=60)[1]


def test_a_disk_that_is_full_is_one_sentence_and_with_room_it_goes_on(
    sample: Path, home: Path, capsys: Capture
) -> None:
    words = ["forecast", str(sample), *SHORT]
    with largest_file(1_500_000):  # the report is larger
        assert run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    said = err.splitlines()[-1]
    assert said.startswith("forecastle: no room for a file on the disk of ")
    assert str(home.resolve()) in said
    assert "Traceback" not in err
    assert results(home) == []
    assert figures(words, home, capsys) == figures(words, home.parent / "other", capsys)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The system refuses to let a file of this process grow beyond a size, in bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
