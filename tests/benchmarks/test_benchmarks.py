"""Benchmarks say what they claim to: borders, scores, files. Nothing here is timed."""

from pathlib import Path

import pytest
import torch

from benchmarks.bare import Bare, Windows, forecast
from benchmarks.data import cut, load, simulated
from features.errors import UserError
from features.splits import Split


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


def test_windows_are_slices() -> None:
    values = torch.arange(40.0).view(2, 20) ** 2
    windows = Windows(values, look_back=5, horizon=3)
    pairs = windows.pairs(range(4, 20))
    assert pairs[0].tolist() == [0, 8]
    assert pairs[-1].tolist() == [1, 16]
    past, future = windows.cut(*pairs.unbind(1))
    for (s, t), a, b in zip(pairs.tolist(), past, future, strict=True):
        assert torch.equal(a, values[s, t - 4 : t + 1])
        assert torch.equal(b, values[s, t + 1 : t + 4])


def test_the_bare_loop_forecasts_in_any_batch() -> None:
    windows = Windows(torch.randn(2, 30), 5, 3)
    model, pairs = Bare("gru", 4, 2, 3), windows.pairs(range(30))
    some = forecast(model, windows, pairs, 7)
    torch.testing.assert_close(some, forecast(model, windows, pairs, 1000))
