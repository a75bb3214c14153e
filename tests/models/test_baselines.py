from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.calendars import Calendar
from features.errors import UserError
from features.panel import Floats, Panel
from features.splits import Split
from models.baselines import Baseline, Drift, Naive, SeasonalNaive

HORIZON, SEASON, STEPS = 5, 3, 12
BASELINES = [Naive(HORIZON), SeasonalNaive(HORIZON, SEASON), Drift(HORIZON)]
values = st.one_of(st.just(math.nan), st.floats(-100, 100))
panels = arrays(np.float64, (2, STEPS), elements=values)
every = pytest.mark.parametrize("forecaster", BASELINES, ids=lambda f: f.name)


def panel_of(y: Floats) -> Panel:
    calendar = Calendar("D", pd.date_range("2020-01-01", periods=y.shape[1], freq="D"))
    empty = np.zeros((*y.shape, 0))
    return Panel(("a", "b")[: len(y)], calendar, y, empty, empty, np.zeros((len(y), 0)))


def by_hand(name: str, history: list[float], horizon: int, season: int) -> list[float]:
    """The forecast from the end of `history`, in the slow and readable way."""
    seen = [(t, v) for t, v in enumerate(history) if not math.isnan(v)]
    if not seen:
        return [math.nan] * horizon
    (first, begin), (last, level) = seen[0], seen[-1]
    out = []
    for h in range(1, horizon + 1):
        target = len(history) - 1 + h
        if name == "naive":
            out.append(level)
        elif name == "drift":
            slope = (level - begin) / (last - first) if last > first else 0.0
            out.append(level + (target - last) * slope)
        else:
            same = [v for t, v in seen if (target - t) % season == 0]
            out.append(same[-1] if same else level)
    return out


@every
@given(y=panels)
def test_equals_the_slow_loop(forecaster: Naive | SeasonalNaive | Drift, y: Floats) -> None:
    got = forecaster.forecast(panel_of(y), np.arange(STEPS))
    want = [
        [by_hand(forecaster.name, list(row[: t + 1]), HORIZON, SEASON) for t in range(STEPS)]
        for row in y
    ]
    np.testing.assert_allclose(got, np.array(want), rtol=0, atol=1e-9)


@every
@given(y=panels, origin=st.integers(0, STEPS - 1), wild=st.sampled_from([1e300, -1e300, np.nan]))
def test_is_blind_to_the_future_bit_for_bit(
    forecaster: Naive | SeasonalNaive | Drift, y: Floats, origin: int, wild: float
) -> None:
    changed = y.copy()
    changed[:, origin + 1 :] = wild
    origins = np.arange(origin + 1)
    before = forecaster.forecast(panel_of(y), origins)
    after = forecaster.forecast(panel_of(changed), origins)
    assert before.tobytes() == after.tobytes()


@pytest.mark.parametrize("forecaster", [BASELINES[0], BASELINES[2]], ids=["naive", "drift"])
def test_the_last_value_moves_the_first_step(forecaster: Naive | Drift) -> None:
    y = np.arange(10.0)[None]
    moved = y + np.where(np.arange(10) == 9, 1.0, 0.0)
    origin = np.array([9])
    before = forecaster.forecast(panel_of(y), origin)
    assert (forecaster.forecast(panel_of(moved), origin)[..., 0] != before[..., 0]).all()


def test_the_seasonal_naive_by_hand() -> None:
    y = np.array([[1.0, 2.0, 3.0, 4.0, math.nan, 6.0]])
    got = SeasonalNaive(horizon=5, season=3).forecast(panel_of(y), np.array([5, 1]))
    # From step 5 the place of step 4 was last seen at step 1; from step 1 the third place never.
    assert got[0, 0].tolist() == [4, 2, 6, 4, 2]
    assert got[0, 1].tolist() == [2, 1, 2, 2, 1]


def test_without_a_season_the_seasonal_naive_is_naive() -> None:
    y = np.random.default_rng(0).normal(size=(2, 30))
    y[:, 20:24] = np.nan
    panel, origins = panel_of(y), np.arange(30)
    naive, seasonal = Naive(4), SeasonalNaive(4)
    np.testing.assert_array_equal(naive.forecast(panel, origins), seasonal.forecast(panel, origins))


def test_drift_continues_a_line_also_over_a_hole() -> None:
    y = np.arange(1.0, 20.0, 2.0)[None]
    y[0, 7:] = np.nan
    got = Drift(3).forecast(panel_of(y), np.array([9]))
    assert got[0, 0].tolist() == [21, 23, 25]


@every
def test_state_makes_it_again(forecaster: Naive | SeasonalNaive | Drift) -> None:
    fields = json.loads(json.dumps(forecaster.state()))
    assert type(forecaster)(**fields) == forecaster
    assert forecaster.parameters() == {"model": forecaster.name, **fields}


@every
def test_fit_learns_nothing(forecaster: Naive | SeasonalNaive | Drift) -> None:
    before = forecaster.parameters()
    forecaster.fit(panel_of(np.ones((1, 10))), Split.by_share(10))
    assert forecaster.parameters() == before


@pytest.mark.parametrize("make", [lambda: Naive(0), lambda: SeasonalNaive(3, 0)])
def test_impossible_settings_are_refused(make: type[Baseline]) -> None:
    with pytest.raises(UserError, match="must be at least 1, got 0"):
        make()  # type: ignore[call-arg]
