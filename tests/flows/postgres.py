"""A PostgreSQL server of the tests' own, in a folder that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def serving() -> Iterator[str]:
    """The URL of an empty database; the server listens on a socket in its folder alone."""
    where = programs()
    user = UNPRIVILEGED if os.getuid() == 0 else None
    # A socket's path has at most 107 letters.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    if user:
        shutil.chown(folder, user)

    def call(*words: str) -> None:
        subprocess.run(
            [where / words[0], *words[1:]],
            user=user,
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )

    data = str(folder / "data")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off"
    try:
        call("initdb", "-D", data, "-U", "ledger", "-A", "trust", "--no-sync", "-E", "UTF8")
        call("pg_ctl", "start", "-w", "-D", data, "-l", str(folder / "log"), "-o", options)
        try:
            yield f"postgresql://ledger@/postgres?host={folder}"
        finally:
            call("pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder)
