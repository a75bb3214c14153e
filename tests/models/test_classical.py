"""The recursion of the classical rivals, with statsforecast itself as the oracle."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.calendars import Calendar
from features.errors import UserError
from features.panel import Floats, Panel
from features.splits import Split
from models import classical
from models.arima import AutoARIMA, recursion
from models.classical import Classical, seasonal_indices
from models.ets import AutoETS
from models.innovations import Innovations
from models.theta import Theta
from tests.models.test_invariants import with_last_value, with_wild_future

STEPS, HORIZON, SEASON = 330, 9, 7
SPLIT = Split(range(0, 240), range(240, 270), range(270, STEPS))
END = SPLIT.train.stop - 1
MODELS = (Theta, AutoETS, AutoARIMA)
every = pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.name)


def panel_of(y: Floats) -> Panel:
    empty = np.zeros((*y.shape, 0))
    calendar = Calendar("D", pd.date_range("2020-01-01", periods=y.shape[1]))
    return Panel(tuple("abcdef")[: len(y)], calendar, y, empty, empty, np.zeros((len(y), 0)))


@lru_cache
def series() -> Panel:
    """A seasonal walk, a fixed season, a walk with drift, one that returns to a mean."""
    rng, t = np.random.default_rng(1), np.arange(STEPS)
    shock = rng.normal(size=(4, STEPS))
    back = shock[3].copy()
    for i in range(1, STEPS):
        back[i] += 0.8 * back[i - 1]
    season = 5 * np.sin(t * 2 * np.pi / SEASON)
    walk = shock.cumsum(axis=1)
    return panel_of(np.stack([walk[0] + season, shock[1] + season, walk[2] + t / 2, back + 20]))


@lru_cache
def fitted(kind: type[Classical], season: int = SEASON) -> Classical:
    forecaster = kind(HORIZON, season)
    forecaster.fit(series(), SPLIT)
    return forecaster


def library(kind: type[Classical], y: Floats) -> Any:
    """statsforecast's model, fitted as we fit it."""
    from statsforecast import models

    made: dict[type[Classical], Callable[[], Any]] = {
        Theta: lambda: models.Theta(SEASON, decomposition_type="additive"),
        AutoETS: lambda: models.AutoETS(SEASON, model="AZZ"),
        AutoARIMA: lambda: models.AutoARIMA(season_length=SEASON),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return made[kind]().fit(y)


@lru_cache
def oracle_of(kind: type[Classical], s: int) -> Any:
    """The library's model of a series, fitted on the training range."""
    return library(kind, series().y[s, : END + 1])


@every
def test_at_the_end_of_the_training_range_it_is_statsforecast(kind: type[Classical]) -> None:
    got = fitted(kind).forecast(series(), np.array([END]))[:, 0]
    for s, mine in enumerate(got):
        want = oracle_of(kind, s).predict(HORIZON)["mean"]
        np.testing.assert_allclose(mine, want, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", [AutoETS, AutoARIMA], ids=lambda kind: kind.name)
def test_at_later_origins_it_is_statsforecast_carried_forward(kind: type[Classical]) -> None:
    """Its exact filter of an ARIMA learns of the beginning still, which is settled here."""
    origins = np.array([END + 1, END + 5, END + 50])
    got = fitted(kind).forecast(series(), origins)
    for s, (y, mine) in enumerate(zip(series().y, got, strict=True)):
        oracle = oracle_of(kind, s)
        want = [oracle.forward(y[: t + 1], HORIZON)["mean"] for t in origins]
        change = np.abs(np.diff(y)).mean()
        np.testing.assert_allclose(mine, want, rtol=0, atol=2e-3 * change)


@pytest.mark.parametrize("ma", [0.6, -1.0000001, -2.5, 4.0])
def test_an_arima_of_any_moving_average_is_the_exact_filter(ma: float) -> None:
    from statsforecast.models import ARIMA

    y = series().y[0]
    oracle = ARIMA((1, 1, 1), fixed={"ar1": 0.3, "ma1": ma}).fit(y)
    model = Innovations.stack([recursion(oracle.model_, y)])
    since = np.zeros(1, np.int64)
    got = model.forecast(y[None], since, since, np.array([STEPS - 1]), 1, HORIZON)
    np.testing.assert_allclose(got[0, 0], oracle.predict(HORIZON)["mean"], rtol=1e-5)


def test_theta_at_later_origins_differs_by_the_line_it_keeps() -> None:
    """The library fits the line again; smoothing has forgotten where both began."""
    y, t = series().y[2], END + 60
    from statsforecast.models import Theta as Library
    from statsforecast.theta import forward_theta

    oracle = Library().fit(y[: END + 1])
    want = oracle.forward(y[: t + 1], HORIZON)["mean"]
    later = forward_theta(oracle.model_, y[: t + 1])  # type: ignore[no-untyped-call]
    kept, slope = (model["states"][-1][3] for model in (oracle.model_, later))
    apart = (kept - slope) / 2 * (1 / oracle.model_["par"]["alpha"] + np.arange(HORIZON))
    got = fitted(Theta, 1).forecast(series(), np.array([t]))[2, 0]
    assert abs(kept - slope) > 1e-4
    np.testing.assert_allclose(got - want, apart, rtol=0, atol=1e-9)


@every
@pytest.mark.parametrize("season", [SEASON, 2 * SEASON])
def test_the_invariants_hold_with_a_season(kind: type[Classical], season: int) -> None:
    """But that the last value of noise around a fixed season, series b, may tell nothing."""
    forecaster, panel, at = fitted(kind, season), series(), np.array([3, 100, END, 290])
    at_once = forecaster.forecast(panel, at)
    for i, origin in enumerate(at):
        one = np.array([origin])
        wild = forecaster.forecast(with_wild_future(panel, int(origin)), one)
        np.testing.assert_array_equal(wild[:, 0], at_once[:, i])
        alone = forecaster.forecast(panel.until(int(origin)), one)
        np.testing.assert_array_equal(alone[:, 0], at_once[:, i])
        moved = forecaster.forecast(with_last_value(panel, int(origin)), one)
        assert (np.abs(moved - alone)[[0, 2, 3], 0, 0] > 1e-9).all()


@every
def test_the_forecast_stands_in_for_what_is_missing(kind: type[Classical]) -> None:
    y = series().y.copy()
    y[:, 280:285] = np.nan
    got = fitted(kind).forecast(panel_of(y), np.array([279, 284]))
    np.testing.assert_allclose(got[:, 1, :4], got[:, 0, 5:], rtol=0, atol=1e-9)


@every
def test_a_gap_in_the_training_range_is_survived(kind: type[Classical]) -> None:
    y = series().y.copy()
    y[:, 50:60], y[0, :20], y[1, END - 3 : END + 1] = np.nan, np.nan, np.nan
    forecaster = kind(HORIZON, SEASON)
    forecaster.fit(panel_of(y), SPLIT)
    whole, origins = fitted(kind), SPLIT.origins("test", HORIZON)
    truth = np.stack([y[:, origins + h] for h in range(1, HORIZON + 1)], axis=2)
    errors = [np.abs(f.forecast(panel_of(y), origins) - truth).mean() for f in (forecaster, whole)]
    assert errors[0] < 1.2 * errors[1]


@every
def test_only_the_latest_steps_are_fitted_on(
    kind: type[Classical], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classical, "WINDOW", 100)
    y = series().y[:2]
    wild = y.copy()
    wild[:, : END - 99] *= -3
    got = []
    for values in (y, wild):
        forecaster = kind(HORIZON, SEASON)
        forecaster.fit(panel_of(values), SPLIT)
        got.append(forecaster.forecast(panel_of(values), np.array([END, END + 30])))
    np.testing.assert_array_equal(got[0], got[1])
    want = [library(kind, row[END - 99 : END + 1]).predict(HORIZON)["mean"] for row in y]
    np.testing.assert_allclose(got[0][:, 0], want, rtol=1e-5)
    early = forecaster.forecast(panel_of(y), np.arange(SEASON, END - 99))
    truth = np.stack([y[:, h + 1 : h + 1 + END - 99 - SEASON] for h in range(SEASON, 9)], axis=2)
    error = np.abs(early[:, :, : truth.shape[2]] - truth).mean()
    assert error < 2 * np.abs(np.diff(y)).mean()


@every
def test_a_long_season_is_taken_off(kind: type[Classical]) -> None:
    t, rng = np.arange(STEPS), np.random.default_rng(0)
    shape = 5 * np.sin(t * 2 * np.pi / 24) ** 3
    panel = panel_of((shape + rng.normal(size=STEPS) / 10)[None])
    forecaster = kind(HORIZON, 24)
    forecaster.fit(panel, SPLIT)
    origins = SPLIT.origins("test", HORIZON)
    truth = np.stack([shape[origins + h] for h in range(1, HORIZON + 1)], axis=1)
    assert np.abs(forecaster.forecast(panel, origins)[0] - truth).mean() < 0.3
    indices = seasonal_indices(shape[5:245], 24)
    np.testing.assert_allclose(indices, shape[5:29] - shape[5:29].mean(), atol=1e-9)


@every
def test_too_little_to_choose_by_is_naive(kind: type[Classical]) -> None:
    y = np.full((4, STEPS), np.nan)
    y[0], y[1, END - 8 :], y[2, END + 20 :] = 3.0, np.arange(STEPS - END + 8), 5.0
    panel, nan = panel_of(y), np.nan
    forecaster = kind(3, SEASON)
    forecaster.fit(panel, SPLIT)
    got = forecaster.forecast(panel, np.array([END, END + 30]))
    assert forecaster.chosen == ["naive"] * 4
    want = np.array([[3.0, 3.0], [8.0, 38.0], [nan, 5.0], [nan, nan]])
    np.testing.assert_allclose(got[:, :, 0], want)


@every
def test_what_was_chosen_can_be_logged(kind: type[Classical]) -> None:
    logged = json.loads(json.dumps(fitted(kind).parameters()))
    assert logged["model"] == kind.name
    assert tuple(logged["chosen"]) == series().ids
    assert all(logged["chosen"].values())


def test_other_series_are_refused() -> None:
    with pytest.raises(UserError, match="was fitted on the series a, b, c, d and got a, b"):
        fitted(Theta).forecast(series().of(slice(0, 2)), np.array([50]))
    with pytest.raises(RuntimeError, match="fit or load"):
        Theta(3).forecast(series(), np.array([50]))


def test_models_of_different_width_are_stacked() -> None:
    """A padded model forecasts what it forecasts alone."""
    wide = fitted(AutoETS).model
    assert wide is not None
    narrow, first = Innovations.naive(1.0), Innovations(*(v[0] for v in vars(wide).values()))
    y, since, at = series().y[[0, 0]], np.zeros(2, np.int64), np.arange(20)
    two = Innovations.stack([narrow, first]).forecast(y, since, since, at, 1, 3)
    one = Innovations.stack([first]).forecast(y[:1], since[:1], since[:1], at, 1, 3)
    np.testing.assert_allclose(two[0], np.repeat(y[0, :20, None], 3, axis=1))
    np.testing.assert_allclose(two[1], one[0])
