from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics as sk
from utilsforecast import losses

from evaluation.metrics import (
    MAPE_SHARE,
    METRICS,
    TINY,
    Metric,
    Points,
    Scale,
    by_series,
    mean,
    seasonal_scale,
    skill,
)
from features.panel import Floats
from tests.evaluation.toys import panel_of, unscaled, wavy_panel

quick = settings(max_examples=30)  # times nine metrics
NAN = math.nan
ONE = Scale(np.array([1.0]), np.array([1.0]))
every = pytest.mark.parametrize("name", list(METRICS))
cubes = arrays(np.float64, (2, 4, 3), elements=st.one_of(st.just(NAN), st.floats(-50, 50)))


lasts = arrays(np.float64, (2, 4), elements=st.one_of(st.just(NAN), st.integers(-50, 50)))


def of_each(name: str, y: Floats, forecast: Floats, scale: Scale, last: float = 0.0) -> Floats:
    """[S] the metric of each series, where every origin's last value is `last`."""
    lasts = np.full(y.shape[:2], last)
    return by_series(METRICS[name], Points(y, forecast, lasts, scale))


def one(name: str, y: list[float], forecast: list[float], last: float = 0.0) -> float:
    """The metric of one series from one origin."""
    return float(of_each(name, np.array([[y]]), np.array([[forecast]]), ONE, last)[0])


class Point(NamedTuple):
    """Observation, forecast, last value, and the scale of its series."""

    a: float
    f: float
    last: float
    absolute: float
    squared: float


SLOW: dict[str, Callable[[Point], float]] = {
    "mae": lambda p: abs(p.a - p.f),
    "rmse": lambda p: (p.a - p.f) ** 2,
    "mape": lambda p: 100 * abs(p.a - p.f) / abs(p.a) if abs(p.a) > TINY else NAN,
    "smape": lambda p: 200 * abs(p.a - p.f) / (abs(p.a) + abs(p.f)) if p.a or p.f else 0.0,
    "mase": lambda p: abs(p.a - p.f) / p.absolute,
    "rmsse": lambda p: (p.a - p.f) ** 2 / p.squared,
    "wape": lambda p: 100 * abs(p.a - p.f),
    "bias": lambda p: p.f - p.a,
    "direction": lambda p: (
        NAN if math.isnan(p.last) or p.a == p.last
        else 100.0 * (p.f > p.last if p.a > p.last else p.f < p.last)
    ),
}  # fmt: skip
"""What each point adds to the sum, NaN where it does not count."""


def slowly(name: str, points: list[Point]) -> float:
    """The metric of one series, in the slow and readable way."""
    there = [p for p in points if not math.isnan(p.a) and not math.isnan(p.f)]
    terms = [term for term in map(SLOW[name], there) if not math.isnan(term)]
    count = sum(abs(p.a) for p in there) if name == "wape" else len(terms)
    value = sum(terms) / count if count else NAN
    return math.sqrt(value) if name in ("rmse", "rmsse") else value


def list_points(
    y: Floats, forecast: Floats, last: Floats, scale: Scale, series: int
) -> list[Point]:
    absolute, squared = scale.absolute[series].item(), scale.squared[series].item()
    each = zip(
        y[series].ravel().tolist(),
        forecast[series].ravel().tolist(),
        np.repeat(last[series], y.shape[2]).tolist(),
        strict=True,
    )
    return [Point(a, f, b, absolute, squared) for a, f, b in each]


@every
@quick
@given(y=cubes, forecast=cubes, last=lasts)
def test_equals_the_slow_loop(name: str, y: Floats, forecast: Floats, last: Floats) -> None:
    scale = Scale(np.array([2.0, 3.0]), np.array([5.0, 7.0]))
    got = by_series(METRICS[name], Points(y, forecast, last, scale))
    want = [slowly(name, list_points(y, forecast, last, scale, s)) for s in range(2)]
    np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("mae", 1), ("rmse", 1), ("mape", 100), ("smape", 200), ("wape", 100), ("bias", 1)],
)
def test_equals_utilsforecast(name: str, factor: float) -> None:
    rng = np.random.default_rng(3)
    y, forecast = rng.normal(5, 2, (2, 2, 20, 3))
    frame = pd.DataFrame(
        {"unique_id": np.repeat([0, 1], 60), "y": y.ravel(), "m": forecast.ravel()}
    )
    want = getattr(losses, name)(frame, ["m"])["m"].to_numpy() * factor
    got = of_each(name, y, forecast, unscaled(2))
    np.testing.assert_allclose(got, want, rtol=1e-9)


@pytest.mark.parametrize("name", ["mase", "rmsse"])
@pytest.mark.parametrize("season", [1, 7])
def test_scaled_metrics_equal_utilsforecast(name: str, season: int) -> None:
    panel = wavy_panel(60)
    frame = panel.frame()
    known, asked = frame[frame["ds"] < panel.stamps[40]], frame[frame["ds"] >= panel.stamps[40]]
    want = getattr(losses, name)(asked.assign(m=20.0), ["m"], season, known)["m"].to_numpy()
    y = panel.y[:, None, 40:]
    scale = seasonal_scale(panel, range(40), season)
    got = of_each(name, y, np.full_like(y, 20.0), scale)
    np.testing.assert_allclose(got, want, rtol=1e-12)


def test_equals_scikit_learn() -> None:
    y, forecast = np.random.default_rng(4).normal(5, 2, (2, 50))
    got = {name: one(name, list(y), list(forecast), last=5.0) for name in METRICS}
    assert got["mae"] == pytest.approx(sk.mean_absolute_error(y, forecast))
    assert got["rmse"] == pytest.approx(sk.root_mean_squared_error(y, forecast))
    assert got["mape"] == pytest.approx(100 * sk.mean_absolute_percentage_error(y, forecast))
    weighted = sk.mean_absolute_percentage_error(y, forecast, sample_weight=np.abs(y))
    assert got["wape"] == pytest.approx(100 * weighted)
    assert got["direction"] == pytest.approx(100 * sk.accuracy_score(y > 5, forecast > 5))


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
        ("wape", [1.0, 0.0, -3.0], [2.0, 1.0, -3.0], 50.0),
        ("wape", [0.0, 0.0], [1.0, 1.0], NAN),
        ("wape", [1.0, NAN, 1.0], [2.0, 9.0, NAN], 100.0),
        ("wape", [1.0], [math.inf], math.inf),
        ("bias", [1.0, 1.0], [4.0, 0.0], 1.0),
        ("bias", [1.0, NAN], [-2.0, 9.0], -3.0),
        ("bias", [1.0, 1.0], [-math.inf, 9.0], -math.inf),
        ("direction", [1.0, -1.0, 2.0, -2.0], [9.0, 1.0, 1.0, -0.5], 75.0),
        ("direction", [1.0, 1.0], [0.0, 1.0], 50.0),  # the first forecast stays
        ("direction", [0.0, 1.0], [0.0, 1.0], 100.0),  # the first observation stays
        ("direction", [0.0], [0.0], NAN),
        ("direction", [-1.0, NAN, 1.0], [-math.inf, 1.0, NAN], 100.0),
    ],
)
def test_by_hand(name: str, y: list[float], forecast: list[float], want: float) -> None:
    assert one(name, y, forecast) == pytest.approx(want, nan_ok=True)


def test_without_a_last_value_there_is_no_direction() -> None:
    assert math.isnan(one("direction", [1.0], [2.0], last=NAN))
    assert one("mae", [1.0], [2.0], last=NAN) == 1


@every
def test_a_perfect_forecast_makes_no_error(name: str) -> None:
    y = [1.0, -2.0, 3.5]
    assert one(name, y, y) == (100 if name == "direction" else 0)


@every
def test_a_perfect_forecast_costs_least(name: str) -> None:
    y = [1.0, -2.0, 3.5]
    perfect, high, low = (METRICS[name].cost(np.array(one(name, y, [v + by for v in y])))
                          for by in (0, 4, -4))  # fmt: skip
    assert perfect < min(high, low)


@every
def test_the_order_of_points_does_not_matter(name: str) -> None:
    y, forecast = np.random.default_rng(5).normal(3, 1, (2, 1, 30, 4))
    shuffled = np.random.default_rng(6).permutation(30)
    np.testing.assert_allclose(
        of_each(name, y, forecast, ONE, 3.0),
        of_each(name, y[:, shuffled], forecast[:, shuffled], ONE, 3.0),
    )


def test_the_share_that_mape_could_use() -> None:
    y = np.array([[[0.0, 2.0, NAN, 4.0, 4.0]], [[NAN] * 5]])
    forecast = np.array([[[1.0, 1.0, 1.0, NAN, math.inf]], [[1.0] * 5]])
    points = Points(y, forecast, np.zeros((2, 1)), unscaled(2))
    np.testing.assert_array_equal(by_series(MAPE_SHARE, points), [2 / 3, NAN])


def test_what_a_point_that_cannot_be_used_adds_is_nothing() -> None:
    halves = Metric("half", "", lambda points: points.y / 2, weight=lambda points: points.y)
    points = Points(np.array([[[4.0, NAN]]]), np.zeros((1, 1, 2)), np.zeros((1, 1)), ONE)
    assert [terms.tolist() for terms in halves.terms(points)] == [[[[2.0, 0.0]]], [[[4.0, 0.0]]]]


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
