from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from evaluation import metrics
from evaluation.backtest import Backtest
from evaluation.conformal import calibrated
from evaluation.leaderboard import (
    by_horizon,
    by_series,
    leaderboard,
    overall,
    select,
    to_draw,
)
from evaluation.metrics import METRICS, Scale
from evaluation.tally import points_of
from features.errors import UserError
from tests.evaluation.toys import backtest_of, with_half_widths

Y = np.random.default_rng(0).normal(10, 3, (2, 20, 4))
SCALE = Scale(np.array([1.0, 2.0]), np.array([1.5, 4.0]))


def off(by: float, second: float | None = None) -> np.ndarray:
    """A forecast that misses each point of the first and of the second series by so much."""
    return Y + np.array([by, by if second is None else second]).reshape(2, 1, 1)


def example() -> Backtest:
    return backtest_of(
        Y, gru_direct=off(1.0), naive=off(2.0), seasonal_naive=off(0.5), drift=off(-3.0, 1.0)
    )


def test_rows_are_ranked_and_hold_every_metric() -> None:
    table = leaderboard(example(), SCALE)
    assert list(table.index) == ["seasonal-naive", "gru-direct", "naive", "drift"]
    assert set(METRICS) < set(table.columns)
    assert table["mae"].tolist() == pytest.approx([0.5, 1, 2, 2])
    assert table["skill_vs_naive"].is_monotonic_decreasing
    assert table["skill_vs_naive"].tolist() == pytest.approx([0.75, 0.5, 0, 0])
    assert table["skill_vs_seasonal"].tolist() == pytest.approx([0, -1, -3, -3])
    assert "coverage_90" not in table


def test_the_whole_is_the_mean_over_series() -> None:
    judged = example()
    table, series = leaderboard(judged, SCALE), by_series(judged, SCALE)
    for name in [*METRICS, "mape_share"]:
        mean = series[name].groupby("model").mean()
        np.testing.assert_allclose(table[name], mean[table.index])
    assert series.loc[("series-1", "drift"), "mase"] == pytest.approx(0.5)
    assert series.loc[("series-0", "drift"), "skill_vs_naive"] == pytest.approx(-0.5)


def test_by_horizon_finds_the_step_that_goes_wrong() -> None:
    late = Y + np.array([0.0, 0.0, 0.0, 8.0])
    table = by_horizon(backtest_of(Y, naive=late), SCALE)
    assert table.loc["naive", "mae"].tolist() == pytest.approx([0, 0, 0, 8])
    assert table.loc["naive"].index.tolist() == [1, 2, 3, 4]


def test_intervals_add_coverage_and_width() -> None:
    judged = with_half_widths(example(), {"gru-direct": np.full((2, 4), 1.5)})
    table = leaderboard(judged, SCALE)
    assert table.loc["gru-direct", "coverage_90"] == 1
    assert table.loc["gru-direct", "width_90"] == pytest.approx(3)
    assert math.isnan(table.loc["naive", "coverage_90"])


def test_without_references_there_is_no_skill() -> None:
    table = leaderboard(backtest_of(Y, gru_direct=off(1.0)), SCALE)
    assert table[["skill_vs_naive", "skill_vs_seasonal"]].isna().all(axis=None)


def test_a_series_without_points_does_not_count() -> None:
    y = Y.copy()
    y[1] = np.nan
    judged = backtest_of(y, naive=off(2.0, 100.0))
    assert overall(judged, "mae")["naive"] == pytest.approx(2)
    assert leaderboard(judged, SCALE).loc["naive", "mase"] == pytest.approx(2)


def test_the_choice_is_made_on_the_range_it_is_given() -> None:
    validation = backtest_of(Y, naive=off(2.0), gru_direct=off(1.0), lstm_direct=off(3.0))
    test = backtest_of(Y, naive=off(2.0), gru_direct=off(9.0), lstm_direct=off(1.0))
    assert select(validation) == "gru-direct"
    assert leaderboard(test, SCALE).index[0] == "lstm-direct"


def test_the_first_listed_wins_a_tie_and_a_baseline_can_be_chosen() -> None:
    assert select(backtest_of(Y, naive=off(1.0), gru_direct=off(1.0))) == "naive"


def test_nothing_to_choose_on_is_said() -> None:
    with pytest.raises(UserError, match="validation range longer"):
        select(backtest_of(np.full_like(Y, np.nan), naive=Y))


def test_the_order_of_models_does_not_change_the_values() -> None:
    judged = example()
    turned = replace(judged, forecasts=dict(reversed(judged.forecasts.items())))
    before, after = leaderboard(judged, SCALE), leaderboard(turned, SCALE)
    np.testing.assert_array_equal(before, after.loc[before.index])


def test_a_diverged_model_comes_last_with_an_infinite_error() -> None:
    broken = off(1.0)
    broken[0, 0, 0] = np.inf
    judged = backtest_of(Y, naive=off(2.0), gru_direct=broken)
    judged = calibrated(replace(judged, origins=judged.origins + 100), judged)
    table = leaderboard(judged, SCALE)
    assert table.index[-1] == "gru-direct"
    assert table.loc["gru-direct", "mae"] == math.inf
    assert table.loc["gru-direct", "skill_vs_naive"] == -math.inf
    assert table.loc["gru-direct", "crps"] == math.inf
    assert table.loc["naive", "crps"] < 4


def test_the_mae_of_the_choice_is_the_leaderboards() -> None:
    judged = example()
    table = leaderboard(judged, SCALE)
    assert overall(judged, "mae") == pytest.approx(table["mae"].to_dict())
    own = metrics.by_series(METRICS["mae"], points_of(judged, "drift", SCALE))
    assert table.loc["drift", "mae"] == pytest.approx(own.mean())


def test_what_is_drawn_is_the_best_the_best_network_and_the_references() -> None:
    y = np.zeros((1, 3, 2))
    errors = {"naive": 3.0, "gru_direct": 2.0, "lstm_direct": 4.0, "ridge": 1.0, "drift": 5.0}
    test = backtest_of(y, **{name: y + by for name, by in errors.items()})
    assert to_draw(test) == ["ridge", "gru-direct", "naive"]
