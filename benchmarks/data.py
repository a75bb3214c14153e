"""The series that benchmarks run on: a CSV file of the user's, or simulated ones."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd

from features.calendars import make_calendar
from features.errors import UserError
from features.panel import Panel
from features.schema import to_panel
from features.sources import fetch
from features.splits import Split

ETT_BORDERS = (8640, 11520, 14400)


def add_data(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its `--data DIR` and `--dataset NAME`."""
    folder = os.environ.get("FORECASTLE_DATA")
    text = "folder that holds the CSV file, itself or further down (default: $FORECASTLE_DATA)"
    parser.add_argument("--data", type=Path, default=folder and Path(folder), help=text)
    parser.add_argument("--dataset", default="ETTh1", help="name of the CSV file, without .csv")


def load(folder: Path | None, dataset: str) -> tuple[Panel, Split]:
    """The panel up to the last row that the protocol uses, and its borders.

    Raises:
        UserError: there is no folder, or no such file in it.
    """
    if folder is None:
        raise UserError("no data folder was given; name one with --data DIR or in FORECASTLE_DATA")
    found = sorted(folder.rglob(f"{dataset}.csv"))
    if not found:
        raise UserError(f"there is no {dataset}.csv in {folder}; name another --dataset or --data")
    fetched = fetch(str(found[0]))
    return cut(to_panel(fetched.frame, fetched.calendar), dataset)


def cut(panel: Panel, dataset: str) -> tuple[Panel, Split]:
    """Borders of the benchmark: fixed rows for ETTh and ETTm, else 70/10/20 %."""
    if dataset.startswith(("ETTh", "ETTm")):
        a, b, c = (k * (4 if dataset.startswith("ETTm") else 1) for k in ETT_BORDERS)
        return panel.until(c - 1), Split(range(a), range(a, b), range(b, c))
    n = panel.steps
    a, b = int(n * 0.7), n - int(n * 0.2)  # as the benchmark rounds
    return panel, Split(range(a), range(a, b), range(b, n))


def simulated(series: int = 7, steps: int = ETT_BORDERS[-1]) -> tuple[Panel, Split]:
    """Hourly series with a daily and a weekly cycle and autocorrelated noise, always the same."""
    rng = np.random.default_rng(0)
    hours = np.arange(steps)
    noise = rng.normal(size=(series, steps))
    for t in range(1, steps):
        noise[:, t] += 0.9 * noise[:, t - 1]
    phase = rng.uniform(0, 2 * np.pi, (series, 1))
    y = 4 * np.sin(2 * np.pi * hours / 24 + phase) + 2 * np.sin(2 * np.pi * hours / 168) + noise
    empty = np.zeros((series, steps, 0))
    stamps = pd.date_range("2020-01-01", periods=steps, freq="h")
    calendar = make_calendar("h", stamps[0], stamps[-1])
    ids = tuple(f"series {s}" for s in range(series))
    return cut(Panel(ids, calendar, y, empty, empty, np.zeros((series, 0))), "ETTh")
