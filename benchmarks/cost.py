"""What training and backtesting cost as series grow longer and more numerous.

    python -m benchmarks.cost
    python -m benchmarks.cost --large

Simulated data; every size runs in a process of its own, so that its peak of resident memory is its
own. Given are the seconds of an epoch (every training row, then every validation origin), the
seconds of a backtest over every test origin, and the memory above the base: what the same process
held at most after a first run on very little data. An exponent b says that cost grows as size^b, by
least squares on logarithms; 1 is linear. `--large` shows one size alone, 10,000 series of 5,000
steps: some batches, a validation at every origin, a backtest from one origin a day.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import waves
from benchmarks.record import add_json, ending, write
from evaluation.backtest import backtest
from features.lens import Lens
from features.normalize import Scaling
from features.panel import Panel
from features.splits import Split
from models.forecaster import NetworkForecaster, forecasting_task
from models.settings import NetworkSettings, TrainingSettings
from models.training import train

HORIZON = 24
SMALL = 400
"""Steps of each of the two series of the first run."""

Row = dict[str, float]


@dataclass(frozen=True)
class Size:
    """One row of the table."""

    series: int
    steps: int
    epochs: int = 3
    """The quickest counts."""
    batches: int | None = None
    """Most batches of an epoch; None takes all."""
    stride: int = 1
    """Steps between two origins of the backtest."""


LARGE = Size(10_000, 5_000, epochs=1, batches=100, stride=HORIZON)


def run(size: Size) -> Row:
    """Seconds of an epoch and of a backtest."""
    panel = waves(size.series, size.steps)
    split = Split.by_share(size.steps)
    forecaster = NetworkForecaster(
        "lstm",
        "direct",
        HORIZON,
        NetworkSettings(hidden=32, look_back=48),
        TrainingSettings(epochs=size.epochs, patience=size.epochs, device="cpu"),
        ids=panel.ids,
    )
    trained = fit(forecaster, panel, split, size.batches)
    begun = time.perf_counter()
    backtest([forecaster], panel, split.origins("test", HORIZON, size.stride))
    return {**trained, "backtest": time.perf_counter() - begun}


def fit(forecaster: NetworkForecaster, panel: Panel, split: Split, most: int | None) -> Row:
    """`forecaster.fit`, where an epoch has at most so many batches; the quickest epoch."""
    forecaster.lens = Lens.fit(panel, split.train, Scaling(), HORIZON)
    signal = forecaster.lens.signal(panel.until(split.validation.stop - 1))
    forecaster.net = forecaster.make(signal)
    task = forecasting_task(forecaster.net, signal, split, forecaster.training)
    some = replace(
        task,
        steps=min(task.steps, most or task.steps),
        batches=lambda epoch, generator: islice(task.batches(epoch, generator), most),
    )
    epochs = train(forecaster.net, some, forecaster.training)
    return {"batches": some.steps, "epoch": min(epoch.seconds for epoch in epochs)}


def measure(size: Size) -> Row:
    """Seconds and MiB of one size, by the process that is asked."""
    run(Size(2, SMALL))  # what the libraries load and keep at their first use
    base = peak()
    row = run(size)
    return {"series": size.series, "steps": size.steps, **row, "base": base, "above": peak() - base}


def peak() -> float:
    """MiB of resident memory that this process held at most."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage begins with the peak of the process that started this one
        return int(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text())[0]) / 2**10
    unit = 2**20 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def apart(size: Size) -> Row:
    """`measure` in a fresh process."""
    asked = json.dumps(vars(size))
    command = [sys.executable, "-m", "benchmarks.cost", "--one", asked]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def exponent(rows: Sequence[Row], size: str, cost: str) -> float:
    """The slope of log cost on log size; cost is at least a millisecond or a KiB."""
    x, y = ([max(row[key], 1e-3) for row in rows] for key in (size, cost))
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def grown(
    sizes: Sequence[Size], by: str, measured: Callable[[Size], Row] = apart
) -> tuple[list[Row], Row]:
    """Rows of all sizes, and the exponents of each cost in `by`; printed on the way."""
    print(
        f"\n{'series':>8}{'steps':>8}{'epoch s':>10}{'backtest s':>12}{'MiB above':>11}{'base':>7}"
    )
    rows = []
    for size in sizes:
        rows.append(measured(size))
        print(line(rows[-1]), flush=True)
    exponents = {cost: exponent(rows, by, cost) for cost in ("epoch", "backtest", "above")}
    print(f"{'exponent in ' + by:>16}{exponents['epoch']:>10.2f}", end="")
    print(f"{exponents['backtest']:>12.2f}{exponents['above']:>11.2f}")
    return rows, exponents


def line(row: Row) -> str:
    """One size as text."""
    size = f"{row['series']:>8,.0f}{row['steps']:>8,.0f}"
    cost = f"{row['epoch']:>10.2f}{row['backtest']:>12.2f}{row['above']:>11,.0f}"
    return f"{size}{cost}{row['base']:>7,.0f}"


def table(series: int, steps: int) -> dict[str, Any]:
    """Both tables: × 1, 4, 16 steps, then × 1, 10, 100 series."""
    longer = grown([Size(series, steps * k) for k in (1, 4, 16)], "steps")
    more = grown([Size(series * k, steps) for k in (1, 10, 100)], "series")
    return {
        name: {"rows": rows, "exponents": exponents}
        for name, (rows, exponents) in (("steps", longer), ("series", more))
    }


def large(size: Size) -> Row:
    """The one size alone."""
    row = apart(size)
    total = (row["base"] + row["above"]) / 2**10
    print(
        f"{size.series:,} series × {size.steps:,} steps: {row['batches']:.0f} batches and a "
        f"validation at every origin in {row['epoch']:.0f} s, a backtest in {row['backtest']:.0f} "
        f"s; peak {total:.2f} GiB, {row['base'] / 2**10:.2f} GiB of it the base"
    )
    return row


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--series", type=int, default=20, help="series of the smallest size")
    p.add_argument("--steps", type=int, default=1000, help="steps of the smallest size")
    p.add_argument("--large", action="store_true", help="10,000 series of 5,000 steps alone")
    p.add_argument("--one", type=json.loads, help=argparse.SUPPRESS)
    add_json(p)
    return p


def main() -> None:
    """Print the tables."""
    options = parser().parse_args()
    if options.one:
        print(json.dumps(measure(Size(**options.one))))
        return
    figures = large(LARGE) if options.large else table(options.series, options.steps)
    write(options.json, figures)


if __name__ == "__main__":
    ending(main)
