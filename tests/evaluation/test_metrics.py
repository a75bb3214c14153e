from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk
from utilsforecast import losses

from evaluation.metrics import (
    METRICS,
    TINY,
    Scale,
    by_horizon,
    by_series,
    mean,
    seasonal_scale,
    skill,
    used_share,
)
from features.panel import Floats
from tests.evaluation.toys import panel_of, wavy_panel

quick = settings(max_examples=30)  # times six metrics
NAN = math.nan
ONE = Scale(np.array([1.0]), np.array([1.0]))
every = pytest.mark.parametrize("name", list(METRICS))
cubes = arrays(np.float64, (2, 4, 3), elements=st.one_of(st.just(NAN), st.floats(-50, 50)))


def one(name: str, y: list[float], forecast: list[float], scale: Scale = ONE) -> float:
    """The metric of one series from one origin."""
    values = by_series(METRICS[name], np.array([[y]]), np.array([[forecast]]), scale)
    return float(values[0])


def slowly(name: str, y: Floats, forecast: Floats, absolute: float, squared: float) -> float:
    """The metric of one series, in the slow and readable way."""
    terms: list[float] = []
    for a, f in zip(y.ravel().tolist(), forecast.ravel().tolist(), strict=True):
        if math.isnan(a) or math.isnan(f):
            continue
        if name == "mape":
            if abs(a) > TINY:
                terms.append(100 * abs(a - f) / abs(a))
        elif name == "smape":
            terms.append(0.0 if a == f == 0 else 200 * abs(a - f) / (abs(a) + abs(f)))
        elif name in ("mae", "mase"):
            terms.append(abs(a - f) / (absolute if name == "mase" else 1))
        else:
            terms.append((a - f) ** 2 / (squared if name == "rmsse" else 1))
    if not terms:
        return NAN
    value = sum(terms) / len(terms)
    return math.sqrt(value) if name in ("rmse", "rmsse") else value


@every
@quick
@given(y=cubes, forecast=cubes)
def test_equals_the_slow_loop(name: str, y: Floats, forecast: Floats) -> None:
    scale = Scale(np.array([2.0, 3.0]), np.array([5.0, 7.0]))
    got = by_series(METRICS[name], y, forecast, scale)
    want = [slowly(name, y[s], forecast[s], scale.absolute[s], scale.squared[s]) for s in range(2)]
    np.testing.assert_allclose(got, want, rtol=1e-9)


@every
@quick
@given(y=cubes, forecast=cubes)
def test_by_horizon_is_the_mean_over_series_at_each_step(
    name: str, y: Floats, forecast: Floats
) -> None:
    scale = Scale(np.array([2.0, 3.0]), np.array([5.0, 7.0]))
    got = by_horizon(METRICS[name], y, forecast, scale)
    for h in range(3):
        step = by_series(METRICS[name], y[..., h : h + 1], forecast[..., h : h + 1], scale)
        known = step[~np.isnan(step)]
        want = known.mean() if len(known) else NAN
        np.testing.assert_allclose(got[h], want, rtol=1e-9)


@pytest.mark.parametrize(
    ("name", "factor"), [("mae", 1), ("rmse", 1), ("mape", 100), ("smape", 200)]
)
def test_equals_utilsforecast(name: str, factor: float) -> None:
    rng = np.random.default_rng(3)
    y, forecast = rng.normal(5, 2, (2, 2, 20, 3))
    frame = pd.DataFrame(
        {"unique_id": np.repeat([0, 1], 60), "y": y.ravel(), "m": forecast.ravel()}
    )
    want = getattr(losses, name)(frame, ["m"])["m"].to_numpy() * factor
    scale = Scale(np.ones(2), np.ones(2))
    np.testing.assert_allclose(by_series(METRICS[name], y, forecast, scale), want, rtol=1e-12)


@pytest.mark.parametrize("name", ["mase", "rmsse"])
@pytest.mark.parametrize("season", [1, 7])
def test_scaled_metrics_equal_utilsforecast(name: str, season: int) -> None:
    panel = wavy_panel(60)
    frame = panel.frame()
    known, asked = frame[frame["ds"] < panel.stamps[40]], frame[frame["ds"] >= panel.stamps[40]]
    want = getattr(losses, name)(asked.assign(m=20.0), ["m"], season, known)["m"].to_numpy()
    y = panel.y[:, None, 40:]
    scale = seasonal_scale(panel, range(40), season)
    got = by_series(METRICS[name], y, np.full_like(y, 20.0), scale)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_equals_scikit_learn() -> None:
    y, forecast = np.random.default_rng(4).normal(5, 2, (2, 50))
    got = {name: one(name, list(y), list(forecast)) for name in ("mae", "rmse", "mape")}
    assert got["mae"] == pytest.approx(sk.mean_absolute_error(y, forecast))
    assert got["rmse"] == pytest.approx(sk.root_mean_squared_error(y, forecast))
    assert got["mape"] == pytest.approx(100 * sk.mean_absolute_percentage_error(y, forecast))


@pytest.mark.parametrize(
    ("name", "y", "forecast", "want"),
    [
        ("mae", [1.0], [3.0], 2.0),
        ("mae", [1.0, NAN, 5.0], [3.0, 9.0, NAN], 2.0),
        ("rmse", [0.0, 0.0], [3.0, 4.0], math.sqrt(12.5)),
        ("mape", [2.0, 0.0], [1.0, 7.0], 50.0),
        ("mape", [-4.0], [-3.0], 25.0),
        ("mape", [0.0, TINY], [1.0, 1.0], NAN),
        ("smape", [1.0], [3.0], 100.0),
        ("smape", [0.0, 0.0], [0.0, 5.0], 100.0),
        ("smape", [1.0], [-1.0], 200.0),
        ("smape", [1.0], [math.inf], 200.0),
        ("mae", [1.0, 1.0], [math.inf, 1.0], math.inf),
        ("rmse", [NAN], [1.0], NAN),
    ],
)
def test_by_hand(name: str, y: list[float], forecast: list[float], want: float) -> None:
    assert one(name, y, forecast) == pytest.approx(want, nan_ok=True)


@every
def test_a_perfect_forecast_makes_no_error(name: str) -> None:
    y = [1.0, -2.0, 3.5]
    assert one(name, y, y) == 0


@every
def test_the_order_of_points_does_not_matter(name: str) -> None:
    y, forecast = np.random.default_rng(5).normal(3, 1, (2, 1, 30, 4))
    shuffled = np.random.default_rng(6).permutation(30)
    np.testing.assert_allclose(
        by_series(METRICS[name], y, forecast, ONE),
        by_series(METRICS[name], y[:, shuffled], forecast[:, shuffled], ONE),
    )


def test_the_share_that_mape_could_use() -> None:
    y = np.array([[[0.0, 2.0, NAN, 4.0]], [[NAN, NAN, NAN, NAN]]])
    forecast = np.array([[[1.0, 1.0, 1.0, NAN]], [[1.0, 1.0, 1.0, 1.0]]])
    scale = Scale(np.ones(2), np.ones(2))
    shares = used_share(METRICS["mape"], y, forecast, scale)
    np.testing.assert_array_equal(shares, [0.5, NAN])
    assert used_share(METRICS["mae"], y, forecast, scale)[0] == 1


def test_the_scale_by_hand() -> None:
    y = np.array([[1.0, 2.0, 4.0, NAN, 9.0, 99.0], [5.0] * 6, [NAN] * 6])
    scale = seasonal_scale(panel_of(y), range(5), 2)
    np.testing.assert_array_equal(scale.absolute, [4.0, NAN, NAN])  # |4 - 1|, |9 - 4|
    np.testing.assert_array_equal(scale.squared, [17.0, NAN, NAN])


def test_the_scale_reads_the_training_range_only() -> None:
    panel = wavy_panel(60)
    changed = panel.y.copy()
    changed[:, 30:] = 1e9
    before = seasonal_scale(panel, range(30), 7)
    after = seasonal_scale(panel_of(changed), range(30), 7)
    np.testing.assert_array_equal(before.absolute, after.absolute)
    np.testing.assert_array_equal(before.squared, after.squared)


def test_a_range_shorter_than_the_season_gives_no_scale() -> None:
    assert np.isnan(seasonal_scale(panel_of(np.arange(5.0)[None]), range(5), 7).absolute).all()


def test_skill_by_hand() -> None:
    assert skill(1.5, 2.0) == 0.25
    assert skill(4.0, 2.0) == -1
    assert skill(2.0, 2.0) == 0
    assert math.isnan(skill(1.0, 0.0))
    assert math.isnan(skill(1.0, NAN))
    assert skill(math.inf, 1.0) == -math.inf


@quick
@given(y=cubes)
def test_the_mean_leaves_out_nan(y: Floats) -> None:
    got = mean(y, (1, 2))
    for s in range(2):
        known = y[s][~np.isnan(y[s])]
        np.testing.assert_allclose(got[s], known.mean() if len(known) else NAN, atol=1e-9)
