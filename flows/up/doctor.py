"""What `forecastle doctor` looks at: each check says what it found, and how to mend a fault.

Exit code 1 where there is a fault. A note is worth knowing and stops nothing.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any, Literal

from features.errors import UserError
from flows.settings import Settings
from flows.up.running import last, running
from flows.up.services import PORTS, answers, free_port
from flows.urls import without_password

_LEAST = 1e9
"""Bytes of disk below which a run may fail half-way."""
_SKEW = 300.0
"""Seconds that what is stored may be ahead of the clock."""
State = Literal["good", "note", "fault"]


@dataclass(frozen=True)
class Check:
    """What was looked at, and what there is to do about it."""

    name: str
    state: State
    found: str
    mend: str = ""


def examine() -> list[Check]:
    """Every check of this installation and its home folder."""
    settings = Settings()
    return [check for look in CHECKS for check in look(settings)]


def versions(settings: Settings) -> Iterator[Check]:
    """Every package that is needed, within its limits."""
    from packaging.requirements import Requirement

    try:
        needed = [Requirement(line) for line in requires("forecastle") or []]
    except PackageNotFoundError:
        yield Check("versions", "fault", "forecastle is not installed", "run pip install -e .")
        return
    wrong = []
    for one in needed:
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        have = _version(one.name)
        if have is None or not one.specifier.contains(have, prereleases=True):
            wrong.append(f"{one.name}{one.specifier} (installed: {have or 'none'})")
    if wrong:
        found = f"not as needed: {', '.join(wrong)}"
        yield Check("versions", "fault", found, "run pip install with constraints.txt")
    else:
        yield Check("versions", "good", f"{len(needed)} requirements are met")


def home(settings: Settings) -> Iterator[Check]:
    """The home folder can be written, and the disk has room."""
    folder = settings.home.resolve()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        yield Check("home", "good", f"{folder} can be written")
    except OSError as error:
        found = f"{folder} cannot be written ({error.strerror})"
        yield Check("home", "fault", found, "give it to this user, or name another with --home")
    free = shutil.disk_usage(there).free
    told = f"{free / 1e9:.1f} GB are free"
    if free < _LEAST:
        yield Check("disk", "fault", told, f"make room: {_LEAST / 1e9:.0f} GB are needed")
    else:
        yield Check("disk", "good", told)


def clock(settings: Settings) -> Iterator[Check]:
    """Nothing that is stored is of a time to come."""
    now = datetime.now(UTC)
    files = (f for f in settings.home.glob("*") if f.is_file())
    newest = max((f.stat().st_mtime for f in files), default=0.0)
    if newest > now.timestamp() + _SKEW:
        found = f"it is {now:%Y-%m-%d %H:%M} UTC, and a file of the home folder is of later"
        yield Check("clock", "fault", found, "set the system's clock, as with timedatectl")
    else:
        yield Check("clock", "good", f"{now:%Y-%m-%d %H:%M} UTC")


def plan(settings: Settings) -> Iterator[Check]:
    """`forecastle.yaml` can be used."""
    from flows.deployments.plan import FILE, read_plan

    try:
        names = list(read_plan(settings.home).forecasts)
    except UserError as error:
        yield Check(
            "schedules", "fault", str(error), f"correct {FILE}; docs/operations.md tells how"
        )
        return
    yield Check("schedules", "good", f"{', '.join(names) or 'none'} in {FILE}")


def store(settings: Settings) -> Iterator[Check]:
    """The store of live data can be read."""
    from features.store import shelves

    try:
        series = sum(len(shelf.covered()) for shelf in shelves(settings.store))
        yield Check("store", "good", f"{series} live series")
    except (UserError, OSError, ValueError) as error:
        yield Check("store", "fault", str(error), "run forecastle data verify")


def ledger(settings: Settings) -> Iterator[Check]:
    """The ledger opens; one that is not there yet is not made."""
    from flows.ledger import Ledger

    path = settings.ledger.removeprefix("sqlite:///")
    if settings.ledger.startswith("sqlite") and not Path(path).exists():
        yield Check("ledger", "good", "not begun yet")
        return
    try:
        Ledger(settings.ledger)
        yield Check("ledger", "good", "opens")
    except UserError as error:
        yield Check("ledger", "fault", str(error), "mend the database, or restore a copy of it")


def databases(settings: Settings) -> Iterator[Check]:
    """The files of MLflow and Prefect are databases, and whole."""
    files = {"MLflow": "mlflow.db", "Prefect": "prefect/prefect.db"}
    for name, file in files.items():
        path = settings.home.resolve() / file
        if not path.exists():
            yield Check(name, "good", "not begun yet")
            continue
        try:
            with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
                (told,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.Error as error:
            told = str(error)
        if told == "ok":
            yield Check(name, "good", f"{path.name} is whole, {path.stat().st_size / 1e6:.1f} MB")
        else:
            mend = "stop forecastle up and move the file away: a new one is made, and the results"
            yield Check(name, "fault", f"{path}: {told}", f"{mend} in runs stay")


def servers(settings: Settings) -> Iterator[Check]:
    """Servers that are named answer, or those of `up`; where none is to run, ports are free."""
    folder = settings.home.resolve()
    if served := _served(settings):
        for name, (url, mend) in served.items():
            if answers(url):
                yield Check(f"{name} server", "good", f"{url} answers")
            else:
                yield Check(f"{name} server", "fault", f"{url} does not answer", mend)
        return
    if found := last(folder):
        left = [process.name for process in found.services if process.alive]
        if left and not found.alive:
            told = f"{', '.join(left)} outlived their forecastle up"
            yield Check("processes", "fault", told, "start forecastle up: it ends them first")
    for name, port in PORTS.items():
        taken = free_port([port]) != port
        told = f"{port} is {'taken: another will be used' if taken else 'free'}"
        yield Check(f"port of {name}", "note" if taken else "good", told)


def _served(settings: Settings) -> dict[str, tuple[str, str]]:
    """Name -> where a server tells of its health, and how to mend it."""
    folder, told = settings.home.resolve(), "start it, or change"
    found = running(folder)
    mend = f"see {folder / 'logs'}, then stop and start forecastle up"
    urls = {"Prefect": (f"{found.prefect}/api/health", mend)} if found else {}
    if found:
        urls["MLflow"] = (f"{found.mlflow}/health", mend)
    if prefect := os.environ.get("PREFECT_API_URL"):
        urls["Prefect"] = (f"{without_password(prefect)}/health", f"{told} PREFECT_API_URL")
    if (mlflow := settings.mlflow_tracking_uri or "").startswith("http"):
        urls["MLflow"] = (f"{without_password(mlflow)}/health", f"{told} MLFLOW_TRACKING_URI")
    return urls


def stale(settings: Settings) -> Iterator[Check]:
    """No run is told as running whose process is gone."""
    from flows.up.status import look

    try:
        names = _stale_in_mlflow(settings)
    except UserError as error:
        yield Check(
            "MLflow store",
            "fault",
            str(error),
            "mend it, or change MLFLOW_TRACKING_URI"
            if settings.mlflow_tracking_uri
            else "stop forecastle up and move mlflow.db away: the results in runs stay",
        )
        return
    found = running(settings.home.resolve())
    if found is not None:
        names += [run["run"] for run in look(settings.home.resolve())["stale"]]
    if names:
        told = f"{', '.join(names)}: said to run, but their processes are gone"
        mend = (
            "start forecastle up again for Prefect's; the next run of its experiment for MLflow's"
        )
        yield Check("stale runs", "note", told, mend)
    else:
        yield Check("stale runs", "good", "none")


def _stale_in_mlflow(settings: Settings) -> list[str]:
    local = settings.home.resolve() / "mlflow.db"
    if settings.mlflow_tracking_uri is None and not local.exists():
        return []
    uri = settings.tracking_uri
    if uri.startswith("http") and not answers(f"{without_password(uri)}/health"):
        return []  # told of already; MLflow would ask for minutes
    from mlflow.exceptions import MlflowException
    from mlflow.tracking import MlflowClient
    from sqlalchemy.exc import SQLAlchemyError

    from flows.tracking.runs import left_behind

    try:
        client = MlflowClient(settings.tracking_uri)
        experiments = [one.experiment_id for one in client.search_experiments()]
        runs = client.search_runs(experiments, "attributes.status = 'RUNNING'")
    except (MlflowException, SQLAlchemyError) as error:
        raise UserError(f"cannot be opened ({str(error).splitlines()[0][:160]})") from error
    return [str(run.info.run_name) for run in runs if left_behind(run.data.tags)]


CHECKS: tuple[Callable[[Settings], Iterator[Check]], ...] = (
    *(versions, home, clock, plan, store, ledger, databases, servers, stale),
)


def rows(found: list[Check]) -> list[dict[str, Any]]:
    """The checks for scripts."""
    return [asdict(check) for check in found]


def as_text(found: list[Check]) -> str:
    """The checks for people, in 80 columns: a line each, and how to mend it below."""
    lines = []
    for check in found:
        head = f"{check.name:<16}{check.state:<7}"
        lines.append(_filled(f"{head}{check.found}"))
        if check.mend:
            lines.append(_filled(f"{'':<23}to mend it: {check.mend}"))
    faults = sum(check.state == "fault" for check in found)
    return "\n".join([*lines, "", f"{faults} faults" if faults else "Nothing is wrong."])


def _filled(line: str) -> str:
    return textwrap.fill(
        line, 80, subsequent_indent=" " * 23, break_on_hyphens=False, break_long_words=False
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
