from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import backtest as module
from evaluation.backtest import Backtest
from evaluation.leaderboard import by_series
from evaluation.metrics import Scale
from evaluation.probability import SCORES
from evaluation.tally import AVERAGES, Tally, tallies
from tests.evaluation.toys import backtest_of, with_half_widths

SCALE = Scale(np.array([1.0, 2.0, np.nan]), np.array([1.5, 4.0, np.nan]))


def example(holes: float = 0.2) -> Backtest:
    rng = np.random.default_rng(0)
    y = rng.normal(1, 3, (3, 12, 4))
    y[rng.random(y.shape) < holes] = np.nan
    made = backtest_of(y, m=rng.normal(1, 3, y.shape), plain=rng.normal(1, 3, y.shape))
    made = replace(made, last=rng.normal(1, 3, (3, 12)))
    return with_half_widths(made, {"m": np.full((3, 4), 2.0)})


def at(backtest: Backtest, origins: list[int]) -> Backtest:
    """The backtest from some of its origins; one may come twice."""
    return replace(
        backtest,
        origins=backtest.origins[origins],
        y=backtest.y[:, origins],
        last=backtest.last[:, origins],
        spread=backtest.spread[:, origins],
        forecasts={m: forecast[:, origins] for m, forecast in backtest.forecasts.items()},
        margins={
            m: replace(margins, block=margins.block[origins])
            for m, margins in backtest.margins.items()
        },
    )


def test_every_column_but_the_skills_has_a_tally() -> None:
    judged = example()
    assert list(tallies(judged, "m", SCALE)) == list(AVERAGES)
    assert set(AVERAGES) - set(tallies(judged, "plain", SCALE)) == set(SCORES)
    skills = {"skill_vs_naive", "skill_vs_seasonal"}
    assert set(by_series(judged, SCALE)) == set(AVERAGES) | skills


@settings(max_examples=25)
@given(origins=st.lists(st.integers(0, 11), min_size=1, max_size=20))
def test_weights_are_how_often_an_origin_counts(origins: list[int]) -> None:
    judged = example()
    weights = np.bincount(origins, minlength=12)[None].astype(float)
    found = tallies(judged, "m", SCALE)
    want = by_series(at(judged, origins), SCALE).xs("m", level="model")
    for name, tally in found.items():
        np.testing.assert_allclose(tally.by_series(weights)[0], want[name], err_msg=name)


def test_each_row_of_weights_is_a_resample_of_its_own() -> None:
    tally = tallies(example(), "m", SCALE)["rmse"]
    weights = np.random.default_rng(0).integers(0, 3, (5, 12)).astype(float)
    rows = [tally.by_series(row[None])[0] for row in weights]
    np.testing.assert_allclose(tally.by_series(weights), rows)


@pytest.mark.parametrize("points", [1, 100, 10**9])
def test_how_many_series_are_judged_at_a_time_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, points: int
) -> None:
    want, before = tallies(example(), "m", SCALE), by_series(example(), SCALE)
    monkeypatch.setattr(module, "GROUP", points)
    for name, tally in tallies(example(), "m", SCALE).items():
        np.testing.assert_array_equal(tally.top, want[name].top)
        np.testing.assert_array_equal(tally.bottom, want[name].bottom)
    np.testing.assert_allclose(by_series(example(), SCALE), before)


def test_an_infinite_forecast_counts_where_its_origin_does() -> None:
    y = np.ones((1, 3, 1))
    forecast = np.array([[[2.0], [math.inf], [-math.inf]]])
    found = tallies(backtest_of(y, m=forecast), "m", Scale(np.ones(1), np.ones(1)))
    weights = np.array([[1.0, 0, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 0]])
    for name in ("mae", "rmse", "mape", "mase", "rmsse", "wape"):
        times = 100 if name in ("mape", "wape") else 1
        want = [times, math.inf, math.inf, math.inf, math.nan]
        np.testing.assert_array_equal(found[name].by_series(weights)[:, 0], want)
    bias = found["bias"].by_series(weights)[:, 0]
    np.testing.assert_array_equal(bias, [1, math.inf, -math.inf, math.nan, math.nan])


def test_a_tally_by_hand() -> None:
    tally = Tally(np.array([[2.0, 8.0], [1.0, 0.0]]), np.array([[2.0, 2.0], [1.0, 0.0]]), np.sqrt)
    weights = np.array([[1.0, 1.0], [0.0, 2.0]])
    want = [[math.sqrt(2.5), 1], [2, math.nan]]
    np.testing.assert_allclose(tally.by_series(weights), want)
