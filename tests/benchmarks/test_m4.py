"""M4 files become one panel, and its scores are those of the competition."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.m4 import HORIZON, SEASON, load, parser, run, scores
from features.errors import UserError
from models.baselines import SeasonalNaive

LENGTHS = (330, 300, 250)
RNG = np.random.default_rng(5)
TRAIN = [20 + 9 * np.sin(np.arange(n) * 2 * np.pi / 24) + RNG.uniform(0, 1, n) for n in LENGTHS]
TEST = RNG.uniform(10, 30, (3, HORIZON))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The two files of the competition, with three series: H1 … H3, values in V2, V3, …"""
    train = [np.pad(y, (0, max(LENGTHS) - len(y)), constant_values=np.nan) for y in TRAIN]
    for name, rows in (("train", np.stack(train)), ("test", TEST)):
        ids = [f"H{i + 1}" for i in range(3)]
        frame = pd.DataFrame(rows, columns=[f"V{k + 2}" for k in range(rows.shape[1])])
        frame.insert(0, "V1", ids)
        frame.to_csv(tmp_path / f"Hourly-{name}.csv", index=False)
    return tmp_path


def test_series_end_at_one_step(folder: Path) -> None:
    panel, stop = load(folder)
    assert (panel.ids, stop, panel.steps) == (("H1", "H2", "H3"), 330, 330 + HORIZON)
    assert panel.start.tolist() == [0, 30, 80]
    for s, y in enumerate(TRAIN):
        np.testing.assert_allclose(panel.y[s, stop - len(y) :], np.concatenate([y, TEST[s]]))


def test_scores_are_slow_loops_over_each_series(folder: Path) -> None:
    panel, stop = load(folder)
    smape, mase = [], []
    for y, after in zip(TRAIN, TEST, strict=True):
        forecast = [y[len(y) - SEASON + h % SEASON] for h in range(HORIZON)]
        errors = [abs(a - f) for a, f in zip(after, forecast, strict=True)]
        sizes = [abs(a) + abs(f) for a, f in zip(after, forecast, strict=True)]
        smape.append(np.mean([200 * e / s for e, s in zip(errors, sizes, strict=True)]))
        scale = np.mean([abs(y[t] - y[t - SEASON]) for t in range(SEASON, len(y))])
        mase.append(np.mean(errors) / scale)
    got = scores([SeasonalNaive(HORIZON, SEASON)], panel, np.array([stop - 1]), stop)
    expected = {"smape": np.mean(smape), "mase": np.mean(mase)}
    assert got["seasonal-naive"] == pytest.approx(expected)


def score(folder: Path, *more: str) -> dict[str, Any]:
    small = [f"--set={group}" for group in ("network.hidden=8", "network.look_back=48")]
    options = ["--data", str(folder), *small, "--set", "training.epochs=1", *more]
    return run(parser().parse_args(options))


def test_one_network_for_all_beside_the_naive(folder: Path) -> None:
    found = score(folder)
    assert found["part"] == "test"
    assert found["settings"]["network.hidden"] == 8
    assert list(found["scores"]) == ["gru-direct", "seasonal-naive", "naive"]
    assert np.isfinite([list(row.values()) for row in found["scores"].values()]).all()


def test_the_test_data_change_the_test_scores_alone(folder: Path) -> None:
    validation, test = score(folder, "--validate"), score(folder)
    table = pd.read_csv(folder / "Hourly-test.csv", index_col=0)
    (table * 3).to_csv(folder / "Hourly-test.csv")
    assert score(folder, "--validate")["scores"] == validation["scores"]
    assert score(folder)["scores"]["gru-direct"] != test["scores"]["gru-direct"]


def test_a_missing_file_is_one_sentence(folder: Path) -> None:
    (folder / "Hourly-test.csv").unlink()
    with pytest.raises(UserError, match=r"there is no Hourly-test.csv in .*; name another --data$"):
        load(folder)
