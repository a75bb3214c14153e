"""The series that benchmarks run on: a CSV file of the user's, or simulated ones."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.calendars import make_calendar
from features.errors import UserError
from features.normalize import Normalizer, Scaling
from features.panel import Panel
from features.schema import to_panel
from features.sources import fetch
from features.splits import Split

ETT_BORDERS = (8640, 11520, 14400)


def add_folder(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its `--data DIR`."""
    folder = os.environ.get("FORECASTLE_DATA")
    text = "folder that holds the CSV file, itself or further down (default: $FORECASTLE_DATA)"
    parser.add_argument("--data", type=Path, default=folder and Path(folder), help=text)


def add_data(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its `--data DIR` and `--dataset NAME`."""
    add_folder(parser)
    parser.add_argument("--dataset", default="ETTh1", help="name of the CSV file, without .csv")


def load(folder: Path | None, dataset: str) -> tuple[Panel, Split]:
    """The panel up to the last row that the protocol uses, and its borders; raises as `find`."""
    fetched = fetch(str(find(folder, dataset, "--dataset or --data")))
    return cut(to_panel(fetched.frame, fetched.calendar), dataset)


def find(folder: Path | None, name: str, options: str = "--data") -> Path:
    """The CSV file of that name, in the folder or further down.

    Raises:
        UserError: there is no folder, or no such file in it.
    """
    if folder is None:
        raise UserError("no data folder was given; name one with --data DIR or in FORECASTLE_DATA")
    found = sorted(folder.rglob(f"{name}.csv"))
    if not found:
        raise UserError(f"there is no {name}.csv in {folder}; name another {options}")
    return found[0]


def cut(panel: Panel, dataset: str) -> tuple[Panel, Split]:
    """Borders of the benchmark: fixed rows for ETTh and ETTm, else 70/10/20 %."""
    if dataset.startswith(("ETTh", "ETTm")):
        a, b, c = (k * (4 if dataset.startswith("ETTm") else 1) for k in ETT_BORDERS)
        return panel.until(c - 1), Split(range(a), range(a, b), range(b, c))
    n = panel.steps
    a, b = int(n * 0.7), n - int(n * 0.2)  # as the benchmark rounds
    return panel, Split(range(a), range(a, b), range(b, n))


def read(options: argparse.Namespace) -> tuple[Panel, Split]:
    """The data named by `add_data`, or simulated, standardised by its training range; say which."""
    panel, split = load(options.data, options.dataset) if options.data else simulated()
    name = options.dataset if options.data else "simulated"
    print(f"{name}: {len(panel)} × {panel.steps} steps\n", flush=True)
    return standardised(panel, split), split


def standardised(panel: Panel, split: Split) -> Panel:
    """The panel in deviations from the mean of the training range."""
    return replace(panel, y=Normalizer.fit(panel, split.train, Scaling()).apply(panel.y))


def simulated(series: int = 7, steps: int = ETT_BORDERS[-1]) -> tuple[Panel, Split]:
    """`waves` with the borders of the benchmark."""
    return cut(waves(series, steps), "ETTh")


def waves(series: int, steps: int) -> Panel:
    """Hourly series with a daily and a weekly cycle and autocorrelated noise, always the same."""
    rng = np.random.default_rng(0)
    hours = np.arange(steps)
    y = rng.normal(size=(series, steps))
    for t in range(1, steps):
        y[:, t] += 0.9 * y[:, t - 1]
    phases = rng.uniform(0, 2 * np.pi, series)
    week = 2 * np.sin(2 * np.pi * hours / 168)
    for values, phase in zip(y, phases, strict=True):  # in place: there may be millions of steps
        values += 4 * np.sin(2 * np.pi * hours / 24 + phase) + week
    empty = np.zeros((series, steps, 0))
    stamps = pd.date_range("2020-01-01", periods=steps, freq="h")
    calendar = make_calendar("h", stamps[0], stamps[-1])
    ids = tuple(f"series {s}" for s in range(series))
    return Panel(ids, calendar, y, empty, empty, np.zeros((series, 0)))
