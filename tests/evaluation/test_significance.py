from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.backtest import Backtest
from evaluation.leaderboard import by_horizon, of_each_series, overall
from evaluation.losses import losses
from evaluation.metrics import Scale
from evaluation.significance import Significance, significance
from features.panel import Floats
from tests.evaluation.toys import backtest_of


def wandering(series: int = 2, origins: int = 120, horizon: int = 4, seed: int = 0) -> Floats:
    """[S, O, H] what random walks do after each origin, as if origins lay far apart."""
    return np.random.default_rng(seed).normal(size=(series, origins, horizon)).cumsum(axis=2)


def judged(seed: int = 0, missing: bool = False, shift: float = 0.0) -> Backtest:
    y, rng = wandering(seed=seed), np.random.default_rng(seed + 1)
    if missing:
        y[rng.random(y.shape) < 0.3] = np.nan
        y[1, :50] = np.nan
        y[:, 60] = np.nan
    noise = rng.normal(size=(2, *y.shape))
    return backtest_of(
        y,
        naive=np.zeros_like(y),
        seasonal_naive=0.5 * noise[0],
        theta=0.1 * np.nan_to_num(y),
        gru_direct=np.nan_to_num(y) * [0.9, 0.5, 0, 0] + 0.3 * noise[1] + shift,
    )


@pytest.mark.parametrize("missing", [False, True])
def test_losses_average_to_the_leaderboard(missing: bool) -> None:
    test = judged(missing=missing)
    unit = Scale(np.ones(2), np.ones(2))
    steps = by_horizon(test, unit)["mae"]
    for model in test.models:
        found = losses(test, model)
        assert found.mae == pytest.approx(overall(test, "mae")[model])
        np.testing.assert_allclose(np.nanmean(found.steps, axis=0), steps[model])
        own = of_each_series(test, "mae")[model]
        np.testing.assert_allclose(np.nanmean(found.series, axis=0), own)


def test_an_origin_without_points_has_no_loss() -> None:
    found = losses(judged(missing=True), "naive")
    assert np.isnan(found.whole).nonzero()[0].tolist() == [60]
    assert np.isnan(found.series[:50, 1]).all()


@pytest.mark.parametrize("missing", [False, True])
def test_swapped_models_have_the_same_p_value(missing: bool) -> None:
    found = significance(judged(missing=missing))
    one, other = found.of("naive", "seasonal-naive"), found.of("seasonal-naive", "naive")
    assert one.p == pytest.approx(other.p)
    np.testing.assert_allclose(one.raw_by_step, other.raw_by_step)
    np.testing.assert_allclose(one.raw_by_series, other.raw_by_series)
    assert one.difference == -other.difference


@settings(deadline=None, max_examples=5)
@given(st.sampled_from([1e-6, 0.3, 1e6]))
def test_the_unit_does_not_matter(unit: float) -> None:
    test = judged()
    scaled = backtest_of(test.y * unit, **{m: f * unit for m, f in test.forecasts.items()})
    one, other = significance(test).table(), significance(scaled).table()
    for column in ("skill", "skill_lower", "skill_upper", "p", "p_adjusted"):
        np.testing.assert_allclose(one[column], other[column], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_adjusted_is_never_below_raw(seed: int) -> None:
    for one in significance(judged(seed)).comparisons:
        assert one.p_adjusted >= one.p
        assert (one.by_step >= one.raw_by_step).all()
        assert (one.by_series >= one.raw_by_series).all()


def test_the_adjustment_is_for_all_models_of_one_reference() -> None:
    found = significance(judged())
    against = [one for one in found.comparisons if one.reference == "naive"]
    assert len(against) == 3
    least = min(against, key=lambda one: one.p)
    assert least.p_adjusted == pytest.approx(min(1, 3 * least.p))


def test_a_model_is_compared_with_the_references_and_the_best() -> None:
    found = significance(judged())
    asked: dict[str, list[str]] = {}
    for one in found.comparisons:
        asked.setdefault(one.model, []).append(one.reference)
    assert asked == {
        "gru-direct": ["naive", "seasonal-naive", "theta"],
        "theta": ["naive", "seasonal-naive", "gru-direct"],
        "naive": ["seasonal-naive", "gru-direct", "theta"],
        "seasonal-naive": ["naive", "gru-direct", "theta"],
    }
    assert found.without_network == "theta"
    with pytest.raises(KeyError, match="theta was not compared with ridge"):
        found.of("theta", "ridge")


def test_it_is_told_at_which_steps_a_model_is_better() -> None:
    one = significance(judged()).of("gru-direct", "naive")
    assert one.better
    assert one.better_steps == [1, 2]
    assert one.worse_steps == []
    assert one.better_series == 2
    low, high = one.interval
    assert 0 < low < one.skill < high


def test_the_best_set_holds_the_best_alone() -> None:
    found = significance(judged())
    assert found.best_set["gru-direct"] == 1
    assert found.best_set["seasonal-naive"] < 0.1


def test_equal_models_are_never_better() -> None:
    y = wandering()
    for nearly in (0.0, 1e-16):
        test = backtest_of(y, naive=0.3 * y, drift=0.3 * y + nearly, gru_direct=0.3 * y)
        for one in significance(test).comparisons:
            assert one.p == 1
            assert not one.better
            assert not one.worse
            assert one.better_steps == one.worse_steps == []


def test_the_same_difference_at_every_origin_is_no_luck() -> None:
    y = wandering()
    one = significance(backtest_of(y, naive=y + 1, gru_direct=y + 0.5)).of("gru-direct", "naive")
    assert one.p_adjusted < 1e-6
    assert one.better_steps == [1, 2, 3, 4]
    assert one.interval == pytest.approx((0.5, 0.5))


def test_a_diverged_model_is_worse_without_a_p_value() -> None:
    y = wandering()
    found = significance(backtest_of(y, naive=0 * y, a=np.full_like(y, np.inf), b=0 * y - np.inf))
    assert found.of("a", "naive").worse
    assert found.of("naive", "a").better
    assert np.isnan([found.of("a", "naive").p, found.of("b", "naive").p]).all()
    assert found.best_set == {"naive": 1, "a": 0, "b": 0}


def few(origins: int) -> Significance:
    y = wandering(origins=origins)
    return significance(backtest_of(y, naive=0 * y, gru_direct=0.5 * y))


@pytest.mark.parametrize("origins", [1, 2, 31])
def test_few_origins_tell_nothing(origins: int) -> None:
    found = few(origins)
    one = found.of("gru-direct", "naive")
    assert one.skill == pytest.approx(0.5)
    assert np.isnan([one.p, one.p_adjusted, *one.interval, *one.by_step, *one.by_series]).all()
    assert not one.better
    assert np.isnan(list(found.best_set.values())).all()
    assert (found.origins, found.needed) == (origins, 32)
    assert few(32).of("gru-direct", "naive").better


def test_a_stride_takes_the_overlap_away() -> None:
    y = wandering(origins=60, horizon=12)
    dense = backtest_of(y, naive=0 * y, gru_direct=0.5 * y)
    apart = replace(dense, origins=12 * dense.origins)
    assert significance(dense).needed == 96
    assert np.isnan(significance(dense).of("gru-direct", "naive").p)
    assert np.isfinite(significance(dense).of("gru-direct", "naive").raw_by_step[0])
    assert significance(apart).of("gru-direct", "naive").better


def test_nothing_judged_and_one_model() -> None:
    y = np.full((1, 40, 2), np.nan)
    nothing = significance(backtest_of(y, naive=np.zeros_like(y), gru_direct=np.zeros_like(y)))
    assert nothing.origins == 0
    assert np.isnan(nothing.of("gru-direct", "naive").p)
    alone = significance(backtest_of(wandering(), gru_direct=wandering()))
    assert alone.comparisons == ()
    assert alone.without_network is None
    assert alone.table().empty
    assert alone.details().empty


def test_the_tables_hold_every_comparison() -> None:
    found = significance(judged())
    table, details = found.table(), found.details()
    assert len(table) == len(found.comparisons)
    first = table.iloc[0]
    assert (first["model"], first["reference"]) == ("gru-direct", "naive")
    assert first["better_steps"] == "1 2"
    assert first["skill_lower"] < first["skill"] < first["skill_upper"]
    assert len(details) == len(table) * (4 + 2)
    assert list(details["part"][:6]) == [
        "step 1",
        "step 2",
        "step 3",
        "step 4",
        "series-0",
        "series-1",
    ]
    assert (details["p_adjusted"] >= details["p"]).all()
