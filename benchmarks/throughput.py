"""Speed of one pass beside a bare loop over windows.

    python -m benchmarks.throughput [--data DIR] [--cell lstm] [--json FILE]

Both sides train the same recurrence (hidden 64, 2 layers, look-back 96, horizon 24) on the same
series, in one process and under the same allocator settings, interleaved; figures are medians of
`--repeats`. Without a data folder the series are simulated. The bare loop (`benchmarks.bare`)
trains at batch 256 and forecasts at batch 1024.

Origins a second is not learning speed, because the origins of a row resemble each other. So both
also race to the same validation error, the best that the bare loop reaches in `--race` seconds of
training, each at the best of three learning rates. Their time is the number of steps times the
median step; validating is not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice
from statistics import median
from typing import Any

import torch

from benchmarks.data import add_data, load, simulated
from benchmarks.race import race, stepper, timed
from benchmarks.record import add_json, ending, write
from benchmarks.sides import HIDDEN, HORIZON, LAYERS, LOOK_BACK, Side, bare, one_pass
from features.lens import Lens
from features.normalize import Scaling
from features.signal import Signal
from features.splits import Split
from models.settings import Cell
from models.training import keep_freed_memory


def training_rate(side: Side, steps: int) -> Callable[[], float]:
    """A measurement of origins a second; the first call's model and batches serve all."""
    step, batches = stepper(side, side.make(), 1e-3), side.batches()

    def measure() -> float:
        some = list(islice(batches, steps))
        return steps * side.origins / timed(lambda: [step(batch) for batch in some])

    measure()
    return measure


def backtest_rate(side: Side) -> Callable[[], float]:
    """A measurement of origins a second."""
    model = side.make()

    def measure() -> float:
        begun = time.perf_counter()
        return side.backtest(model) / (time.perf_counter() - begun)

    return measure


def matmul_rate() -> float:
    """GFLOP/s of a 2048³ float32 product."""
    a, b = torch.randn(2048, 2048), torch.randn(2048, 2048)
    seconds = [timed(lambda: a @ b) for _ in range(7)]
    return 2 * 2048**3 / median(seconds) / 1e9


def gflop_per_origin(cell: Cell, inputs: int, overhead: float) -> float:
    """Products of a training step (forward, and twice that backward) for one origin."""
    gates = 4 if cell == "lstm" else 3
    layers = gates * HIDDEN * (inputs + HIDDEN) + (LAYERS - 1) * gates * HIDDEN * 2 * HIDDEN
    return 3 * 2 * (layers * overhead + HIDDEN * HORIZON) / 1e9


def measure(
    cell: Cell, signal: Signal, split: Split, options: argparse.Namespace
) -> dict[str, Any]:
    """Everything about one cell."""
    rows, chunk = options.batch_rows, options.chunk_origins
    ours, theirs = one_pass(signal, split, cell, rows, chunk), bare(signal, split, cell, 256)
    measures = {
        "one_pass_training": training_rate(ours, 6),
        "bare_training": training_rate(theirs, 6),
        "one_pass_backtest": backtest_rate(ours),
        "bare_backtest": backtest_rate(theirs),
        "matmul_gflops": matmul_rate,
    }
    rounds = [{k: m() for k, m in measures.items()} for _ in range(options.repeats)]
    figures: dict[str, Any] = {k: median(r[k] for r in rounds) for k in measures}
    figures["origins_in_a_batch"] = {"one_pass": ours.origins, "bare": theirs.origins}
    for job in ("training", "backtest"):
        ratios = [r[f"one_pass_{job}"] / r[f"bare_{job}"] for r in rounds]
        figures[f"{job}_ratio"] = median(ratios)
    work = gflop_per_origin(cell, 3 + signal.known.shape[2], (LOOK_BACK - 1 + chunk) / chunk)
    figures["share_of_matmul"] = work * figures["one_pass_training"] / figures["matmul_gflops"]
    if options.race:
        steps = (
            ours.origins / figures["one_pass_training"],
            theirs.origins / figures["bare_training"],
        )
        figures["race"] = race(ours, theirs, steps, options.race)
    return figures


def show(cell: Cell, figures: dict[str, Any]) -> None:
    """A small table."""
    print(f"{cell.upper()} {HIDDEN}×{LAYERS}, look-back {LOOK_BACK}, horizon {HORIZON}")
    print(f"{'origins/s':12}{'one pass':>12}{'bare loop':>12}{'ratio':>8}")
    for job in ("training", "backtest"):
        one, other = figures[f"one_pass_{job}"], figures[f"bare_{job}"]
        print(f"{job:12}{one:12,.0f}{other:12,.0f}{figures[f'{job}_ratio']:8.1f}")
    print(
        f"matrix product {figures['matmul_gflops']:.0f} GFLOP/s; one-pass training runs at "
        f"{figures['share_of_matmul']:.0%} of it"
    )
    if "race" in figures:
        r = figures["race"]
        print(
            f"to validation MAE {r['target_validation_mae']:.4f}: one pass "
            f"{r['one_pass_seconds']:.1f} s, bare loop {r['bare_seconds']:.1f} s\n"
        )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_data(p)
    p.add_argument("--cell", choices=["lstm", "gru"], help="one of them; both where not given")
    p.add_argument("--batch-rows", type=int, default=64)
    p.add_argument("--chunk-origins", type=int, default=64)
    p.add_argument("--repeats", type=int, default=5)
    p.add_argument("--race", type=float, default=20.0, help="seconds of training a curve; 0: none")
    add_json(p)
    return p


def main() -> None:
    """Print the tables."""
    options = parser().parse_args()
    keep_freed_memory()
    panel, split = load(options.data, options.dataset) if options.data else simulated()
    signal = Lens.fit(panel, split.train, Scaling(), HORIZON).signal(panel)
    print(
        f"{options.dataset if options.data else 'simulated'}: {len(panel)} × {panel.steps} steps\n"
    )
    cells: tuple[Cell, ...] = (options.cell,) if options.cell else ("lstm", "gru")
    figures: dict[str, Any] = {"settings": {k: str(v) for k, v in vars(options).items()}}
    for cell in cells:
        figures[cell] = measure(cell, signal, split, options)
        show(cell, figures[cell])
    write(options.json, figures)


if __name__ == "__main__":
    ending(main)
