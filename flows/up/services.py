"""What `forecastle up` starts, and what each of it is told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flows.up.running import Process, Running

HOST = "127.0.0.1"
MLFLOW_DB = "mlflow.db"
POOL = "forecastle"
"""Work pool of all deployments, and its one worker."""
PORTS = {"prefect": 4200, "mlflow": 5000}
"""Preferred after those of the last time."""


@dataclass(frozen=True)
class Addresses:
    """Where the two servers answer."""

    prefect: str
    mlflow: str

    @classmethod
    def choose(cls, before: Running | None) -> Addresses:
        """Those of the last time, so that links stay good; others where their ports are taken."""
        urls = {}
        for name, usual in PORTS.items():
            old = urlsplit(getattr(before, name)).port if before else None
            urls[name] = f"http://{HOST}:{free_port([old or usual, usual])}"
        return cls(**urls)

    @property
    def _own_origins(self) -> str:
        """Pages that may ask Prefect's API: its own, under either name of this machine."""
        return f"{self.prefect},{self.prefect.replace(HOST, 'localhost')}"

    def environment(self, home: Path) -> dict[str, str]:
        """What every process of this home is told: all that is kept lies in the home folder."""
        return os.environ | {
            "FORECASTLE_HOME": str(home),
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": f"{self.prefect}/api",
            "MLFLOW_TRACKING_URI": self.mlflow,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self._own_origins,  # not of every page
            "DO_NOT_TRACK": "true",
            "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # else ten processes and 2.4 GB
            "PREFECT_WORKER_QUERY_SECONDS": "2",
            "PYTHONUNBUFFERED": "1",
        }


def commands(home: Path, at: Addresses) -> dict[str, list[str]]:
    """Name -> the words of each service, in the order of their starting."""
    prefect, mlflow = (str(urlsplit(url).port) for url in (at.prefect, at.mlflow))
    return {
        "prefect": ["prefect", "server", "start", "--host", HOST, "--port", prefect],
        "mlflow": [
            *("mlflow", "server", "--host", HOST, "--port", mlflow, "--workers", "1"),
            *("--backend-store-uri", f"sqlite:///{home / MLFLOW_DB}"),
            *("--artifacts-destination", (home / "mlartifacts").as_uri()),
        ],
        "worker": [
            *("prefect", "worker", "start", "--pool", POOL, "--type", "process"),
            *("--name", POOL, "--install-policy", "never"),
        ],
    }


def free_port(preferred: Iterable[int]) -> int:
    """The first of some ports that nothing listens on, or else any."""
    for port in (*preferred, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((HOST, port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise OSError("no port is free")


class Keeper:
    """Starts processes that end when this one does."""

    def __init__(self, home: Path, environment: Mapping[str, str]) -> None:
        self.home, self.environment = home, dict(environment)
        self.logs = home / "logs"
        self.logs.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "flows.up.keeper"],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # an interrupt at the terminal is for `up` alone
        )

    def start(self, name: str, module: list[str]) -> Process:
        """Start `python -m …`; what it says goes to a log of that name."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        wanted = {
            "argv": [sys.executable, "-m", *module],
            "environment": self.environment,
            "log": str(self.logs / f"{name}.log"),
            "folder": str(self.home),
        }
        self._process.stdin.write(json.dumps(wanted) + "\n")
        self._process.stdin.flush()
        return Process.of(name, int(self._process.stdout.readline()))

    def process(self) -> Process:
        """The keeper itself."""
        return Process.of("keeper", self._process.pid)

    def stop(self) -> None:
        """End everything, and wait for it."""
        self._process.communicate()


@contextmanager
def keeping(home: Path, environment: Mapping[str, str]) -> Iterator[Keeper]:
    """A keeper, and the end of all that it kept."""
    keeper = Keeper(home, environment)
    try:
        yield keeper
    finally:
        keeper.stop()


def answers(url: str) -> bool:
    """Whether a server answers."""
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def asked(url: str, question: Mapping[str, Any]) -> Any:
    """The JSON answer to a POST.

    Raises:
        OSError: no answer, or one that is an error.
    """
    request = urllib.request.Request(
        url, json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def worker_is_there(prefect: str) -> bool:
    """Whether the worker has told the Prefect server of itself."""
    try:
        workers = asked(f"{prefect}/api/work_pools/{POOL}/workers/filter", {})
    except urllib.error.HTTPError:
        return False
    return any(worker["status"] == "ONLINE" for worker in workers)
