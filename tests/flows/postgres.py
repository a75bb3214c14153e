"""A PostgreSQL server of the tests' own, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

UNPRIVILEGED = "postgres"
"""The server refuses to run as root."""


def programs() -> Path:
    """The folder of `initdb`; skips the test where there is none, but not in CI."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if not places and os.environ.get("CI") != "true":
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql)")
    assert places, "CI needs PostgreSQL: apt-get install postgresql"
    return places[0]


@dataclass(frozen=True)
class Postgres:
    """A database cluster in a folder, to be started and stopped."""

    folder: Path
    options: str

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        log = str(self.folder / "log")
        self.call("pg_ctl", "start", "-w", "-D", self.data, "-l", log, "-o", self.options)

    def stop(self, mode: str = "immediate") -> None:
        """Stop it; `immediate` leaves it as a crash does."""
        self.call("pg_ctl", "stop", "-w", "-D", self.data, "-m", mode)

    def call(self, program: str, *words: str, said: str = "") -> None:
        """Run one of PostgreSQL's programs, not as root; `said` is its standard input."""
        command = [str(programs() / program), *words]
        user = UNPRIVILEGED if os.getuid() == 0 else None
        quiet = subprocess.DEVNULL
        subprocess.run(command, user=user, check=True, stdout=quiet, cwd="/", input=said, text=True)

    @property
    def data(self) -> str:
        """The folder of the cluster."""
        return str(self.folder / "data")


@contextmanager
def serving() -> Iterator[str]:
    """The URL of an empty database; the server listens on a socket in its folder alone."""
    with _running("ledger", ["-A", "trust"], "listen_addresses=''") as server:
        yield f"postgresql://ledger@/postgres?host={server.folder}"


@contextmanager
def listening(port: int, user: str, password: str, script: Path) -> Iterator[Postgres]:
    """A server on a port of the loopback interface that asks for a password.

    Args:
        port: that is free.
        user: who may do everything.
        password: of the user.
        script: SQL to begin with.
    """
    ask = ["--auth-local=trust", "--auth-host=scram-sha-256"]
    with _running(user, ask, f"listen_addresses=127.0.0.1 -c port={port}") as server:
        secret = password.replace("'", "''")
        sql = f"ALTER ROLE {user} PASSWORD '{secret}';\n{script.read_text(encoding='utf-8')}"
        where = ["-h", str(server.folder), "-p", str(port), "-U", user, "-d", "postgres"]
        server.call("psql", "-q", "-v", "ON_ERROR_STOP=1", *where, said=sql)
        yield server


@contextmanager
def _running(user: str, authentication: list[str], listen: str) -> Iterator[Postgres]:
    # A socket's path has at most 107 letters.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    server = Postgres(folder, f"-k {folder} -c fsync=off -c {listen}")
    try:
        if os.getuid() == 0:
            shutil.chown(folder, UNPRIVILEGED)
        words = ["-D", server.data, "-U", user, "--no-sync", "-E", "UTF8"]
        server.call("initdb", *words, *authentication)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
