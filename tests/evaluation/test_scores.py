from __future__ import annotations

import gc
import weakref

import numpy as np
import pandas as pd
import pytest

from evaluation import backtest as module
from evaluation.backtest import Backtest
from evaluation.leaderboard import by_horizon, by_series, leaderboard
from evaluation.metrics import Scale
from evaluation.scores import scores
from evaluation.slices import by_slice
from evaluation.tally import tallies
from tests.evaluation.toys import backtest_of, unscaled, with_half_widths

TABLES = (leaderboard, by_series, by_horizon, by_slice)


def example() -> Backtest:
    rng = np.random.default_rng(0)
    y = rng.normal(10, 3, (3, 40, 4))
    y[rng.random(y.shape) < 0.3] = np.nan
    y[2] = np.nan
    judged = backtest_of(y, naive=np.full_like(y, 10.0), gru_direct=np.full_like(y, 11.0))
    return with_half_widths(judged, {"naive": np.full((3, 4), 2.0)})


def test_how_many_series_are_judged_at_a_time_changes_no_table(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    want = [make(example(), unscaled(3)) for make in TABLES]
    monkeypatch.setattr(module, "GROUP", 1)
    judged = example()
    for make, table in zip(TABLES, want, strict=True):
        pd.testing.assert_frame_equal(make(judged, unscaled(3)), table)


def test_another_scale_is_another_score() -> None:
    judged, half = example(), Scale(np.full(3, 0.5), np.full(3, 0.25))
    before, after = leaderboard(judged, unscaled(3)), leaderboard(judged, half)
    np.testing.assert_allclose(after[["mase", "rmsse"]], 2 * before[["mase", "rmsse"]])
    np.testing.assert_array_equal(after["mae"], before["mae"])


def test_scores_keep_no_backtest_alive() -> None:
    judged = example()
    leaderboard(judged, unscaled(3))
    gone = weakref.ref(judged)
    del judged
    gc.collect()
    assert gone() is None


def test_a_forecast_that_diverged_both_ways_has_no_bias_and_warns_of_nothing() -> None:
    y = np.ones((1, 4, 2))
    wild = y * np.inf
    wild[0, 1] = -np.inf
    backtest = backtest_of(y, naive=y, gru=wild)
    values = scores(backtest, unscaled(1))["all"]["gru"]
    assert np.isnan(values["bias"]).all()
    assert np.isinf(values["mae"]).all()
    assert np.isnan(tallies(backtest, "gru", unscaled(1))["bias"].by_series(np.ones((1, 4)))).all()
