from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from evaluation.probability import pinball as reference
from features.calendars import Calendar
from features.errors import UserError
from features.levels import LEVELS, MEDIAN
from features.normalize import Scaling
from features.panel import Panel
from features.splits import Split
from models.quantiles import ordered, pinball
from models.registry import Recipe, build, load, save
from models.settings import NetworkSettings, TrainingSettings
from tests.models.panels import HORIZON, PLAIN, SPLIT, TRAINING, rich_panel

ORIGINS = np.array([17, 41, 110])
QUANTILES = replace(TRAINING, loss="quantile")


@given(seed=st.integers(0, 10_000), size=st.sampled_from([0.1, 1.0, 50.0]))
def test_whatever_a_network_writes_does_not_cross(seed: int, size: float) -> None:
    raw = size * torch.randn(40, len(LEVELS), generator=torch.Generator().manual_seed(seed))
    found = ordered(raw)
    assert (found.diff(dim=-1) >= 0).all()
    torch.testing.assert_close(found[:, MEDIAN], raw[:, MEDIAN], rtol=0, atol=0)


def test_the_loss_is_twice_the_mean_pinball_over_the_levels() -> None:
    rng = np.random.default_rng(0)
    y, quantiles = rng.normal(size=(7, 3)), rng.normal(size=(7, 3, len(LEVELS)))
    want = 2 * np.mean([reference(y, quantiles[..., q], v) for q, v in enumerate(LEVELS)], axis=0)
    got = pinball(torch.tensor(quantiles), torch.tensor(y))
    np.testing.assert_allclose(got, want)
    assert pinball(torch.tensor(quantiles), torch.tensor(y), "sum") == pytest.approx(want.sum())


def test_trained_increments_reach_the_true_quantiles() -> None:
    y = torch.randn(2000, generator=torch.Generator().manual_seed(0))
    raw = torch.zeros(len(LEVELS), requires_grad=True)
    optimizer = torch.optim.Adam([raw], lr=0.05)
    for _ in range(200):
        optimizer.zero_grad()
        pinball(ordered(raw).expand(len(y), -1), y).mean().backward()
        optimizer.step()
    want = torch.quantile(y, torch.tensor(LEVELS))
    np.testing.assert_allclose(ordered(raw).detach(), want, atol=0.04)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_one_path_has_no_quantiles(cell: str) -> None:
    with pytest.raises(UserError, match=f"{cell}-recursive cannot be trained with training.loss"):
        build(f"{cell}-recursive", Recipe(HORIZON, training=QUANTILES))


def test_a_point_network_offers_none() -> None:
    forecaster = build("gru-direct", Recipe(HORIZON))
    assert forecaster.quantiles(rich_panel(), ORIGINS) is None
    assert build("naive", Recipe(HORIZON)).quantiles(rich_panel(), ORIGINS) is None


@pytest.mark.parametrize("scaling", [PLAIN, Scaling("robust", log=True, difference=True)], ids=str)
@pytest.mark.parametrize("name", ["gru-direct", "lstm-seq2seq"])
def test_the_median_is_the_forecast_in_original_units(name: str, scaling: Scaling) -> None:
    network = NetworkSettings(hidden=8, segment=3, look_back=12)
    forecaster = build(name, Recipe(HORIZON, 1, network, QUANTILES, scaling))
    forecaster.fit(rich_panel(), SPLIT)
    found = forecaster.quantiles(rich_panel(), ORIGINS)
    assert found is not None
    assert found.shape == (3, len(ORIGINS), HORIZON, len(LEVELS))
    assert (np.diff(found) >= 0).all()
    np.testing.assert_array_equal(found[..., MEDIAN], forecaster.forecast(rich_panel(), ORIGINS))


def test_a_saved_forecaster_gives_the_same_quantiles(tmp_path: Path) -> None:
    network = NetworkSettings(hidden=8, look_back=12)
    forecaster = build("gru-direct", Recipe(HORIZON, 1, network, QUANTILES))
    forecaster.fit(rich_panel(), SPLIT)
    save(forecaster, tmp_path)
    again = load(tmp_path).quantiles(rich_panel(), ORIGINS)
    np.testing.assert_array_equal(again, forecaster.quantiles(rich_panel(), ORIGINS))


def test_intervals_are_wider_where_the_noise_is_larger() -> None:
    """One series, in turn calm and wild by its day of the week."""
    rng, steps = np.random.default_rng(0), 700
    stamps = np.arange(steps)
    calendar = Calendar("D", pd.date_range("2020-01-06", periods=steps))  # a Monday
    wild = stamps % 7 >= 4
    y = 20 + rng.normal(size=(1, steps)) * np.where(wild, 5.0, 0.5)
    none = np.zeros((1, steps, 0))
    panel = Panel(("a",), calendar, y, none, none, np.zeros((1, 0)))
    split = Split(range(0, 500), range(500, 600), range(600, 700))
    training = TrainingSettings(
        epochs=12, loss="quantile", learning_rate=0.01, batch_rows=16, chunk_origins=16
    )
    network = NetworkSettings(hidden=16, look_back=14, dropout=0.0)
    forecaster = build("gru-direct", Recipe(1, 7, network, training))
    forecaster.fit(panel, split)
    origins = split.origins("test", 1)
    found = forecaster.quantiles(panel, origins)
    assert found is not None
    width = (found[..., -1] - found[..., 0])[0, :, 0]
    ahead = wild[origins + 1]
    assert width[ahead].mean() > 3 * width[~ahead].mean()
