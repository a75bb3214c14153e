"""The accuracy benchmark: borders, scores, settings by rule, the table."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.data import load
from benchmarks.ltsf import (
    HISTORY,
    changed,
    folded,
    forecast,
    jobs_of,
    parser,
    recipe,
    run,
    score,
)
from features.calendars import make_calendar
from features.errors import UserError
from features.splits import Split
from models.forecaster import NetworkForecaster
from models.registry import build
from models.settings import NetworkSettings

SMALL = ["network.segment=2", "network.hidden=4", "network.look_back=8"]
SMALL += ["training.epochs=1"]
OPTIONS = ["--dataset", "wavy", "--horizon", "4,5"]
for setting in SMALL:
    OPTIONS += ["--set", setting]


def trained(folder: Path) -> NetworkForecaster:
    panel, split = load(folder, "wavy")
    forecaster = build("gru-direct", recipe(panel, split, 4, SMALL, seed=0))
    assert isinstance(forecaster, NetworkForecaster)
    forecaster.fit(panel, split)
    return forecaster


def test_score_is_a_slow_loop_over_every_origin(folder: Path) -> None:
    panel, split = load(folder, "wavy")
    network = trained(folder)
    scale = panel.y[:, :140].std(axis=1)
    errors = []
    for t in range(159, 200 - 4):
        out = network.forecast(panel, np.array([t]))  # few steps: all of them are in reach
        errors += [(panel.y[:, t + h] - out[:, 0, h - 1]) / scale for h in range(1, 5)]
    got = score([network], panel, split.train, split.origins("test", 4))
    np.testing.assert_allclose(got["mse"], np.mean(np.square(errors)), rtol=1e-4)
    np.testing.assert_allclose(got["mae"], np.mean(np.abs(errors)), rtol=1e-4)


def test_a_forecast_uses_the_last_720_steps_alone(folder: Path) -> None:
    network, (panel, _) = trained(folder), load(folder, "wavy")
    stamps = pd.date_range("2020-01-01", periods=1000, freq="h")
    calendar = make_calendar("h", stamps[0], stamps[-1])
    empty, y = np.zeros((2, 1000, 0)), np.tile(panel.y, 5)
    before, after = y.copy(), y.copy()
    before[:, : 900 - HISTORY + 1] = 1e6
    after[:, 900 - HISTORY + 2 :] += 1
    first, *others = (
        forecast(
            network,
            replace(panel, y=v, calendar=calendar, past=empty, future=empty),
            np.array([900]),
        )
        for v in (y, before, after)
    )
    np.testing.assert_array_equal(others[0], first)
    assert (others[1] != first).all()


def test_one_rule_gives_the_settings_and_each_can_be_changed(folder: Path) -> None:
    panel, split = load(folder, "wavy")
    by_rule = recipe(panel, split, 4, [], seed=3)
    assert (by_rule.network.segment, by_rule.training.seed) == (24, 3)
    assert recipe(panel, split, 4, ["network.segment=2"], 0).network.segment == 2


@pytest.mark.parametrize("change", ["segment=2", "network.size=2", "network.segment=two", "x.y=1"])
def test_a_change_that_cannot_be_made_is_one_sentence(change: str) -> None:
    with pytest.raises(UserError, match=f"--set {change}"):
        changed(NetworkSettings(), "network", [change])


def test_choosing_never_reads_past_the_validation_range(folder: Path) -> None:
    options = parser().parse_args(["--data", str(folder), *OPTIONS, "--validate"])
    jobs = jobs_of(options)
    assert [(job.horizon, job.fold) for job in jobs] == [
        (4, "early"),
        (4, "validation"),
        (5, "early"),
        (5, "validation"),
    ]
    _, split = load(folder, "wavy")
    assert folded(split, "early") == Split(range(105), range(105, 140), range(140, 141))
    first = [run(job) for job in jobs[:2]]
    file = folder / "inner" / "wavy.csv"
    frame = pd.read_csv(file)
    frame.loc[split.test.start :, ["a", "b"]] = 1e6
    frame.to_csv(file, index=False)
    again = [run(job) for job in jobs[:2]]
    assert [row["mse"] for row in again] == [row["mse"] for row in first]


def test_the_command_prints_a_row_a_cell_and_refuses_in_one_sentence(
    folder: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "benchmarks.ltsf", "--data", str(folder)]
    root, file = Path(__file__).parents[2], tmp_path / "row.json"
    shown = subprocess.run(
        [*command, *OPTIONS, "--seeds", "2", "--json", str(file)],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    assert [line.split()[:3] for line in shown[1:3]] == [
        ["wavy", "4", "gru-direct"],
        ["wavy", "5", "gru-direct"],
    ]
    assert shown[3].startswith("mean of 2 gru-direct on test")
    written = json.loads(file.read_text())
    assert written["machine"]["torch"] == torch.__version__
    assert [row["seed"] for row in written["runs"]] == [0, 1, 0, 1]
    mse = [row["mse"] for row in written["runs"][:2]]
    np.testing.assert_allclose(written["cells"][0]["mse"], np.mean(mse))
    wrong = [*command, "--dataset", "nothing"]
    done = subprocess.run(wrong, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
