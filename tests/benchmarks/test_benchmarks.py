"""Benchmarks say what they claim to: borders, scores, files. Nothing here is timed."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from benchmarks.bare import Bare, Windows, forecast
from benchmarks.data import cut, load, simulated
from benchmarks.ltsf import parser, run, score
from benchmarks.race import reaches
from benchmarks.sides import HORIZON, one_pass
from features.errors import UserError
from features.lens import Lens
from features.normalize import Scaling
from features.splits import Split
from models.baselines import Naive

OPTIONS = [
    "--dataset",
    "wavy",
    "--horizon",
    "4",
    "--segment",
    "2",
    "--hidden",
    "4",
    "--look-back",
    "8",
    "--epochs",
    "1",
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a CSV of 200 hours below it."""
    hours = pd.date_range("2020-01-01", periods=200, freq="h")
    waves = {"a": np.sin(np.arange(200) / 3), "b": np.cos(np.arange(200) / 5) * 9}
    (tmp_path / "inner").mkdir()
    pd.DataFrame({"date": hours, **waves}).to_csv(tmp_path / "inner" / "wavy.csv", index=False)
    return tmp_path


def test_borders_are_the_benchmarks() -> None:
    panel, split = simulated(series=2)
    assert (panel.steps, split) == (
        14400,
        Split(range(8640), range(8640, 11520), range(11520, 14400)),
    )
    assert len(split.origins("test", 96)) == 2785
    assert cut(panel, "electricity")[1] == Split(
        range(10080), range(10080, 11520), range(11520, 14400)
    )


def test_a_dataset_is_found_below_the_folder(folder: Path) -> None:
    panel, split = load(folder, "wavy")
    assert (panel.ids, panel.steps) == (("a", "b"), 200)
    assert split == Split(range(140), range(140, 160), range(160, 200))


def test_no_data_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no data folder was given; name one with --data"):
        load(None, "ETTh1")
    with pytest.raises(UserError, match=r"there is no ETTh9.csv in .*--dataset"):
        load(tmp_path, "ETTh9")


def test_score_is_a_slow_loop_over_every_origin(folder: Path) -> None:
    panel, split = load(folder, "wavy")
    scale = panel.y[:, :140].std(axis=1)
    errors = [
        (panel.y[s, t] - panel.y[s, t + h]) / scale[s]
        for s in range(2)
        for t in range(159, 200 - 4)
        for h in range(1, 5)
    ]
    got = score(Naive(4), panel, split, "test")
    np.testing.assert_allclose(got["mse"], np.mean(np.square(errors)))
    np.testing.assert_allclose(got["mae"], np.mean(np.abs(errors)))


def test_a_row_holds_figures_and_settings(folder: Path) -> None:
    row = run(parser().parse_args(["--data", str(folder), *OPTIONS]))
    assert set(row["test"]) == {"mse", "mae"}
    assert row["settings"]["network.segment"] == 2


def test_the_command_writes_json_and_refuses_in_one_sentence(folder: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.ltsf", "--data", str(folder)]
    root, file = Path(__file__).parents[2], tmp_path / "row.json"
    subprocess.run([*command, *OPTIONS, "--json", str(file)], cwd=root, check=True)
    written = json.loads(file.read_text())
    assert written["machine"]["torch"] == torch.__version__
    wrong = [*command, "--dataset", "nothing"]
    done = subprocess.run(wrong, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_windows_are_slices() -> None:
    values = torch.arange(40.0).view(2, 20) ** 2
    windows = Windows(values, look_back=5, horizon=3)
    pairs = windows.pairs(range(4, 20))
    assert pairs[0].tolist() == [0, 8]
    assert pairs[-1].tolist() == [1, 16]
    past, future = windows.cut(*pairs.unbind(1))
    for (s, t), a, b in zip(pairs.tolist(), past, future, strict=True):
        assert torch.equal(a, values[s, t - 4 : t + 1] - values[s, t])
        assert torch.equal(b, values[s, t + 1 : t + 4] - values[s, t])


def test_the_bare_loop_forecasts_in_any_batch() -> None:
    windows = Windows(torch.randn(2, 30), 5, 3)
    model, pairs = Bare("gru", 4, 2, 3), windows.pairs(range(30))
    some = forecast(model, windows, pairs, 7)
    torch.testing.assert_close(some, forecast(model, windows, pairs, 1000))


def test_origins_of_a_batch_are_counted_not_assumed() -> None:
    """No batch is said to hold more origins than its loss has targets for."""
    panel, split = simulated(series=1, steps=14400)
    signal = Lens.fit(panel, split.train, Scaling(), HORIZON).signal(panel)
    side = one_pass(signal, split, "gru", rows=64, chunk=128)
    seen = []
    for batch in islice(side.batches(), 20):
        with torch.no_grad():
            prediction = side.make()(batch)
        seen.append(int((prediction.observed.sum(dim=-1) == HORIZON).sum()))
    assert side.origins == sum(seen) / 20


def test_a_race_is_won_at_the_first_point_as_good() -> None:
    points = [(1.0, 0.9), (2.0, 0.5), (3.0, 0.6), (4.0, 0.4)]
    assert reaches(points, 0.5) == 2.0
    assert reaches(points, 0.3) == float("inf")
