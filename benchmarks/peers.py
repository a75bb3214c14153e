"""One pass beside neuralforecast and darts: speed, memory and time to the same error.

    pip install -c constraints.txt -e '.[bench]'
    python -m benchmarks.peers [--data DIR] [--cell lstm] [--json FILE]

All do the same job: the 7 series of ETTh1 (simulated ones without `--data`), standardised before,
look-back 96, horizon 24 at once, LSTM or GRU with hidden 64 × 2 and a linear head, Adam, absolute
error, float32, no covariates, on the CPU with the same number of threads; glibc keeps freed memory
for each of them (`models.training.keep_freed_memory`).

- Training: origins with targets a second, by the median step of the library's own loop, at the
  batch of `BATCHES` that gives a side the most. Every series is there 16 times for Forecastle, or
  its rows would be too few for the larger ones; windows never are, and more series slow them down.
  Forecastle's default batch, on the series as they are, is in a line of its own.
- Backtest: origins a second over every origin of the series, through the library's own call, the
  peers with batches of 1024.
- Memory: peak resident memory of a fresh process that trains at that batch and then backtests, in
  MiB, and what it held after its imports.
- Time to the same error: `benchmarks.race`, batches of 256 windows; no test origin is read.

Sides take turns in every round; figures are medians over rounds. Ratios are medians of the rounds'
own. The better peer is the one with the smaller ratio.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from importlib.util import find_spec
from statistics import median
from typing import Any

import psutil
import torch

from benchmarks.cost import peak
from benchmarks.data import add_data, read
from benchmarks.race import add_race, race, told
from benchmarks.rates import backtest_rate, training_rate
from benchmarks.record import add_json, ending, write
from benchmarks.rivals import RIVALS
from benchmarks.sides import (
    HIDDEN,
    HORIZON,
    LAYERS,
    LOOK_BACK,
    OURS,
    OnePass,
    Side,
    copied,
    segmented,
)
from features.errors import UserError
from features.panel import Panel
from features.splits import Split
from models.settings import Cell, TrainingSettings
from models.training import keep_freed_memory

Batch = tuple[int, int]
"""Rows, and origins that each is learned from; a window is a row of one origin."""

BATCHES: dict[str, tuple[Batch, ...]] = {
    OURS: ((64, 64), (128, 64)),
    **dict.fromkeys(RIVALS, ((256, 1), (1024, 1))),
}
DEFAULT: dict[str, Batch] = {
    OURS: (TrainingSettings.batch_rows, TrainingSettings.chunk_origins),
    **dict.fromkeys(RIVALS, (256, 1)),
}
"""With which a side races."""
STEPS = 20
"""Training steps in a measurement."""


def make(name: str, panel: Panel, split: Split, cell: Cell, batch: Batch) -> Side:
    """A side by its name."""
    rows, origins = batch
    if name in RIVALS:
        return RIVALS[name](panel, split, cell, rows)
    settings = TrainingSettings(batch_rows=rows, chunk_origins=origins, device="cpu")
    return OnePass(panel, split, cell, settings)


def measure(cell: Cell, panel: Panel, split: Split, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one cell."""
    names = (OURS, *RIVALS)
    filled = {name: copied(panel) if name == OURS else panel for name in names}
    batches = {name: fastest(name, filled[name], split, cell) for name in names}
    learners = {name: make(name, filled[name], split, cell, batches[name]) for name in names}
    sides = {**learners, OURS: make(OURS, panel, split, cell, DEFAULT[OURS])}
    rounds = [
        {n: speed(learners[n], sides[n]) | alone(n, cell, batches[n], options) for n in names}
        for _ in range(options.rounds)
    ]
    figures: dict[str, Any] = {"batch": batches}
    for name in names:
        figures[name] = {key: median(r[name][key] for r in rounds) for key in rounds[0][name]}
    for name in RIVALS:
        figures[name]["ratios"] = {
            key: median(ratio(key, r, name) for r in rounds)
            for key in ("training", "backtest", "peak")
        }
    if options.race:
        figures["race"] = run_race(cell, panel, split, options.race)
    return figures


def fastest(name: str, panel: Panel, split: Split, cell: Cell) -> Batch:
    """The batch at which a side learns from more origins a second."""

    def rate(batch: Batch) -> float:
        return training_rate(make(name, panel, split, cell, batch), STEPS // 2)

    return max(BATCHES[name], key=rate)


def speed(learner: Side, side: Side) -> dict[str, float]:
    """Origins a second: trained at the best batch, trained by `side`, and backtested by it."""
    training = training_rate(learner, STEPS)
    default = training if learner is side else training_rate(side, STEPS)
    return {"training": training, "as it is": default, "backtest": backtest_rate(side)}


def ratio(key: str, row: dict[str, dict[str, float]], name: str) -> float:
    """How many times better one pass is than a peer."""
    one, other = row[OURS][key], row[name][key]
    return other / one if key == "peak" else one / other


def run_race(cell: Cell, panel: Panel, split: Split, seconds: float) -> dict[str, Any]:
    """All sides at the batches they race with."""
    ours, *rivals = (make(n, panel, split, cell, DEFAULT[n]) for n in (OURS, *RIVALS))
    return race([ours, segmented(panel, split, cell)], rivals, seconds)


def alone(name: str, cell: Cell, batch: Batch, options: argparse.Namespace) -> dict[str, float]:
    """MiB of resident memory of a side in a process of its own, after imports and at its peak."""
    command = [sys.executable, "-m", "benchmarks.peers", "--cell", cell, "--alone", name]
    command += ["--threads", str(torch.get_num_threads()), "--batch", *map(str, batch)]
    if options.data:
        command += ["--data", str(options.data), "--dataset", options.dataset]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def show_memory(options: argparse.Namespace, panel: Panel, split: Split) -> None:
    """What `alone` reads."""
    filled = copied(panel) if options.alone == OURS else panel
    learner = make(options.alone, filled, split, options.cell, options.batch)
    for library in learner.libraries:
        import_module(library)
    base = psutil.Process().memory_info().rss / 2**20
    training_rate(learner, STEPS)
    if options.alone == OURS:
        learner = make(OURS, panel, split, options.cell, options.batch)
        training_rate(learner, 1)
    learner.backtest()
    print(json.dumps({"base": base, "peak": peak()}))


def show(cell: Cell, figures: dict[str, Any]) -> None:
    """A small table."""
    print(f"{cell.upper()} {HIDDEN}×{LAYERS}, look-back {LOOK_BACK}, horizon {HORIZON}")
    print(f"{'':20}{'training':>12}{'backtest':>12}{'MiB':>8}{'imports':>9}{'batch':>9}")
    for name in (OURS, *RIVALS):
        row, (rows, origins) = figures[name], figures["batch"][name]
        print(
            f"{name:20}{row['training']:12,.0f}{row['backtest']:12,.0f}{row['peak']:8,.0f}"
            f"{row['base']:9,.0f}{f'{rows}×{origins}':>9}"
        )
    ratios = {name: figures[name]["ratios"] for name in RIVALS}
    ratios["the better peer"] = {
        key: min(r[key] for r in ratios.values()) for key in ("training", "backtest", "peak")
    }
    for name, r in ratios.items():
        print(f"{'over ' + name:20}{r['training']:11.1f}×{r['backtest']:11.1f}×{r['peak']:7.2f}×")
    default = figures[OURS]["as it is"]
    least = min(default / figures[name]["training"] for name in RIVALS)
    print(
        f"at its default batch Forecastle trains {default:,.0f} origins/s, {least:.1f}× the better"
    )
    print(*told(figures.get("race", {})), "", sep="\n", flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_data(p)
    p.add_argument("--cell", choices=["lstm", "gru"], help="one of them; both where not given")
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--threads", type=int, help="threads of each side (default: PyTorch's)")
    add_race(p)
    add_json(p)
    p.add_argument("--alone", help=argparse.SUPPRESS)
    p.add_argument("--batch", type=int, nargs=2, help=argparse.SUPPRESS)
    return p


def main() -> None:
    """Print the tables."""
    options = parser().parse_args()
    if missing := [name for name in RIVALS if find_spec(name) is None]:
        raise UserError(
            f"benchmarks.peers needs neuralforecast and darts, and {' and '.join(missing)} is not "
            "installed; install them with pip install -c constraints.txt -e '.[bench]'"
        )
    if options.threads:
        torch.set_num_threads(options.threads)
    keep_freed_memory()
    panel, split = read(options)
    if options.alone:
        show_memory(options, panel, split)
        return
    cells: tuple[Cell, ...] = (options.cell,) if options.cell else ("lstm", "gru")
    figures: dict[str, Any] = {
        "settings": {k: str(v) for k, v in vars(options).items()},
        "versions": {name: version(name) for name in RIVALS},
    }
    for cell in cells:
        figures[cell] = measure(cell, panel, split, options)
        show(cell, figures[cell])
    write(options.json, figures)


if __name__ == "__main__":
    ending(main)
