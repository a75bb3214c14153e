from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.conformal import coverage, half_widths, mean_width, with_intervals
from tests.evaluation.toys import backtest_of


@given(count=st.integers(1, 60), seed=st.integers(0, 99))
def test_half_widths_equal_the_slow_loop(count: int, seed: int) -> None:
    y = np.random.default_rng(seed).normal(size=(2, count, 3))
    y[1, 0] = np.nan
    got = half_widths(backtest_of(y, model=np.zeros_like(y)))["model"]
    for s in range(2):
        for h in range(3):
            errors = sorted(abs(v) for v in y[s, :, h] if not math.isnan(v))
            rank = math.ceil((len(errors) + 1) * 0.9)
            want = errors[rank - 1] if rank <= len(errors) else math.nan
            np.testing.assert_equal(got[s, h], want)


def test_fewer_than_nine_errors_support_no_interval() -> None:
    y = np.arange(9.0).reshape(1, 9, 1)
    assert half_widths(backtest_of(y, m=np.zeros_like(y)))["m"].tolist() == [[8.0]]
    assert np.isnan(half_widths(backtest_of(y[:, :8], m=np.zeros((1, 8, 1))))["m"]).all()


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), shape=st.sampled_from(["normal", "exponential", "standard_t"]))
def test_exchangeable_errors_are_covered_as_promised(seed: int, shape: str) -> None:
    """Over many series the share inside is at least 90 % and at most 1 / (n + 1) above."""
    rng, n, series = np.random.default_rng(seed), 59, 4000
    size = (series, n + 1, 1)
    errors = rng.standard_t(3, size) if shape == "standard_t" else getattr(rng, shape)(size=size)
    known, new = errors[:, :n], errors[:, n:]
    widths = half_widths(backtest_of(known, m=np.zeros_like(known)))
    judged = with_intervals(backtest_of(new, m=np.zeros_like(new)), widths)
    slack = 5 * math.sqrt(0.09 / series)
    assert 0.9 - slack <= coverage(judged, "m").mean() <= 0.9 + 1 / (n + 1) + slack


def test_intervals_lie_around_the_forecast() -> None:
    y = np.random.default_rng(0).normal(size=(2, 30, 3))
    forecast = np.ones_like(y)
    widths = half_widths(backtest_of(y, m=forecast))
    low, high = with_intervals(backtest_of(y, m=forecast), widths).intervals["m"]
    np.testing.assert_allclose((low + high) / 2, forecast)
    np.testing.assert_allclose((high - low) / 2, np.repeat(widths["m"][:, None], 30, axis=1))


def test_coverage_and_width_by_hand() -> None:
    y = np.array([[[0.0, 2.0, 5.0, np.nan]], [[np.nan] * 4]])
    judged = with_intervals(
        backtest_of(y, m=np.zeros_like(y)), {"m": np.array([[1.0, 2.0, 3.0, 9.0], [1.0] * 4])}
    )
    np.testing.assert_allclose(coverage(judged, "m"), [2 / 3, np.nan])
    np.testing.assert_allclose(mean_width(judged, "m"), [4.0, np.nan])


def test_points_without_an_interval_are_left_out() -> None:
    y = np.zeros((1, 1, 2))
    judged = with_intervals(backtest_of(y, m=y), {"m": np.array([[1.0, np.nan]])})
    assert coverage(judged, "m").tolist() == [1.0]
    assert mean_width(judged, "m").tolist() == [2.0]


def test_only_models_with_half_widths_get_intervals() -> None:
    y = np.zeros((1, 1, 2))
    judged = with_intervals(backtest_of(y, a=y, b=y), {"a": np.ones((1, 2))})
    assert list(judged.intervals) == ["a"]
    columns = judged.frame().columns
    assert {"a-lo-90", "a-hi-90"} <= set(columns)
    assert "b-lo-90" not in columns


def test_an_infinite_forecast_has_no_mean_width() -> None:
    y = np.zeros((1, 1, 1))
    judged = with_intervals(backtest_of(y, m=np.full_like(y, np.inf)), {"m": np.ones((1, 1))})
    assert coverage(judged, "m")[0] == pytest.approx(0)
    assert np.isnan(mean_width(judged, "m")[0])
