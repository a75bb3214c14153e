"""`forecastle up`: start everything, see that it runs, and stop everything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from filelock import FileLock, Timeout

from features.errors import UserError
from flows.up.keeper import end
from flows.up.running import Process, Running, last
from flows.up.services import (
    HOST,
    Addresses,
    Keeper,
    answers,
    commands,
    has_mlflow_database,
    keeping,
    worker_is_there,
)

_STARTING = 300.0
"""Seconds that everything has to answer in; on a cold disk or a busy machine it takes minutes."""
_STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Ready = Callable[[Running], None]


def up(home: Path, on_ready: Ready, host: str = HOST) -> None:
    """Run two servers, a worker and the deployments until an interrupt or SIGTERM.

    Args:
        home: where everything is kept.
        on_ready: called once, when everything answers.
        host: the address that the servers listen on.

    Raises:
        UserError: another `up` runs in this home, its `forecastle.yaml` cannot be used, or the host
            is no address of this machine.
        RuntimeError: what was started has ended, or does not answer.
    """
    home = home.resolve()
    with only_one(home):
        before = last(home)
        _end_leftovers(before)
        at = Addresses.choose(before, host)
        with stoppable(), keeping(home, at.environment(home)) as keeper, _ignoring_at_the_end():
            _run(_Start(home, at, keeper), on_ready)


@contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home folder for one `up`.

    Raises:
        UserError: another one has it, or it cannot be written.
    """
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = FileLock(home / "up.lock", timeout=0)
        with lock:
            yield
    except Timeout as error:
        raise UserError(_taken(home)) from error
    except PermissionError as error:
        raise UserError(
            f"the home folder {home} cannot be written ({error.strerror}), expected a folder of "
            "yours; name another with --home"
        ) from error


def _taken(home: Path) -> str:
    found = last(home)
    if found is None or not found.alive:
        return f"another forecastle up is starting in {home}; wait for it, or name another --home"
    return (
        f"forecastle up runs in {home} already (process {found.up.pid}): Prefect at "
        f"{found.prefect}, MLflow at {found.mlflow}; use that, stop it, or name another --home"
    )


@dataclass
class _Start:
    """A start under way."""

    home: Path
    at: Addresses
    keeper: Keeper

    def first(self) -> Running:
        """The Prefect server, which takes longest."""
        me = Process.of("up", os.getpid())
        alone = Running(self.at.prefect, self.at.mlflow, me, (self.keeper.process(),))
        return self.beside(alone, "prefect")

    def beside(self, so_far: Running, name: str) -> Running:
        """One more service."""
        process = self.keeper.start(name, commands(self.home, self.at)[name])
        found = replace(so_far, services=(*so_far.services, process))
        found.write(self.home)
        return found


def _run(start: _Start, on_ready: Ready) -> None:
    log = start.keeper.logs / "deployments.log"
    with _registering(start, log) as registrar:  # imports PyTorch while the servers start
        seen = _Watch(start.first(), start.keeper.logs, registrar, log)
        seen.until(lambda: has_mlflow_database(start.home))
        seen.running = start.beside(seen.running, "mlflow")
        seen.until(lambda: answers(f"{start.at.prefect}/api/health"))
        seen.running = start.beside(seen.running, "worker")
        seen.until(lambda: answers(f"{start.at.mlflow}/health"))
        seen.until(lambda: registrar.poll() == 0 and worker_is_there(start.at.prefect))
    found = replace(seen.running, ready=True)
    found.write(start.home)
    on_ready(found)
    _Watch(found, start.keeper.logs).until(lambda: False, limit=None)


@contextmanager
def _registering(start: _Start, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The process that registers the deployments; it ends with this one."""
    words = [sys.executable, "-m", "flows.up.registrar"]
    with log.open("wb") as said:
        process = subprocess.Popen(
            words,
            env=start.keeper.environment,
            cwd=start.home,
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@dataclass
class _Watch:
    """Waits, and sees what has ended meanwhile."""

    running: Running
    logs: Path
    registrar: subprocess.Popen[bytes] | None = None
    said: Path | None = None

    def until(self, condition: Callable[[], bool], limit: float | None = _STARTING) -> None:
        """Wait for a condition.

        Raises:
            UserError: the deployments cannot be made of what the user has written.
            RuntimeError: a process has ended, or nothing answered in time.
        """
        begun = time.monotonic()
        while not condition():
            for process in self.running.services:
                if not process.alive:
                    log = self.logs / f"{process.name}.log"
                    raise RuntimeError(f"{process.name} has ended ({_last_line(log)}); see {log}")
            self._see_the_registrar()
            if limit is not None and time.monotonic() - begun > limit:
                raise RuntimeError(
                    f"nothing answered in {limit:.0f} s; see the logs in {self.logs}"
                )
            time.sleep(0.1 if limit else 1.0)

    def _see_the_registrar(self) -> None:
        code = self.registrar.poll() if self.registrar else None
        if code and self.said:
            told = _last_line(self.said)
            if code == 2:
                raise UserError(told)
            raise RuntimeError(f"the deployments cannot be made ({told}); see {self.said}")


def _last_line(log: Path) -> str:
    said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return (said.strip().splitlines() or ["it said nothing"])[-1]


@contextmanager
def stoppable() -> Iterator[None]:
    """SIGTERM and a closed terminal interrupt as Ctrl-C does, and an interrupt ends the block."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in _STOPS}
    try:
        yield
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _ignoring_at_the_end() -> Iterator[None]:
    """No second interrupt cuts the stopping short: it ends by itself."""
    try:
        yield
    finally:
        for number in _STOPS:
            signal.signal(number, signal.SIG_IGN)


def _end_leftovers(before: Running | None) -> None:
    """End what a killed `up` left, where its keeper was killed as well."""
    for process in reversed(before.services if before else ()):
        if found := process.found():
            end(found)
