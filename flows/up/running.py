"""The file in the home folder that says what `forecastle up` has running there."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

FILE = "up.json"


@dataclass(frozen=True)
class Process:
    """A process that another one is not taken for, even where it has got its number."""

    name: str
    pid: int
    created: float
    """Seconds since 1970, as the system tells them."""

    @classmethod
    def of(cls, name: str, pid: int) -> Process:
        """The process that has this number now.

        Raises:
            psutil.NoSuchProcess: none has.
        """
        return cls(name, pid, psutil.Process(pid).create_time())

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.found() is not None

    def found(self) -> psutil.Process | None:
        """It, where it runs."""
        try:
            found = psutil.Process(self.pid)
            same = found.create_time() == self.created
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


@dataclass(frozen=True)
class Running:
    """What one `forecastle up` has started."""

    prefect: str
    """URL of the Prefect server."""
    mlflow: str
    """URL of the MLflow server."""
    up: Process
    services: tuple[Process, ...] = field(default=())
    ready: bool = False
    """Whether everything has answered."""

    @property
    def alive(self) -> bool:
        """Whether the `forecastle up` that wrote this still runs."""
        return self.up.alive

    @property
    def processes(self) -> Iterator[Process]:
        """`up` and what it started."""
        yield self.up
        yield from self.services

    def write(self, home: Path) -> None:
        """Put it into the home folder, whole or not at all."""
        draft = home / f".{FILE}"
        draft.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        draft.replace(home / FILE)


def last(home: Path) -> Running | None:
    """What ran last in this home folder, or still runs."""
    try:
        return _read(json.loads((home / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def running(home: Path) -> Running | None:
    """What runs in this home folder and has answered."""
    found = last(home)
    return found if found is not None and found.ready and found.alive else None


def _read(content: dict[str, Any]) -> Running:
    services = tuple(Process(**service) for service in content["services"])
    return Running(**content | {"up": Process(**content["up"]), "services": services})
