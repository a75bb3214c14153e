"""What `forecastle up` costs, and a scheduled forecast by an unchanged champion beside its own work.

    python -m benchmarks.overhead
    python -m benchmarks.overhead --runs 9

Starts the real thing in a scratch home folder: once new, where both databases are made and a
champion is trained, and once used, where the deployment `forecast-weather` runs by its schedule
some times. Its own work is to fetch, to forecast, to judge and to write its report; all else from
the moment it was due to its end is overhead. Times of runs are medians, memory is proportional
(PSS: what processes share is divided among them), and CPU seconds are those of all processes until
`up` was ready.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from benchmarks.record import add_json, ending, write
from flows.up.running import Running, running
from flows.up.services import asked

COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]
WORK = ("fetch", "validate", "follow_up", "backtest", "look_ahead", "report")
"""Tasks that are a forecast's own work."""
REST = {"reigning": "registry", "log": "MLflow", "issue": "ledger"}
"""The other tasks, and what they are called here."""
EVERY = 30
"""Seconds between two runs."""
SETTLED = 5.0
"""Seconds after its start in which `up` comes to rest."""

Row = dict[str, float]


def main() -> None:
    """Measure a new home, a used one, and runs in it; print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="scheduled runs; their median is given")
    add_json(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch) / "home", options.runs)
    print(as_text(figures))
    write(options.json, figures)


def measure(home: Path, count: int) -> dict[str, Any]:
    """Starts, memory in MB, and the parts of each run in seconds."""
    with up(home) as new:
        subprocess.run([*COMMAND, *TRAIN], env=environment(home), cwd=home, check=True, stdout=2)
    plan = {"weather": {"params": {"champion": True}, "every": EVERY}}
    (home / "forecastle.yaml").write_text(json.dumps({"forecasts": plan}), encoding="utf-8")
    with up(home) as used:
        time.sleep(SETTLED)
        idle = used.memory()
        with used.watched() as peak:
            runs = scheduled(used.served, count)
    return {
        "ready": {"new": new.ready, "used": used.ready},
        "idle": idle,
        "peak": peak.most,
        "runs": runs,
    }


TRAIN = ("retrain", "weather", "--models", "naive,ridge")


@dataclass
class Peak:
    """The most memory seen, by process."""

    most: Row = field(default_factory=dict)

    def see(self, now: Row) -> None:
        """Keep what is more in all."""
        self.most = max(self.most, now, key=lambda row: sum(row.values()))


@dataclass
class Up:
    """A running `forecastle up`."""

    process: psutil.Process
    served: Running
    ready: Row

    def memory(self) -> Row:
        """MB of each service with all that it started."""
        own = {one.pid: one.name for one in self.served.processes}
        found = dict.fromkeys([*own.values(), "run"], 0.0)
        for one in [self.process, *self.process.children(recursive=True)]:
            with suppress(psutil.Error):
                name = own.get(one.pid) or ("mlflow" if "mlflow" in one.name_line else "run")
                found[name] += one.memory_full_info().pss / 1e6
        return found

    @contextmanager
    def watched(self) -> Iterator[Peak]:
        """The most memory that is in use within the block."""
        peak, done = Peak(), threading.Event()

        def watch() -> None:
            while not done.wait(0.25):
                peak.see(self.memory())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield peak
        finally:
            done.set()
            thread.join()
