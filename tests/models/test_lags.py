"""Regressions on lags: what they read, what they choose, and that they learn."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from features.calendars import Calendar
from features.errors import UserError
from features.normalize import Scaling
from features.panel import Covariates, Floats, Panel
from features.splits import Split
from models.baselines import Naive, SeasonalNaive
from models.boosting import Boosting
from models.lags import LagRegression, Rows, filled, lags, targets
from models.registry import load, save
from models.ridge import LONG, Ridge
from models.settings import NetworkSettings
from tests.models.panels import rich_panel

STEPS, HORIZON, SEASON = 600, 4, 6
SPLIT = Split(range(0, 400), range(400, 480), range(480, STEPS))
NETWORK = NetworkSettings(look_back=12)
every = pytest.mark.parametrize("kind", [Ridge, Boosting], ids=lambda kind: kind.name)


def panel_of(y: Floats, future: Floats | None = None) -> Panel:
    calendar = Calendar("D", pd.date_range("2020-01-01", periods=y.shape[1]))
    nothing, ids = np.zeros((*y.shape, 0)), tuple(f"s{i}" for i in range(len(y)))
    covariates = Covariates(future=("promotion",)) if future is not None else Covariates()
    known = nothing if future is None else future
    return Panel(ids, calendar, y, nothing, known, np.zeros((len(y), 0)), covariates)


def seasonal() -> Panel:
    """Two seasonal series with noise, one far larger than the other."""
    rng = np.random.default_rng(0)
    wave = np.sin(np.arange(STEPS) * 2 * np.pi / SEASON) + 0.1 * rng.normal(size=(2, STEPS))
    return panel_of(wave * [[1.0], [50.0]] + [[3.0], [200.0]])


def fitted(kind: type[LagRegression], panel: Panel) -> Any:
    forecaster = kind(HORIZON, SEASON, NETWORK)
    forecaster.fit(panel, SPLIT)
    return forecaster


def error(forecaster: Any, panel: Panel) -> float:
    """MAE over the test range, each series in units of its deviation."""
    origins = SPLIT.origins("test", HORIZON)
    truth = np.stack([panel.y[:, origins + h] for h in range(1, HORIZON + 1)], axis=2)
    away = np.abs(forecaster.forecast(panel, origins) - truth)
    return float((np.nanmean(away, axis=(1, 2)) / np.nanstd(panel.y, axis=1)).mean())


@every
def test_it_learns_a_season_that_naive_forecasts_do_not(kind: type[LagRegression]) -> None:
    panel = seasonal()
    assert error(fitted(kind, panel), panel) < 0.9 * error(SeasonalNaive(HORIZON, SEASON), panel)
    assert error(fitted(kind, panel), panel) < 0.3 * error(Naive(HORIZON), panel)


@every
def test_it_reads_what_is_known_ahead(kind: type[LagRegression]) -> None:
    rng = np.random.default_rng(1)
    promotion = (rng.random((2, STEPS + HORIZON, 1)) < 0.3).astype(float)
    noise = 0.1 * rng.normal(size=(2, STEPS))
    with_it = panel_of(3 * promotion[:, :STEPS, 0] + noise, promotion)
    without = panel_of(with_it.y)
    assert error(fitted(kind, with_it), with_it) < 0.4 * error(fitted(kind, without), without)


@every
def test_what_is_not_known_ahead_is_refused(kind: type[LagRegression]) -> None:
    panel = panel_of(seasonal().y, np.zeros((2, STEPS, 1)))
    forecaster = fitted(kind, panel)
    with pytest.raises(UserError, match="promotion do not reach 4 steps past"):
        forecaster.forecast(panel, np.array([STEPS - 2]))


@every
def test_missing_values_are_learned_around(kind: type[LagRegression]) -> None:
    whole = seasonal()
    y = np.where(np.random.default_rng(2).random(whole.y.shape) < 0.1, np.nan, whole.y)
    panel = panel_of(y)
    got = fitted(kind, panel)
    assert np.isfinite(got.forecast(panel, SPLIT.origins("test", HORIZON))).all()
    assert error(got, panel) < 0.6 * error(Naive(HORIZON), panel)


@every
def test_what_it_chose_can_be_logged_and_kept(kind: type[LagRegression], tmp_path: Any) -> None:
    forecaster, panel, at = fitted(kind, seasonal()), seasonal(), np.arange(100, 300)
    logged = json.loads(json.dumps(forecaster.parameters()))
    assert logged["model"] == kind.name
    assert "chosen.level" in logged
    save(forecaster, tmp_path)
    again = load(tmp_path)
    assert again.forecast(panel, at).tobytes() == forecaster.forecast(panel, at).tobytes()
    with pytest.raises(UserError, match="was fitted on the series s0, s1 and got s0"):
        again.forecast(panel.of(slice(0, 1)), at)


@every
def test_nothing_is_forecast_before_a_fit(kind: type[LagRegression]) -> None:
    with pytest.raises(RuntimeError, match="fit or load"):
        kind(HORIZON).forecast(seasonal(), np.array([50]))


def test_ridge_is_its_linear_map_by_hand() -> None:
    panel, origin = seasonal(), 500
    ridge = fitted(Ridge, panel)
    assert ridge.lens is not None
    back, reach = ridge.chosen["look_back"], ridge.lens.reach[1, 0]
    normal = ridge.lens.normalizer
    x = (panel.y[1] - normal.center[1]) / normal.scale[1]
    row = [(x[max(origin - k, 0)] - x[origin]) / reach for k in range(back)]
    row += list(np.asarray(ridge.lens.signal(panel).known[0, origin]))
    row += [x[origin] / reach] * ridge.chosen["level"]
    away = np.array(row) @ ridge.weights.numpy() + ridge.bias.numpy()
    want = (x[origin] + away * reach) * normal.scale[1] + normal.center[1]
    got = ridge.forecast(panel, np.array([origin]))[1, 0]
    np.testing.assert_allclose(got, want, rtol=1e-5)


def test_ridge_chooses_the_look_back_that_the_validation_range_is_for() -> None:
    """A season longer than the look-back is only seen by the long one."""
    rng, year = np.random.default_rng(3), 100
    shape = np.tile(rng.normal(size=year), STEPS // year)[None]
    panel = panel_of(shape + 0.1 * rng.normal(size=(1, STEPS)))
    assert fitted(Ridge, panel).chosen["look_back"] == LONG


def test_lags_are_relative_and_stay_inside_the_series() -> None:
    panel = rich_panel()
    forecaster = Ridge(HORIZON, 1, NETWORK, Scaling("none"))
    forecaster.fit(panel, Split(range(90), range(90, 110), range(110, 130)))
    assert forecaster.lens is not None
    signal = forecaster.lens.signal(panel)
    rows = Rows(torch.tensor([2, 1]), torch.tensor([42, 18]))  # c misses 40 and 41, b begins at 17
    got = lags(filled(signal), signal, rows, torch.arange(4)).double().numpy()
    reach = forecaster.lens.reach[[2, 1], 0]
    c, b = panel.y[2], panel.y[1]
    np.testing.assert_allclose(got[0] * reach[0] + c[42], [c[42], c[39], c[39], c[39]], rtol=1e-5)
    np.testing.assert_allclose(got[1] * reach[1] + b[18], [b[18], b[17], b[17], b[17]], rtol=1e-5)


def test_targets_end_where_they_must_not_be_read() -> None:
    panel = replace(rich_panel(), covariates=Covariates())
    forecaster = Ridge(3, 1, NETWORK, Scaling("none"))
    forecaster.fit(rich_panel(), Split(range(90), range(90, 110), range(110, 130)))
    assert forecaster.lens is not None
    signal = forecaster.lens.signal(panel)
    rows = Rows(torch.tensor([2, 2]), torch.tensor([38, 88]))
    values, seen = targets(signal, rows, 3, stop=90)
    assert seen.tolist() == [[True, False, False], [True, False, False]]
    c, reach = panel.y[2], forecaster.lens.reach[2, 0]
    got = values.double().numpy() * reach + c[[38, 88], None]
    np.testing.assert_allclose(got, [[c[39]] * 3, [c[89]] * 3], rtol=1e-5)


@every
def test_ranges_without_a_target_are_refused_in_a_sentence(kind: type[LagRegression]) -> None:
    panel = seasonal()
    unseen = replace(panel, y=np.where(np.arange(STEPS) // 80 == 5, np.nan, panel.y))
    with pytest.raises(UserError, match="validation range of 80 steps"):
        kind(HORIZON, SEASON, NETWORK).fit(unseen, SPLIT)
    with pytest.raises(UserError, match="training range of 4 steps"):
        kind(HORIZON, SEASON, NETWORK).fit(panel, Split(range(4), range(4, 480), SPLIT.test))


def test_one_lag_has_no_deviation_and_no_warning() -> None:
    model = Boosting(HORIZON, SEASON, NetworkSettings(look_back=1))
    model.fit(seasonal(), SPLIT)
    assert np.isfinite(model.forecast(seasonal(), np.array([480]))).all()
