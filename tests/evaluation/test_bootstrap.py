from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.bootstrap import (
    block_length,
    confidence_set,
    intervals,
    over_series,
    resamples,
    widening,
)
from evaluation.tally import Tally
from features.panel import Floats


def drawn(origins: int, models: int = 3, seed: int = 0) -> Floats:
    """[O, M] positive losses."""
    return np.random.default_rng(seed).gamma(2.0, size=(origins, models))


def tally(losses: Floats) -> Tally:
    """Of one model over [S, O] losses, one point an origin."""
    return Tally(losses, np.ones_like(losses), np.asarray)


@settings(deadline=None, max_examples=10)
@given(st.integers(40, 120), st.integers(0, 3))
def test_every_draw_has_as_many_origins(origins: int, lags: int) -> None:
    weights = resamples(drawn(origins), lags, 20).weights
    assert weights.shape == (20, origins)
    assert (weights.sum(axis=1) == origins).all()


def test_blocks_are_at_least_twice_the_overlap() -> None:
    losses = drawn(200)
    assert block_length(losses, 9) == 20
    assert block_length(losses, 150) == 200
    assert block_length(losses.cumsum(axis=0), 0) > 10
    assert block_length(np.ones((50, 2)), 0) == 2
    assert block_length(np.full((50, 1), np.inf), 1) == 4


def test_an_origin_is_drawn_with_its_neighbours() -> None:
    weights = resamples(drawn(200), 9, 50).weights
    beside = np.corrcoef(weights[:, 1:].ravel(), weights[:, :-1].ravel())[0, 1]
    assert beside > 0.8


def test_the_draws_are_always_the_same() -> None:
    once, again = resamples(drawn(60), 1), resamples(drawn(60), 1)
    np.testing.assert_array_equal(once.weights, again.weights)


def test_origins_without_points_are_never_drawn() -> None:
    losses = drawn(60)
    losses[7] = np.nan
    weights = resamples(losses, 1).weights
    assert (weights[:, 7] == 0).all()
    assert (weights.sum(axis=1) == 59).all()


def test_a_metric_has_its_value_inside_its_interval() -> None:
    losses = drawn(300, 2).T
    tallies = {
        "gru": {"mae": tally(losses), "rmse": Tally(losses**2, np.ones_like(losses), np.sqrt)}
    }
    table = intervals(tallies, resamples(losses.T, 0))
    assert table.index.names == ["model", "metric"]
    mae, rmse = table.loc[("gru", "mae")], table.loc[("gru", "rmse")]
    assert mae["value"] == pytest.approx(losses.mean())
    assert rmse["value"] == pytest.approx(np.sqrt((losses**2).mean(axis=1)).mean())
    assert (table["lower"] < table["value"]).all()
    assert (table["value"] < table["upper"]).all()


def test_the_interval_of_a_constant_is_that_constant() -> None:
    constant = np.full((2, 100), 3.0)
    table = intervals({"gru": {"mae": tally(constant)}}, resamples(constant.T, 2))
    np.testing.assert_allclose(table.to_numpy(), 3.0)


def test_more_origins_narrow_the_interval() -> None:
    def width(origins: int, lags: int) -> float:
        losses = drawn(origins, 1)
        row = intervals({"a": {"mae": tally(losses.T)}}, resamples(losses, lags)).iloc[0]
        return float(row["upper"] - row["lower"])

    assert width(50, 0) > 1.5 * width(200, 0) > 2 * width(2000, 0)
    assert width(200, 20) > 1.1 * width(200, 0), "fewer blocks, less sure"


def test_the_interval_is_as_wide_as_theory_says() -> None:
    losses = np.random.default_rng(1).normal(size=(2000, 1))
    low, high = resamples(losses, 0).interval(
        over_series(tally(losses.T), resamples(losses, 0).weights)
    )
    assert high - low == pytest.approx(2 * 1.96 / np.sqrt(2000), rel=0.12)


def test_few_blocks_widen() -> None:
    assert widening(10_000, 1) == pytest.approx(1, abs=1e-3)
    assert widening(40, 10) == pytest.approx(3.182 / 1.96 * np.sqrt(4 / 3), rel=1e-3)
    assert np.isfinite(widening(30, 30))


def test_too_few_origins_have_no_interval() -> None:
    losses = drawn(31)
    table = intervals({"a": {"mae": tally(losses.T)}}, resamples(losses, 0))
    assert table["value"].item() == pytest.approx(losses.mean())
    assert table[["lower", "upper"]].isna().all(axis=None)


def test_an_infinite_error_has_no_interval() -> None:
    losses = drawn(60, 1)
    losses[5] = np.inf
    row = intervals({"a": {"mae": tally(losses.T)}}, resamples(losses, 0)).iloc[0]
    assert row["value"] == np.inf
    assert row[["lower", "upper"]].isna().all()


def test_the_set_keeps_the_best_and_its_equals() -> None:
    losses = drawn(300, 1) + 0.1 * drawn(300, 4, seed=2)
    losses[:, 2] += 1
    losses[:, 3] = losses[:, 0]
    p = confidence_set(losses, 0)
    assert p.max() == 1
    assert p[2] < 0.01
    assert p[0] == p[3], "identical models cannot be told apart"
    assert (p[[0, 1, 3]] >= 0.1).all()


def test_the_set_knows_neither_order_nor_unit() -> None:
    losses = drawn(200, 3) * [1.0, 1.1, 1.4]
    p = confidence_set(losses, 1)
    np.testing.assert_allclose(confidence_set(losses[:, ::-1], 1)[::-1], p, atol=0.02)
    np.testing.assert_allclose(confidence_set(losses * 1e3, 1), p, atol=0.02)


def test_the_set_of_odd_losses() -> None:
    losses = drawn(100, 2)
    diverged = np.column_stack([losses, np.full(100, np.inf)])
    assert confidence_set(diverged, 0)[2] == 0
    assert confidence_set(losses[:, :1], 0).tolist() == [1]
    assert confidence_set(np.ones((100, 3)), 0).tolist() == [1, 1, 1]
    always = confidence_set(np.column_stack([losses[:, 0], losses[:, 0] + 1]), 0)
    assert always.tolist() == [1, 0]
    assert np.isnan(confidence_set(losses[:31], 0)).all()


@pytest.mark.parametrize("unit", [1e-200, 1e200])
def test_no_unit_is_too_large_or_too_small(unit: float) -> None:
    losses = drawn(60)
    np.testing.assert_allclose(confidence_set(losses * unit, 1), confidence_set(losses, 1))
    assert block_length(losses * unit, 1) == block_length(losses, 1)
