"""Accuracy on M4 Hourly: 414 series of unequal length, one network for all of them.

    python -m benchmarks.m4 --data DIR

Protocol of the M4 competition (Makridakis et al. 2020, Int. J. Forecasting 36): 48 hours ahead of
the end of each training series; sMAPE, and MASE scaled by the seasonal naive forecast (24 hours)
over that series; the mean over series. DIR holds Hourly-train.csv and Hourly-test.csv. The series
carry no dates, so they are laid to end at one step. The last 48 steps of the training data choose
the epoch; the test data are read once, after training. `--validate` leaves the test data alone: it
trains without the last 96 training steps and scores every origin in them. Settings, `--set`
network.FIELD=VALUE or training.FIELD=VALUE, are chosen there.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.data import add_folder, find
from benchmarks.ltsf import changed
from benchmarks.record import add_json, ending, show_epoch, write
from evaluation.backtest import backtest
from evaluation.leaderboard import leaderboard
from evaluation.metrics import seasonal_scale
from evaluation.protocol import Forecaster
from features.calendars import make_calendar
from features.normalize import Scaling
from features.panel import Integers, Panel
from features.splits import Split
from models.registry import Recipe, build
from models.settings import NetworkSettings, TrainingSettings
from models.training import TrainingRun

HORIZON, SEASON = 48, 24
PUBLISHED = {
    "winner (ES-RNN)": {"smape": 9.328, "mase": 0.893},
    "Naive2": {"smape": 18.383, "mase": 2.395},
}
"""The competition's figures for Hourly."""

Scores = dict[str, dict[str, float]]


def load(folder: Path | None) -> tuple[Panel, int]:
    """Training and test data as one panel, and T, the number of its training steps.

    Raises:
        UserError: there is no folder, or one of the two files is not in it.
    """
    train, test = (
        pd.read_csv(find(folder, f"Hourly-{part}"), index_col=0) for part in ("train", "test")
    )
    known = train.to_numpy(np.float64)  # [S, T], the NaN of shorter series at the end
    begins = np.isnan(known).sum(axis=1)
    steps = (np.arange(known.shape[1]) - begins[:, None]) % known.shape[1]
    after = test.loc[train.index].to_numpy(np.float64)
    y = np.hstack([np.take_along_axis(known, steps, axis=1), after])
    stamps = pd.date_range("2000-01-01", periods=y.shape[1], freq="h")  # any: the data have none
    empty = np.zeros((*y.shape, 0))
    panel = Panel(
        tuple(train.index),
        make_calendar("h", stamps[0], stamps[-1]),
        y,
        empty,
        empty,
        np.zeros((len(y), 0)),
    )
    return panel, known.shape[1]


def scores(forecasters: Sequence[Forecaster], panel: Panel, origins: Integers, stop: int) -> Scores:
    """SMAPE and MASE of each forecaster, scaled over the steps before `stop`."""
    judged, scale = (
        backtest(forecasters, panel, origins),
        seasonal_scale(panel, range(stop), SEASON),
    )
    return leaderboard(judged, scale)[["smape", "mase"]].to_dict("index")


def recipe(changes: Sequence[str], seed: int) -> Recipe:
    """The settings that were chosen, with `changes` as in `benchmarks.ltsf`."""
    network = NetworkSettings(
        hidden=128, segment=SEASON, look_back=7 * SEASON, highway=True, calendar=False
    )
    training = TrainingSettings(
        epochs=8, patience=8, learning_rate=3e-3, chunk_origins=16, seed=seed
    )
    return Recipe(
        HORIZON,
        SEASON,
        changed(network, "network", changes),
        changed(training, "training", changes),
        Scaling(log=True),
        TrainingRun(on_epoch=show_epoch),
    )


def run(options: argparse.Namespace) -> dict[str, Any]:
    """Train once, score once."""
    panel, stop = load(options.data)
    known = panel.until(stop - 1)
    kept = stop - (2 if options.validate else 1) * HORIZON
    split = Split(range(kept), range(kept, stop), range(stop, stop))
    made = recipe(options.settings, options.seed)
    forecasters = [build(name, made) for name in (options.model, "seasonal-naive", "naive")]
    begun = time.perf_counter()
    forecasters[0].fit(known, split)
    seconds = time.perf_counter() - begun
    if options.validate:
        found = scores(forecasters, known, split.origins("validation", HORIZON), kept)
    else:
        found = scores(forecasters, panel, np.array([stop - 1]), stop)
    return {
        "part": "validation" if options.validate else "test",
        "scores": found,
        "published": PUBLISHED,
        "training_seconds": seconds,
        "settings": forecasters[0].parameters(),
    }


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_folder(p)
    p.add_argument("--model", default="gru-direct")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--validate", action="store_true", help="the last 96 training steps as the test")
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings")
    add_json(p)
    return p


def main() -> None:
    """Print the table."""
    options = parser().parse_args()
    figures = run(options)
    print(f"\n{figures['part']:<18}{'sMAPE':>8}{'MASE':>8}")
    published = {} if options.validate else PUBLISHED
    for model, row in {**figures["scores"], **published}.items():
        print(f"{model:<18}{row['smape']:>8.3f}{row['mase']:>8.3f}")
    print(f"trained in {figures['training_seconds']:.0f} s")
    write(options.json, figures)


if __name__ == "__main__":
    ending(main)
