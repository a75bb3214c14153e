"""What it costs to fan refits out as Prefect tasks: 64 units of work on every task runner.

    python -m benchmarks.fanout

The weather sample, gru-direct and ridge, 32 folds each. `bare` is the loop over them in one process
without Prefect. Every row runs in a process of its own; start is what passes until the first unit
can be sent. CPU is that of the run and of all its processes, without Prefect's server. A digest of
all forecasts is printed: it has to be the same in every row.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psutil

from benchmarks.record import add_json, ending, write

ROWS = ("bare", "threads 2", "dask 1", "dask 2", "ray 1", "ray 2")
UNITS = 64


def measure(row: str, home: Path) -> dict[str, Any]:
    """Seconds, CPU seconds and digest of one row, by the process that is asked."""
    from flows import steps
    from flows.candidates import candidates_of
    from flows.fanout import refits
    from flows.fanout.units import fanned_out
    from flows.parameters import BacktestParameters
    from flows.settings import Settings
    from flows.up.temporary_server import start_server

    given = {"source": "weather", "horizon": 7, "models": ["ridge", "gru-direct"]}
    network = {"hidden": 16, "look_back": 28}
    small = {"training": {"epochs": 12, "device": "cpu"}, "network": network}
    p = BacktestParameters.model_validate(given | small | {"refit_every": 9})
    fetched = steps.fetch_data(p)
    p = steps.settle(p, fetched)
    panel = steps.panel_of(fetched, p)
    folds = steps.folds_of(steps.split_of(panel, p), p)[: UNITS // 2]
    assert len(folds) == UNITS // 2, len(folds)
    runner, _, workers = row.partition(" ")
    if runner != "bare":
        start_server()
    told = {"task_runner": runner, "workers": int(workers)} if workers else {}
    settings = Settings(home=home, **told)
    candidates = candidates_of(p, panel.calendar.season, settings.checkpoints)
    before, begun = cpu(), time.perf_counter()
    with fanned_out(settings, panel) if workers else nullcontext() as fan_out:
        ready = time.perf_counter()
        executor = fan_out.named(lambda _, f, *__: f"refit {f.name}") if fan_out else None
        shared = fan_out.panel if fan_out else None
        found = refits.refit(candidates, panel, folds, p, executor, shared=shared)
        used = cpu() - before  # while all of its processes are there
    ended = time.perf_counter()
    digest = hashlib.sha256()
    for name, forecasts in sorted(found.forecasts.items()):
        digest.update(name.encode() + forecasts.tobytes())
    return {
        "row": row,
        "start": ready - begun,
        "wall": ended - begun,
        "cpu": used,
        "digest": digest.hexdigest()[:16],
    }


def cpu() -> float:
    """CPU seconds so far of this process and of those that it has started and that are there."""
    me = psutil.Process()
    every = [me, *me.children(recursive=True)]
    return sum(sum(one.cpu_times()[:2]) for one in every if not is_server(one))


def is_server(process: psutil.Process) -> bool:
    """Whether it is Prefect's."""
    return "prefect.server" in " ".join(process.cmdline())


def apart(row: str) -> dict[str, Any]:
    """`measure` in a fresh process, with a home folder of its own."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        quiet = {"PREFECT_HOME": f"{home}/prefect", "PREFECT_LOGGING_LEVEL": "CRITICAL"}
        quiet |= {"PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
        words = [sys.executable, "-m", "benchmarks.fanout", "--one", row, "--home", home]
        asked = subprocess.run(words, env=os.environ | quiet, stdout=subprocess.PIPE, check=True)
    return json.loads(asked.stdout.splitlines()[-1])


def table(rows: tuple[str, ...]) -> list[dict[str, Any]]:
    """All rows, printed as they come; overhead is CPU beyond the bare loop, a unit."""
    print(f"{'':<12}{'start s':>9}{'wall s':>9}{'CPU s':>9}{'ms a unit':>11}  digest")
    found: list[dict[str, Any]] = []
    for row in rows:
        one = apart(row)
        found.append(one)
        one["overhead"] = 1000 * (one["cpu"] - found[0]["cpu"]) / UNITS
        figures = f"{one['start']:>9.1f}{one['wall']:>9.1f}{one['cpu']:>9.1f}"
        print(f"{row:<12}{figures}{one['overhead']:>11.0f}  {one['digest']}", flush=True)
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--one", help=argparse.SUPPRESS)
    p.add_argument("--home", type=Path, help=argparse.SUPPRESS)
    add_json(p)
    return p


def main() -> None:
    """Print the table."""
    options = parser().parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.home)))
        return
    write(options.json, {"rows": table(ROWS)})


if __name__ == "__main__":
    ending(main)
