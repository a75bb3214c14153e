"""What `forecastle up` costs, and a scheduled forecast by the champion beside its own work.

    python -m benchmarks.overhead
    python -m benchmarks.overhead --runs 9

Starts the real thing in a scratch home folder: once new, where both databases are made and a
champion is trained, and once used, where the deployment `forecast-weather` runs by its schedule
some times. Its own work is to fetch, to forecast, to judge and to write its report; all else from
the moment it was due to its end is overhead. The worker starts the process ten seconds before that
moment. Times of runs are medians. Memory is proportional: what processes share is divided among
them. CPU seconds are those of all processes, also where they have ended.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
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
TRAIN = ("retrain", "weather", "--models", "naive,ridge")
COLD = ("--help", "status", "doctor", "champion show weather", "forecast weather --champion")

Row = dict[str, float]


def main() -> None:
    """Measure a new home, a used one and runs in it; print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="scheduled runs, whose median is given")
    add_json(parser)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Path(scratch), options.runs)
    print(as_text(figures))
    write(options.json, figures)


def measure(home: Path, count: int) -> dict[str, Any]:
    """Starts, memory in MB, and the parts of each run in seconds."""
    with up(home) as new:
        call(home, TRAIN)
    entry = {"params": {"champion": True}, "every": EVERY}
    plan = {"forecasts": {"weather": entry}}
    (home / "forecastle.yaml").write_text(json.dumps(plan), encoding="utf-8")
    with up(home) as used:
        idle = used.memory()
        runs, most = used.watched(lambda: scheduled(used.served, count))
        cold = {words: call(home, words.split()) for words in COLD}
    ready = {"new home": new.ready, "used home": used.ready}
    return {"ready": ready, "idle": idle, "under a run": most, "runs": runs, "cold": cold}


@dataclass(frozen=True)
class Up:
    """A `forecastle up` that is ready."""

    process: psutil.Process
    served: Running
    ready: Row

    def memory(self) -> Row:
        """MB of each service, and of the runs that the worker has started."""
        names = {one.pid: one.name for one in self.served.processes}
        found = dict.fromkeys([*names.values(), "run"], 0.0)
        for one in tree(self.process):
            with suppress(psutil.Error):
                found[names.get(one.pid, "run")] += one.memory_full_info().pss / 1e6
        return found

    def watched(self, block: Callable[[], list[Row]]) -> tuple[list[Row], Row]:
        """What a function returns, and the most memory in use meanwhile."""
        seen, done = [self.memory()], threading.Event()

        def watch() -> None:
            while not done.wait(0.25):
                seen.append(self.memory())

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            found = block()
        finally:
            done.set()
            thread.join()
        return found, max(seen, key=lambda row: sum(row.values()))


@contextmanager
def up(home: Path) -> Iterator[Up]:
    """`forecastle up`, ready; stopped with all that it started at the end of the block."""
    begun = time.monotonic()
    started = subprocess.Popen(
        [*COMMAND, "up"],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    process = psutil.Process(started.pid)
    try:
        while (served := running(home.resolve())) is None:
            if started.poll() is not None:
                raise RuntimeError(f"forecastle up has ended with {started.returncode}")
            time.sleep(0.05)
        yield Up(process, served, {"s": time.monotonic() - begun, "CPU s": cpu(process)})
    finally:
        started.send_signal(signal.SIGTERM)
        started.wait()


def environment(home: Path) -> dict[str, str]:
    """What a command of this home is told; no server of another one."""
    others = ("PREFECT_API_URL", "MLFLOW_TRACKING_URI")
    own = {name: value for name, value in os.environ.items() if name not in others}
    return own | {"FORECASTLE_HOME": str(home), "PREFECT_HOME": str(home / "prefect")}


def tree(process: psutil.Process) -> list[psutil.Process]:
    """A process and all that it has started."""
    return [process, *process.children(recursive=True)]


def cpu(process: psutil.Process) -> float:
    """Seconds of a process and of all that it has started, also where that has ended."""
    return sum(sum(one.cpu_times()[:4]) for one in tree(process))


def call(home: Path, words: Iterable[str]) -> float:
    """CPU seconds of a command of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([*COMMAND, *words], env=environment(home), stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def scheduled(served: Running, count: int) -> list[Row]:
    """The parts of the first runs that the schedule has made, in seconds."""
    done: list[dict[str, Any]] = []
    while len(done) < count:
        time.sleep(1)
        question = {
            "sort": "START_TIME_ASC",
            "flow_runs": {"state": {"name": {"any_": ["Completed"]}}},
        }
        with suppress(TimeoutError):  # of a server that has more to do
            found = asked(f"{served.prefect}/api/flow_runs/filter", question)
            done = [run for run in found if run["auto_scheduled"] and _worked(run)]
    return [parts(served, run) for run in done[:count]]


def _worked(run: dict[str, Any]) -> bool:
    """Whether it did anything: of runs that are late together, only the last one does."""
    return "Nothing to do" not in (run["state"]["message"] or "")


def parts(served: Running, run: dict[str, Any]) -> Row:
    """Where the time of a run has gone, from the moment it was due."""
    states = _got(f"{served.prefect}/api/flow_run_states/?flow_run_id={run['id']}")
    at = {state["name"]: seconds(state["timestamp"]) for state in states}
    due, begun, ended = seconds(run["expected_start_time"]), at["Running"], at["Completed"]
    tasks = _tasks(served, run["id"])
    work = sum(tasks.pop(name, 0.0) for name in WORK)
    return {
        "its start: worker, process, imports": max(begun - due, 0.0),
        **{f"its {told}": tasks.get(name, 0.0) for name, told in REST.items()},
        "between its tasks: Prefect, opening MLflow's run": ended
        - begun
        - work
        - sum(tasks.values()),
        "overhead in all": ended - due - work,
        "its own work": work,
        "from pick-up to start, in all": begun - at["Pending"],
    }


def _tasks(served: Running, run: str) -> Row:
    """Task -> seconds; the server learns of the last one a little later than of the run's end."""
    question = {"flow_runs": {"id": {"any_": [run]}}}
    while True:
        found = asked(f"{served.prefect}/api/task_runs/filter", question)
        if found and all(task["end_time"] for task in found):
            return {task["name"].rpartition("-")[0]: _lasted(task) for task in found}
        time.sleep(0.5)


def _lasted(task: dict[str, Any]) -> float:
    return seconds(task["end_time"]) - seconds(task["start_time"])


def _got(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def seconds(stamp: str) -> float:
    """Since 1970."""
    return datetime.fromisoformat(stamp).timestamp()


def as_text(figures: dict[str, Any]) -> str:
    """The tables, in Markdown."""
    lines = ["| forecastle up | ready after, s | CPU s |", "|---|---|---|"]
    lines += [f"| {k} | {v['s']:.1f} | {v['CPU s']:.1f} |" for k, v in figures["ready"].items()]
    lines += ["", "| Memory, MB | idle | under a run |", "|---|---|---|"]
    idle, most = figures["idle"], figures["under a run"]
    lines += [f"| {name} | {idle[name]:.0f} | {most[name]:.0f} |" for name in most]
    lines.append(f"| in all | {sum(idle.values()):.0f} | {sum(most.values()):.0f} |")
    lines += ["", "| A scheduled forecast by the champion | s |", "|---|---|"]
    for name in figures["runs"][0]:
        lines.append(f"| {name} | {median(run[name] for run in figures['runs']):.2f} |")
    lines += ["", "| Command | CPU s |", "|---|---|"]
    lines += [f"| forecastle {words} | {took:.1f} |" for words, took in figures["cold"].items()]
    return "\n".join(lines)


if __name__ == "__main__":
    ending(main)
