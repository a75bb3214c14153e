"""What `forecastle up` starts, and what each of it is told."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil

from features.errors import UserError
from flows.up.running import Process, Running

HOST = "127.0.0.1"
_EVERYWHERE = ("0.0.0.0", "::")
MLFLOW_DB = "mlflow.db"
POOL = "forecastle"
"""Work pool of all deployments, and its one worker."""
_ALLOWED, _ORIGINS = "MLFLOW_SERVER_ALLOWED_HOSTS", "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS"
_BUSY = 30.0
"""Seconds in which Prefect's database, which has one writer, is free again: till then it is 503."""
PORTS = {"prefect": 4200, "mlflow": 5000}
"""Preferred after those of the last time."""


@dataclass(frozen=True)
class Addresses:
    """Where the two servers answer."""

    prefect: str
    mlflow: str
    host: str = HOST
    """The address that they listen on."""

    @classmethod
    def choose(cls, before: Running | None, host: str = HOST) -> Addresses:
        """Those of the last time, so that links stay good; others where their ports are taken.

        Raises:
            UserError: the host is no address of this machine.
        """
        reached = _in_url(HOST if host in _EVERYWHERE else host)
        urls = {}
        for name, usual in PORTS.items():
            old = urlsplit(getattr(before, name)).port if before else None
            urls[name] = f"http://{reached}:{free_port([old or usual, usual], host)}"
        return cls(**urls, host=host)

    @property
    def _own_origins(self) -> str:
        """Pages that may ask Prefect's API: its own, under either name of this machine."""
        return f"{self.prefect},{self.prefect.replace(HOST, 'localhost')}"

    def environment(self, home: Path) -> dict[str, str]:
        """What every process of this home is told: all that is kept lies in the home folder."""
        return (
            os.environ
            | {
                "FORECASTLE_HOME": str(home),
                "PREFECT_HOME": str(home / "prefect"),
                "PREFECT_API_URL": f"{self.prefect}/api",
                "MLFLOW_TRACKING_URI": self.mlflow,
                "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
                "DO_NOT_TRACK": "true",
                "PREFECT_SERVER_DATABASE_TIMEOUT": "60",  # a busy machine's SQLite has one writer
                "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self._own_origins,  # not of every page
                "PREFECT_UI_API_URL": "/api",  # of whatever address the browser has
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # else ten processes and 2.4 GB
                "PREFECT_WORKER_QUERY_SECONDS": "2",
                "PYTHONUNBUFFERED": "1",
            }
            | self._names_for_mlflow()
        )

    def _names_for_mlflow(self) -> dict[str, str]:
        """Under which names a browser may ask MLflow: its defence against rebound names.

        On this machine alone that is MLflow's own choice. `MLFLOW_SERVER_ALLOWED_HOSTS` adds names,
        such as that of a proxy in front.
        """
        if self.host == HOST:
            return {}
        port = urlsplit(self.mlflow).port
        names = [f"{_in_url(name)}:{port}" for name in names_of(self.host)]
        given = [one for one in os.environ.get(_ALLOWED, "").split(",") if one]
        origins = [f"{scheme}://{name}" for name in given for scheme in ("http", "https")]
        origins += [f"http://{name}" for name in names]
        return {_ALLOWED: ",".join([*names, *given]), _ORIGINS: ",".join(origins)}


def names_of(host: str) -> list[str]:
    """The names and addresses by which this machine is reached where it listens on `host`."""
    own = ["localhost", HOST, socket.gethostname()]
    if host not in _EVERYWHERE:
        return list(dict.fromkeys([*own, host]))
    found = (one for addresses in psutil.net_if_addrs().values() for one in addresses)
    ours = [a.address for a in found if a.family in (socket.AF_INET, socket.AF_INET6)]
    return list(dict.fromkeys([*own, socket.getfqdn(), *ours]))


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def mlflow_database(home: Path) -> str:
    """The URI of MLflow's database: that of `MLFLOW_BACKEND_STORE_URI`, or a file."""
    return os.environ.get("MLFLOW_BACKEND_STORE_URI", f"sqlite:///{home / MLFLOW_DB}")


def has_mlflow_database(home: Path) -> bool:
    """Whether MLflow can be started; it makes what a URI names by itself."""
    return "MLFLOW_BACKEND_STORE_URI" in os.environ or (home / MLFLOW_DB).exists()


def commands(home: Path, at: Addresses) -> dict[str, list[str]]:
    """Name -> the words of each service, in the order of their starting."""
    prefect, mlflow = (str(urlsplit(url).port) for url in (at.prefect, at.mlflow))
    return {
        "prefect": ["prefect", "server", "start", "--host", at.host, "--port", prefect],
        "mlflow": [
            *("flows.up.mlflow_server", at.host, mlflow),
            *(mlflow_database(home), (home / "mlartifacts").as_uri()),
        ],
        "worker": [
            *("prefect", "worker", "start", "--pool", POOL, "--type", "process"),
            *("--name", POOL, "--install-policy", "never"),
        ],
    }


def free_port(preferred: Iterable[int], host: str = HOST) -> int:
    """The first of some ports that nothing listens on, or else any.

    Raises:
        UserError: the host is no address of this machine.
    """
    for port in (*preferred, 0):
        try:
            family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
            with socket.socket(family) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
                return int(listener.getsockname()[1])
        except OSError as error:
            reason = error
    raise UserError(
        f"cannot listen on {host} ({reason.strerror}), expected an address of this machine; name "
        "another with --host"
    )


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
    end = time.monotonic() + _BUSY
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() >= end:
                raise
            error.close()
        time.sleep(0.2)


def worker_is_there(prefect: str) -> bool:
    """Whether the worker has told the Prefect server of itself."""
    try:
        workers = asked(f"{prefect}/api/work_pools/{POOL}/workers/filter", {})
    except urllib.error.HTTPError:
        return False
    return any(worker["status"] == "ONLINE" for worker in workers)
