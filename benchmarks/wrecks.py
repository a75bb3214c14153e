"""A home folder that faults are tried in: commands, servers, and what can be seen afterwards."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from flows.up.services import answers, asked, free_port
from tests.flows.small import small_file

PATIENCE = 900.0
EPOCHS = 5
SMALL = [
    *("--horizon", "3", "--models", "naive,gru-direct", "--look-back", "14", "--device", "cpu"),
    *("--set", "network.hidden=4", "--set", "training.batch_rows=4"),
    *("--set", "training.chunk_origins=16"),
]
Process = subprocess.Popen[str]


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """The last line of what it said to people."""
        return self.err.splitlines()[-1] if self.err else ""


class Place:
    """A folder with a home in it, and a small file to forecast."""

    def __init__(self, folder: Path, api: str | None = None) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = small_file(folder)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "MLFLOW_"))}
        root = str(Path(__file__).parents[1])
        self.environment = kept | {
            "PYTHONPATH": root,
            "FORECASTLE_HOME": str(self.home),
            "PREFECT_HOME": str(folder / "prefect"),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        }
        if api:
            self.environment["PREFECT_API_URL"] = api

    @property
    def home(self) -> Path:
        """Its home folder."""
        return self.folder / "home"

    def forecast(self, epochs: int = EPOCHS) -> list[str]:
        """The words of a forecast; `forecast.json` then holds its figures."""
        patience = ["--set", f"training.patience={epochs}"]
        words = ["forecast", str(self.file), *SMALL, "--epochs", str(epochs), *patience]
        return [*words, "--json", str(self.folder / "forecast.json")]

    def start(self, words: Sequence[str], doom: str | None = None) -> Process:
        """A command under way, in a session of its own; `doom` is where it will kill itself."""
        python = ["-c", "from flows.cli import main; main()"]
        if doom:
            python = ["-m", "benchmarks.doomed", *doom.split()]
        return subprocess.Popen(
            [sys.executable, *python, *words],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def call(self, words: Sequence[str], doom: str | None = None) -> Ended:
        """A command, ended."""
        return ended(self.start(words, doom))

    def figures(self) -> dict[str, Any]:
        """Leaderboard and forecast of the last run that ended well."""
        told = json.loads((self.folder / "forecast.json").read_text(encoding="utf-8"))
        return {key: told[key] for key in ("leaderboard", "forecast")}

    def results(self) -> int:
        """Folders of results that can be seen."""
        return len([p for p in self._runs() if not p.name.startswith(".")])

    def drafts(self) -> int:
        """Hidden ones."""
        return len([p for p in self._runs() if p.name.startswith(".")])

    def _runs(self) -> list[Path]:
        return [*(self.home / "runs").glob("*"), *(self.home / "runs").glob(".*")]

    def issues(self) -> int:
        """Issues in the ledger."""
        return len(self._rows("ledger.db", "SELECT id FROM issues"))

    def states(self) -> list[str]:
        """States of the flows' runs in MLflow."""
        query = "SELECT status FROM runs JOIN tags USING (run_uuid) WHERE key = 'flow'"
        return sorted(row[0] for row in self._rows("mlflow.db", query))

    def losses(self) -> list[int]:
        """The epochs whose validation loss MLflow holds, in order, as often as it holds them."""
        query = "SELECT step FROM metrics WHERE key = 'validation_loss' ORDER BY step"
        return [row[0] for row in self._rows("mlflow.db", query)]

    def _rows(self, file: str, query: str) -> list[Any]:
        path = self.home / file
        if not path.exists():
            return []
        with closing(sqlite3.connect(path)) as connection:
            return connection.execute(query).fetchall()

    def training(self) -> bool:
        """Whether a network is being trained."""
        begun = self.home.glob("checkpoints/*/training.safetensors")
        return any(not (path.parent / "fitted").exists() for path in begun)


def ended(process: Process) -> Ended:
    """What a process said, once it has ended."""
    try:
        out, err = process.communicate(timeout=PATIENCE)
    finally:
        kill(process)
    return Ended(process.returncode, out, err)


def kill(process: subprocess.Popen[Any]) -> None:
    """SIGKILL to a process and all of its session, if it still runs."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], bool], process: Process | None = None) -> None:
    """Wait for a condition, while a process runs."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if process is not None and process.poll() is not None:
            raise AssertionError(f"ended too soon: {process.communicate()}")
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def tree(process: Process) -> list[psutil.Process]:
    """What a process has started."""
    return psutil.Process(process.pid).children(recursive=True)


class Server:
    """A server that can be taken away and brought back, at the same address."""

    def __init__(self, words: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port([]))}"
        self._words = [sys.executable, "-m", *words, "--port", str(port)]
        self._environment, self._folder = dict(environment), folder
        self.start()

    def start(self) -> None:
        """Bring it up, and wait until it answers."""
        log = (self._folder / "server.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                self._words,
                env=self._environment,
                cwd=self._folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        until(lambda: answers(f"{self.url}/health") or answers(f"{self.url}/api/health"))

    def stop(self) -> None:
        """Kill it."""
        kill(self._process)


@contextmanager
def prefect(place: Place) -> Iterator[Server]:
    """A Prefect server for the commands of a place."""
    server = Server(["prefect", "server", "start"], place.environment, place.folder)
    place.environment["PREFECT_API_URL"] = f"{server.url}/api"
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def mlflow(place: Place) -> Iterator[Server]:
    """An MLflow server for the commands of a place."""
    place.home.mkdir(exist_ok=True)
    words = ["mlflow", "server", "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{place.home / 'mlflow.db'}"]
    words += ["--artifacts-destination", str(place.home / "mlartifacts")]
    lean = place.environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    server = Server(words, lean, place.folder)
    place.environment["MLFLOW_TRACKING_URI"] = server.url
    try:
        yield server
    finally:
        server.stop()


def flow_runs(api: str) -> list[dict[str, Any]]:
    """The flow runs that a Prefect server knows, first begun first."""
    return list(asked(f"{api}/flow_runs/filter", {"sort": "START_TIME_ASC"}))


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Callable[[str], None]]:
    """A file system of its own in memory; the function gives it another size. Needs root."""
    mount = shutil.which("mount") or "mount"
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield lambda new: _remount(mount, folder, new)
    finally:
        subprocess.run(["umount", folder], check=True)


def _remount(mount: str, folder: Path, size: str) -> None:
    subprocess.run([mount, "-o", f"remount,size={size}", folder], check=True)
