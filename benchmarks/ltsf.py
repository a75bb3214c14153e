"""Accuracy on the long-term forecasting benchmark (LTSF).

    python -m benchmarks.ltsf --data DIR --dataset ETTh1,ETTm1 --horizon 96,192,336,720

Protocol (Zhou et al. 2021; Wu et al. 2021): ETTh borders at rows 8640, 11520, 14400, ETTm four
times that, 70/10/20 % for any other CSV; all columns; standardised by the training range; every
test origin is kept, and forecast from the last 720 steps at most; MSE and MAE on the standardised
values.

One rule gives the settings of every dataset from its season and length (`recipe`). Settings are
chosen with `--validate`, which never touches the test range: it trains on the first three quarters
of the training range and is judged on the rest, then trains on all of it and is judged on the
validation range.
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import groupby, product
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from benchmarks.data import add_data, load
from benchmarks.record import add_json, ending, write
from features.errors import UserError
from features.panel import Floats, Integers, Panel
from features.signal import Rows
from features.splits import Part, Split
from models.ensemble import Ensemble
from models.forecaster import NetworkForecaster
from models.registry import Recipe, build
from models.settings import NetworkSettings, TrainingSettings

PUBLISHED = {
    ("ETTh1", 96): (0.351, 0.392),
    ("ETTh1", 192): (0.392, 0.414),
    ("ETTh1", 336): (0.423, 0.433),
    ("ETTh1", 720): (0.466, 0.472),
    ("ETTm1", 96): (0.293, 0.354),
    ("ETTm1", 192): (0.328, 0.378),
    ("ETTm1", 336): (0.357, 0.399),
    ("ETTm1", 720): (0.410, 0.430),
}
"""Test MSE and MAE of SegRNN, the best published recurrent model (its repository, 2025)."""

HISTORY = 720
"""Steps of history that a forecast may use."""

T = TypeVar("T", NetworkSettings, TrainingSettings)


@dataclass(frozen=True)
class Job:
    """One training, and the range that it is judged on."""

    data: Path
    dataset: str
    horizon: int
    model: str
    seed: int
    fold: str
    """test; validation; or early, the last quarter of the training range."""
    settings: tuple[str, ...]
    threads: int

    @property
    def cell(self) -> tuple[str, int, str, str]:
        """What a row of the table is about: all but the seed."""
        return self.dataset, self.horizon, self.model, self.fold


def recipe(panel: Panel, split: Split, horizon: int, changes: Sequence[str], seed: int) -> Recipe:
    """The settings of every dataset: a segment is a season, and long ranges take fewer epochs."""
    season = max(panel.calendar.season, 2)
    epochs = max(2, round(6 * 8640 / len(split.train)))
    network = NetworkSettings(
        hidden=256, segment=season, look_back=4 * season, dropout=0.3, calendar=False
    )
    training = TrainingSettings(
        epochs=epochs, patience=epochs, chunk_origins=8, loss="huber", seed=seed
    )
    groups: dict[str, NetworkSettings | TrainingSettings] = {
        "network": changed(network, "network", changes),
        "training": changed(training, "training", changes),
    }
    return Recipe(horizon, season, **groups)  # type: ignore[arg-type]


def changed(settings: T, group: str, changes: Sequence[str]) -> T:
    """`settings` with every change `group.field=value` made.

    Raises:
        UserError: there is no such field, or the value is not of its type.
    """
    kinds = {f.name: type(getattr(settings, f.name)) for f in dataclasses.fields(settings)}
    for change in changes:
        key, _, value = change.partition("=")
        place, _, field = key.partition(".")
        if place not in ("network", "training") or (place == group and field not in kinds):
            raise UserError(f"--set {change}: expected network.FIELD=VALUE or training.FIELD=VALUE")
        if place == group:
            try:
                typed = value == "true" if kinds[field] is bool else kinds[field](value)
            except ValueError as error:
                raise UserError(f"--set {change}: {error}") from error
            settings = replace(settings, **{field: typed})  # type: ignore[arg-type]
    return settings


def folded(split: Split, fold: str) -> Split:
    """The split that a fold trains and stops on."""
    if fold != "early":
        return split
    stop = split.train.stop
    cut = stop * 3 // 4
    return Split(range(cut), range(cut, stop), range(stop, stop + 1))


def forecast(network: NetworkForecaster, panel: Panel, origins: Integers) -> Floats:
    """[S, O, H] from the last `HISTORY` steps in front of each origin, as the protocol limits it.

    One pass would carry the state on from the first step of the series.
    """
    net, lens = network.net, network.lens
    assert net is not None and lens is not None  # noqa: PT018
    signal, S, O = lens.signal(panel), len(panel), len(origins)
    count = max(1, (HISTORY - 1) // net.settings.segment)  # one step is the first one's level
    first = torch.as_tensor(origins) + 1 - count * net.settings.segment
    rows = Rows(torch.arange(S).repeat_interleave(O), first.repeat(S), count)
    step = torch.full((S * O,), count - 1)
    with torch.no_grad():
        out = net.forecast(signal, rows, torch.arange(S * O), step).view(S, O, -1)
    return lens.restore(out.double().numpy(), panel, origins)


def score(
    networks: Sequence[NetworkForecaster], panel: Panel, train: range, origins: Integers
) -> dict[str, float]:
    """MSE and MAE of the networks' mean forecast, on values standardised by `train`."""
    deviation = np.nanstd(panel.y[:, train.start : train.stop], axis=1)[:, None, None]
    square = absolute = count = 0.0
    for some in np.array_split(origins, max(1, len(origins) // 500)):
        steps = some[:, None] + np.arange(1, networks[0].horizon + 1)
        mean = np.mean([forecast(network, panel, some) for network in networks], axis=0)
        error = (mean - panel.y[:, steps]) / deviation
        error = error[np.isfinite(error)]
        square, absolute = square + float((error**2).sum()), absolute + float(np.abs(error).sum())
        count += error.size
    return {"mse": square / count, "mae": absolute / count}


def run(job: Job) -> dict[str, Any]:
    """Train once, score once."""
    torch.set_num_threads(job.threads)
    panel, whole = load(job.data, job.dataset)
    split = folded(whole, job.fold)
    made = recipe(panel, whole, job.horizon, job.settings, job.seed)
    forecaster = build(job.model, made)
    begun = time.perf_counter()
    forecaster.fit(panel, split)
    trained = time.perf_counter()
    part: Part = "test" if job.fold == "test" else "validation"
    networks = forecaster.members if isinstance(forecaster, Ensemble) else [forecaster]
    found = score(networks, panel, whole.train, split.origins(part, job.horizon))  # type: ignore[arg-type]
    return {
        "dataset": job.dataset,
        "horizon": job.horizon,
        "model": job.model,
        "seed": job.seed,
        "judged_on": job.fold,
        **found,
        "training_seconds": trained - begun,
        "scoring_seconds": time.perf_counter() - trained,
        "settings": forecaster.parameters(),
    }


def table(jobs: Sequence[Job], rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """A row a cell: mean and spread (standard deviation) over the seeds."""
    cells = []
    paired = zip(jobs, rows, strict=True)
    for (dataset, horizon, model, fold), group in groupby(paired, key=lambda pair: pair[0].cell):
        found = [row for _, row in group]
        mse, mae = ([row[k] for row in found] for k in ("mse", "mae"))
        cells.append(
            {
                "dataset": dataset,
                "horizon": horizon,
                "model": model,
                "judged_on": fold,
                "mse": float(np.mean(mse)),
                "mse_spread": float(np.std(mse)),
                "mae": float(np.mean(mae)),
                "mae_spread": float(np.std(mae)),
                "seeds": len(found),
                "training_seconds": float(np.mean([row["training_seconds"] for row in found])),
            }
        )
    return cells


def show(cell: dict[str, Any]) -> None:
    """A line a cell."""
    key = (cell["dataset"], cell["horizon"])
    known = PUBLISHED.get(key) if cell["judged_on"] == "test" else None
    published = "/".join(f"{value:.3f}" for value in known) if known else ""
    print(
        f"{cell['dataset']:8}{cell['horizon']:5d} {cell['model']:14}"
        f"{cell['mse']:8.4f} ±{cell['mse_spread']:.4f}{cell['mae']:8.4f} ±{cell['mae_spread']:.4f}"
        f"{cell['training_seconds']:6.0f} s  {published}",
        flush=True,
    )


def show_means(cells: Sequence[dict[str, Any]]) -> None:
    """The mean over the cells, and over those with a published figure beside it."""
    for model, fold in dict.fromkeys((c["model"], c["judged_on"]) for c in cells):
        some = [c for c in cells if (c["model"], c["judged_on"]) == (model, fold)]
        if len(some) > 1:
            mse, mae = (float(np.mean([c[k] for c in some])) for k in ("mse", "mae"))
            print(f"mean of {len(some)} {model} on {fold}: {mse:.4f} / {mae:.4f}", end="")
            known = [PUBLISHED.get((c["dataset"], c["horizon"])) for c in some]
            if fold == "test" and all(known):
                theirs = np.mean(np.array(known), axis=0)
                print(f"; SegRNN {theirs[0]:.4f} / {theirs[1]:.4f}", end="")
            print()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_data(p)
    p.add_argument("--horizon", default="96", help="one or several, with commas between")
    p.add_argument("--model", default="gru-direct", help="one or several, with commas between")
    p.add_argument("--seeds", type=int, default=1, help="trainings of each cell: seeds 0, 1, ...")
    p.add_argument("--validate", action="store_true", help="two validation folds, never the test")
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    p.add_argument("--jobs", type=int, default=1, help="trainings at the same time")
    add_json(p)
    return p


def jobs_of(options: argparse.Namespace) -> list[Job]:
    """Every training that the options ask for.

    Raises:
        UserError: a horizon that is no number, or no data folder.
    """
    try:
        horizons = [int(text) for text in options.horizon.split(",")]
    except ValueError as error:
        raise UserError(f"--horizon {options.horizon}: expected numbers, as in 96,192") from error
    folds = ("early", "validation") if options.validate else ("test",)
    threads = max(1, torch.get_num_threads() // options.jobs)
    if options.data is None:
        load(None, "")
    cells = product(options.dataset.split(","), horizons, options.model.split(","), folds)
    return [
        Job(options.data, dataset, horizon, model, seed, fold, tuple(options.settings), threads)
        for dataset, horizon, model, fold in cells
        for seed in range(options.seeds)
    ]


def main() -> None:
    """Print the table, a row as soon as its seeds are done."""
    options = parser().parse_args()
    jobs = jobs_of(options)
    print(f"{'':14}{'':14}{'MSE':>8}{'':8}{'MAE':>8}{'':8}{'trained':>7}  SegRNN")
    rows: list[dict[str, Any]] = []
    cells: list[dict[str, Any]] = []
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("spawn")) as pool:
        for row in pool.map(run, jobs):
            rows.append(row)
            if len(rows) % options.seeds == 0:
                cells += table(jobs[len(rows) - options.seeds : len(rows)], rows[-options.seeds :])
                show(cells[-1])
    show_means(cells)
    write(options.json, {"cells": cells, "runs": rows})


if __name__ == "__main__":
    ending(main)
