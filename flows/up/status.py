"""What `forecastle status` says: what runs, what is next, how the last runs went, what is stale."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from features.errors import UserError
from flows.processes import gone
from flows.up.running import Running, last
from flows.up.services import asked
from flows.up.stale import RUNNING

SHOWN = 8
"""Runs of each kind that are shown."""
WIDTH = 80
_NAME = 18
_STATES = {"AwaitingConcurrencySlot": "waits for another", "Scheduled": ""}
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def look(home: Path) -> dict[str, Any]:
    """Everything there is to say, fit for JSON. Times are in UTC.

    Raises:
        UserError: what should run does not answer.
    """
    found = last(home)
    told: dict[str, Any] = {"home": str(home), "running": bool(found and found.alive)}
    told["ready"] = bool(found and found.alive and found.ready)
    told["services"] = list(_services(found)) if found and found.alive else []
    if found is None or not told["ready"]:
        return told | {"prefect": None, "mlflow": None, "next": [], "last": [], "stale": []}
    try:
        runs = _runs(f"{found.prefect}/api")
    except OSError as error:
        raise UserError(
            f"the Prefect server at {found.prefect} does not answer ({error}), expected it to run; "
            f"see {home / 'logs'}, then stop and start forecastle up"
        ) from error
    return told | {"prefect": found.prefect, "mlflow": found.mlflow} | runs


def _services(found: Running) -> Iterator[dict[str, Any]]:
    for process in found.processes:
        there = process.found()
        memory = 0
        if there is not None:
            own = process.name in ("up", "keeper")  # what these have started has lines of its own
            tree = [there] if own else [there, *there.children(recursive=True)]
            memory = sum(one.memory_info().rss for one in tree)
        state = "running" if there else "ended"
        yield {"name": process.name, "pid": process.pid, "state": state, "bytes": memory}


def _runs(api: str) -> dict[str, Any]:
    names = {one["id"]: one["name"] for one in asked(f"{api}/deployments/filter", {})}
    due = _filtered(api, names, ("SCHEDULED",), "EXPECTED_START_TIME_ASC")
    done = _filtered(api, names, (*_ENDED, *RUNNING), "START_TIME_DESC")
    under_way = _filtered(api, names, RUNNING, "START_TIME_DESC", 200)
    return {"next": due, "last": done, "stale": [run for run in under_way if _stale(run)]}


def _filtered(
    api: str, names: dict[str, str], states: tuple[str, ...], order: str, most: int = SHOWN
) -> list[dict[str, Any]]:
    question: dict[str, Any] = {"sort": order, "limit": most}
    question |= {"flow_runs": {"state": {"type": {"any_": list(states)}}}}
    return [
        {
            "run": run["name"],
            "deployment": names.get(run["deployment_id"], "command line"),
            "state": _STATES.get(run["state_name"], run["state_name"].lower()),
            "message": (run["state"] or {}).get("message") or "",
            "due": run["expected_start_time"],
            "begun": run["start_time"],
            "seconds": run["total_run_time"],
            "process": run["infrastructure_pid"],
        }
        for run in asked(f"{api}/flow_runs/filter", question)
    ]


def _stale(run: dict[str, Any]) -> bool:
    begun = datetime.fromisoformat(run["begun"] or run["due"])
    return gone(run["process"], begun.timestamp())


def as_text(told: dict[str, Any]) -> str:
    """The same for people, in 80 columns."""
    if not told["running"]:
        return _wrapped(f"Nothing runs in {told['home']}; start it with forecastle up.")
    lines = [
        f"{one['name']:<{_NAME}}{one['state']:<10}process {one['pid']:<9}"
        f"{one['bytes'] / 1e6:>7.0f} MB"
        for one in told["services"]
    ]
    if not told["ready"]:
        return "\n".join([*lines, "", "It is starting."])
    urls = [f"{name:<{_NAME}}{told[name.lower()]}" for name in ("Prefect", "MLflow")]
    lines = [*urls, "", *lines]
    lines += ["", "Next (UTC)", *(_due(run) for run in told["next"])]
    lines += [] if told["next"] else ["  nothing has a schedule; see docs/operations.md"]
    lines += ["", "Last (UTC)", *(_done(run) for run in told["last"])]
    lines += [] if told["last"] else ["  nothing has run yet"]
    if told["stale"]:
        lines += ["", "Stale: the process is gone. A new start of forecastle up marks them."]
        lines += [f"  {run['deployment']:<{_NAME}}  {run['run']}" for run in told["stale"]]
    return "\n".join(lines)


def _due(run: dict[str, Any]) -> str:
    return _cut(f"  {_short(run['deployment'])}  {_clock(run['due'])}  {run['state']}".rstrip())


def _done(run: dict[str, Any]) -> str:
    line = f"  {_short(run['deployment'])}  {_clock(run['begun'])}  {run['state']:<9}"
    line += f" {run['seconds']:>6.0f} s"
    return _cut(f"{line}  {run['message']}".rstrip())


def _short(name: str) -> str:
    cut = name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"
    return f"{cut:<{_NAME}}"


def _clock(stamp: str | None) -> str:
    return f"{datetime.fromisoformat(stamp):%Y-%m-%d %H:%M:%S}" if stamp else f"{'':19}"


def _cut(line: str) -> str:
    line = " ".join(line.splitlines())
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"


def _wrapped(text: str) -> str:
    return textwrap.fill(text, WIDTH, break_on_hyphens=False, break_long_words=False)
