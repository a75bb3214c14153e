"""Networks that are averaged: each trained as if it were alone, kept and taken up one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from features.errors import UserError
from features.levels import MEDIAN
from features.normalize import Scaling
from models.ensemble import Ensemble
from models.forecaster import NetworkForecaster
from models.registry import Recipe, build, load, save
from models.settings import NetworkSettings, TrainingSettings
from models.training import Epoch, TrainingRun
from tests.models.panels import HORIZON, SPLIT, fitted, rich_panel

ORIGINS = np.array([40, 80, 115])
NETWORK = NetworkSettings(hidden=4, look_back=12, dropout=0.2)
TRAINING = TrainingSettings(epochs=3, batch_rows=8, chunk_origins=8, seed=4, device="cpu")
RECIPE = Recipe(HORIZON, 1, NETWORK, replace(TRAINING, members=3))


def alone(seed: int) -> NetworkForecaster:
    recipe = replace(RECIPE, training=replace(TRAINING, seed=seed))
    forecaster = build("gru-direct", recipe)
    assert isinstance(forecaster, NetworkForecaster)
    return forecaster


def ensemble(run: TrainingRun | None = None) -> Ensemble:
    forecaster = build("gru-direct", replace(RECIPE, run=run or TrainingRun()))
    assert isinstance(forecaster, Ensemble)
    return forecaster


def test_the_members_are_trained_as_if_alone_from_one_seed_after_another() -> None:
    together, apart = ensemble(), [alone(seed) for seed in (4, 5, 6)]
    together.fit(rich_panel(), SPLIT)
    for one in apart:
        one.fit(rich_panel(), SPLIT)
    each = [one.forecast(rich_panel(), ORIGINS) for one in apart]
    for member, expected in zip(together.members, each, strict=True):
        np.testing.assert_array_equal(member.forecast(rich_panel(), ORIGINS), expected)
    np.testing.assert_allclose(together.forecast(rich_panel(), ORIGINS), np.mean(each, axis=0))
    assert not np.array_equal(each[0], each[1])
    assert [epoch.number for epoch in together.history] == [1, 2, 3] * 3
    assert (together.name, together.horizon) == ("gru-direct", HORIZON)


class Killed(Exception):
    """Stands for the end of the process."""


def test_killed_in_mid_training_each_member_goes_on(tmp_path: Path) -> None:
    unkilled = ensemble()
    unkilled.fit(rich_panel(), SPLIT)
    seen: list[int] = []

    def kill(epoch: Epoch) -> None:
        seen.append(epoch.number)
        if len(seen) == 5:
            raise Killed

    with pytest.raises(Killed):
        ensemble(TrainingRun(tmp_path / "training.safetensors", kill)).fit(rich_panel(), SPLIT)
    assert seen == [1, 2, 3, 1, 2]
    again = ensemble(
        TrainingRun(tmp_path / "training.safetensors", lambda epoch: seen.append(epoch.number))
    )
    again.fit(rich_panel(), SPLIT)
    assert seen[5:] == [3, 1, 2, 3]
    expected = unkilled.forecast(rich_panel(), ORIGINS)
    np.testing.assert_array_equal(again.forecast(rich_panel(), ORIGINS), expected)
    assert [e.validation_loss for e in again.history] == [
        e.validation_loss for e in unkilled.history
    ]


def test_networks_of_different_settings_are_averaged_kept_and_read(tmp_path: Path) -> None:
    members = [
        fitted("lstm-seq2seq", segment=3),
        fitted("gru-direct", Scaling("robust", log=True)),
        fitted("gru-recursive"),
    ]
    mixed = Ensemble("ensemble", [m for m in members if isinstance(m, NetworkForecaster)])
    save(mixed, tmp_path)
    again = load(tmp_path)
    assert isinstance(again, Ensemble)
    assert again.parameters() == mixed.parameters()
    found = again.forecast(rich_panel(), ORIGINS)
    np.testing.assert_array_equal(found, mixed.forecast(rich_panel(), ORIGINS))
    each = [member.forecast(rich_panel(), ORIGINS) for member in members]
    np.testing.assert_allclose(found, np.mean(each, axis=0))


def test_settings_that_members_share_are_told_once() -> None:
    told = ensemble().parameters()
    assert told["model"] == "gru-direct"
    assert told["members"] == 3
    assert told["training.seed"] == [4, 5, 6]
    assert told["network.hidden"] == 4


def test_quantiles_are_averaged_level_by_level() -> None:
    recipe = replace(RECIPE, training=replace(RECIPE.training, loss="quantile", epochs=1))
    sure = build("lstm-direct", recipe)
    assert isinstance(sure, Ensemble)
    sure.fit(rich_panel(), SPLIT)
    found = sure.quantiles(rich_panel(), ORIGINS)
    assert found is not None
    each = [member.quantiles(rich_panel(), ORIGINS) for member in sure.members]
    np.testing.assert_allclose(found, np.mean(each, axis=0))  # type: ignore[arg-type]
    assert (np.diff(found, axis=-1) >= 0).all()
    np.testing.assert_allclose(found[..., MEDIAN], sure.forecast(rich_panel(), ORIGINS))
    plain = fitted("gru-direct")
    assert isinstance(plain, NetworkForecaster)
    assert Ensemble("mixed", [*sure.members, plain]).quantiles(rich_panel(), ORIGINS) is None


def test_members_of_different_horizons_are_refused() -> None:
    other = build("gru-direct", Recipe(HORIZON + 1))
    assert isinstance(other, NetworkForecaster)
    with pytest.raises(UserError, match=r"one horizon, got \[5, 6\]"):
        Ensemble("mixed", [alone(0), other])


def test_an_ensemble_has_a_member() -> None:
    with pytest.raises(UserError, match="members must be at least 1, got 0"):
        TrainingSettings(members=0)
