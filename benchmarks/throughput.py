"""Speed of one pass beside a bare loop over windows.

    python -m benchmarks.throughput [--data DIR] [--cell lstm] [--json FILE]

Both sides train the same recurrence (hidden 64, 2 layers, look-back 96, horizon 24) on the same
series, in one process and under the same allocator settings, interleaved; figures are medians of
`--rounds`. `--device cuda --precision bf16-mixed` trains on a card (one pass alone in that
precision), and then the card's own matrix product is the measure; forecasts stay on the CPU but for
the bare loop's. Without a data folder the series are simulated. The bare loop (`benchmarks.bare`)
trains at batch 256 and forecasts at batch 1024.

Then one pass trains with batches of other shapes, for the one that comes nearest to the rate at
which this machine multiplies matrices, on several copies of the series, which fill larger batches.

Origins a second is not learning speed, because the origins of a row resemble each other. So both
also race to the same validation error (`benchmarks.race`).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from functools import partial
from itertools import product
from statistics import median
from typing import Any

from benchmarks.data import add_data, read
from benchmarks.race import add_race, race, told
from benchmarks.rates import backtest_rate, gflop_per_origin, matmul_rate, training_rate
from benchmarks.record import add_json, ending, write
from benchmarks.sides import (
    HIDDEN,
    HORIZON,
    LAYERS,
    LOOK_BACK,
    BareLoop,
    OnePass,
    copied,
    segmented,
)
from features.panel import Panel
from features.splits import Split
from models.settings import Cell, TrainingSettings
from models.training import keep_freed_memory

ROWS, CHUNKS = (64, 128, 256, 512), (32, 64, 128)
"""Batches to look for the best among."""


def measure(cell: Cell, panel: Panel, split: Split, options: argparse.Namespace) -> dict[str, Any]:
    """Everything about one cell."""
    device = options.device
    training = TrainingSettings(
        batch_rows=options.batch_rows,
        chunk_origins=options.chunk_origins,
        device=device,
        precision=options.precision,
    )
    ours = OnePass(panel, split, cell, training)
    theirs = BareLoop(panel, split, cell, 256, device)
    measures = {
        "one_pass_training": partial(training_rate, ours, 6),
        "bare_training": partial(training_rate, theirs, 6),
        "one_pass_backtest": partial(backtest_rate, ours),
        "bare_backtest": partial(backtest_rate, theirs),
        "matmul_gflops": partial(matmul_rate, device, options.precision),
    }
    rounds = [{k: m() for k, m in measures.items()} for _ in range(options.rounds)]
    figures: dict[str, Any] = {k: median(r[k] for r in rounds) for k in measures}
    figures["origins_in_a_batch"] = {"one_pass": ours.origins, "bare": theirs.origins}
    for job in ("training", "backtest"):
        ratios = [r[f"one_pass_{job}"] / r[f"bare_{job}"] for r in rounds]
        figures[f"{job}_ratio"] = median(ratios)
    work = gflop_per_origin(ours)
    figures["share_of_matmul"] = work * figures["one_pass_training"] / figures["matmul_gflops"]
    figures["batches"] = shapes(cell, panel, split, training, options.rounds)
    if options.race and device == "cpu":
        figures["race"] = race([ours, segmented(panel, split, cell)], [theirs], options.race)
    return figures


def shapes(
    cell: Cell, panel: Panel, split: Split, training: TrainingSettings, rounds: int
) -> list[dict[str, float]]:
    """Each shape of a batch and its share of the matrix product's rate, the best first."""
    sides, panel = {}, copied(panel)
    for rows, chunk in product(ROWS, CHUNKS):
        settings = replace(training, batch_rows=rows, chunk_origins=chunk)
        side = OnePass(panel, split, cell, settings)
        drawn = next(side.batches()).rows
        sides[len(drawn.series), drawn.count - side.net.lead] = side
    shares: dict[tuple[int, int], list[float]] = {shape: [] for shape in sides}
    for _ in range(rounds):
        for shape, side in sides.items():
            rate = training_rate(side, 6) * gflop_per_origin(side)
            shares[shape].append(rate / matmul_rate(training.device, training.precision))
    found = [{"rows": r, "origins": o, "share": median(s)} for (r, o), s in shares.items()]
    return sorted(found, key=lambda row: -row["share"])


def show(cell: Cell, figures: dict[str, Any]) -> None:
    """A small table."""
    print(f"{cell.upper()} {HIDDEN}×{LAYERS}, look-back {LOOK_BACK}, horizon {HORIZON}")
    print(f"{'origins/s':12}{'one pass':>12}{'bare loop':>12}{'ratio':>8}")
    for job in ("training", "backtest"):
        one, other = figures[f"one_pass_{job}"], figures[f"bare_{job}"]
        print(f"{job:12}{one:12,.0f}{other:12,.0f}{figures[f'{job}_ratio']:8.1f}")
    best = figures["batches"][0]
    print(
        f"matrix product {figures['matmul_gflops']:.0f} GFLOP/s; one-pass training runs at "
        f"{figures['share_of_matmul']:.0%} of it, at {best['share']:.0%} with its best batch, "
        f"{best['rows']} rows of {best['origins']} origins"
    )
    print(*told(figures.get("race", {})), "", sep="\n")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_data(p)
    p.add_argument("--cell", choices=["lstm", "gru"], help="one of them; both where not given")
    p.add_argument("--batch-rows", type=int, default=TrainingSettings.batch_rows)
    p.add_argument("--chunk-origins", type=int, default=TrainingSettings.chunk_origins)
    p.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="where both train")
    p.add_argument("--precision", choices=["32-true", "bf16-mixed"], default="32-true")
    p.add_argument("--rounds", type=int, default=5)
    add_race(p)
    add_json(p)
    return p


def main() -> None:
    """Print the tables."""
    options = parser().parse_args()
    keep_freed_memory()
    panel, split = read(options)
    cells: tuple[Cell, ...] = (options.cell,) if options.cell else ("lstm", "gru")
    figures: dict[str, Any] = {"settings": {k: str(v) for k, v in vars(options).items()}}
    for cell in cells:
        figures[cell] = measure(cell, panel, split, options)
        show(cell, figures[cell])
    write(options.json, figures)


if __name__ == "__main__":
    ending(main)
