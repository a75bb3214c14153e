from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.backtest import Backtest
from evaluation.trading import HOLD, TrackRecord, Trading, drawdown, luckiest, trading
from features.panel import Floats, Integers
from tests.evaluation.toys import backtest_of, panel_of

H = 3


def priced(prices: Floats, origins: Integers | None = None, **forecasts: Floats) -> Backtest:
    """A backtest of prices [S, T]; a forecast [S, T] is the same for every step ahead."""
    S, T = prices.shape
    at = np.arange(T - H) if origins is None else origins
    last = pd.DataFrame(prices.T).ffill().to_numpy().T[:, at]
    y = np.stack([prices[:, at + h] for h in range(1, H + 1)], axis=2)
    ahead = {m: np.repeat(f[:, at, None], H, axis=2) for m, f in forecasts.items()}
    calendar = panel_of(np.zeros((S, T)), freq="B").calendar
    return replace(backtest_of(y, **ahead), calendar=calendar, origins=at, last=last)


def walk(series: int = 2, steps: int = 60, seed: int = 0) -> Floats:
    rng = np.random.default_rng(seed)
    return 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (series, steps)), axis=1))


def judged(test: Backtest, cost: float = 10.0) -> Trading:
    found = trading(test, cost)
    assert found is not None
    return found


def slowly(prices: Floats, forecast: Floats, cost: float) -> list[float]:
    """Net returns of complete prices, a loop over origins and series."""
    S, T = prices.shape
    net, held = [], [0.0] * S
    for t in range(T - H - 1):
        total = 0.0
        for s in range(S):
            wanted = 1.0 if forecast[s, t] > prices[s, t] else 0.0
            total += wanted * (prices[s, t + 1] - prices[s, t]) / prices[s, t]
            total -= cost / 10_000 * abs(wanted - held[s])
            held[s] = wanted
        net.append(total / S)
    return net


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 10.0, 250.0]))
def test_it_earns_what_a_slow_loop_earns(seed: int, cost: float) -> None:
    prices = walk(3, 30, seed)
    forecast = prices * np.random.default_rng(seed).normal(1, 0.02, prices.shape)
    found = judged(priced(prices, model=forecast), cost)
    np.testing.assert_allclose(found.returns["model"], slowly(prices, forecast, cost), atol=1e-14)


def test_what_comes_after_an_origin_changes_nothing_before_it() -> None:
    prices, forecast, t = walk(), walk(seed=1), 20
    clean = judged(priced(prices, model=forecast)).returns
    prices[:, t + 1 :], forecast[:, t + 1 :] = 1e9, 1e-9
    wild = judged(priced(prices, model=forecast)).returns
    pd.testing.assert_frame_equal(clean[:t], wild[:t])  # the last is earned from t - 1 to t
    assert wild["buy and hold"].iloc[t] > 1e6
    assert clean.index[t - 1] == panel_of(prices, freq="B").calendar.stamps[t]


def test_the_latest_forecast_decides_the_next_return() -> None:
    prices, t = walk(1), 20
    flat, up = prices.copy(), prices.copy()
    up[:, t] *= 1.01
    silent = judged(priced(prices, model=flat), cost=0).returns["model"]
    assert (silent == 0).all()
    earned = judged(priced(prices, model=up), cost=0).returns["model"]
    assert earned.iloc[t] == pytest.approx(prices[0, t + 1] / prices[0, t] - 1)
    assert (earned.drop(earned.index[t]) == 0).all()


def test_always_rising_forecasts_are_buying_and_holding() -> None:
    prices = walk()
    found = judged(priced(prices, model=prices + 1))
    np.testing.assert_array_equal(found.returns["model"], found.returns[HOLD])
    periods = len(found.returns)
    assert found.held["model"] == 1
    assert found.turnover["model"] == pytest.approx(found.periods_a_year / periods)
    first = prices[:, 1] / prices[:, 0] - 1
    assert found.returns[HOLD].iloc[0] == pytest.approx(first.mean() - 0.001)


def test_a_rule_that_goes_in_and_out_pays_each_time() -> None:
    prices = np.full((1, 20), 50.0)
    forecast = prices + np.where(np.arange(20) % 2 == 0, 1, -1)
    found = judged(priced(prices, model=forecast), cost=100)
    np.testing.assert_allclose(found.returns["model"], -0.01)
    assert found.turnover["model"] == pytest.approx(found.periods_a_year)
    assert found.held["model"] == 0.5


def test_origins_further_apart_use_the_step_that_reaches_the_next() -> None:
    prices, origins = walk(), np.arange(0, 56, 2)
    test = priced(prices, origins, model=prices)
    second = test.forecasts["model"].copy()
    second[:, :, 1] += 1  # the step that reaches the next origin
    test = replace(test, forecasts={"model": second})
    np.testing.assert_array_equal(judged(test).returns["model"], judged(test).returns[HOLD])
    gains = prices[:, 2:56:2] / prices[:, 0:54:2] - 1
    np.testing.assert_allclose(judged(test, 0).returns[HOLD], gains.mean(axis=0))
    assert judged(test).periods_a_year == pytest.approx(261 / 2, rel=0.02)


def test_missing_prices_are_earned_late_and_series_begin_when_they_begin() -> None:
    prices = np.array(
        [[100.0, np.nan, 121, 121, 121, 121, 121], [np.nan, np.nan, 10, 20, 20, 20, 20]]
    )
    found = judged(priced(prices, model=prices + 1), cost=0)
    np.testing.assert_allclose(found.returns[HOLD], [0, 0.21, 0.5])
    # No forecast from a missing price, so the first series is not held while it rises.
    np.testing.assert_allclose(found.returns["model"], [0, 0, 0.5])


@pytest.mark.parametrize(
    "test",
    [
        priced(np.zeros((1, 20)), model=np.ones((1, 20))),
        priced(walk(1) - 100, model=walk(1)),
        priced(np.full((1, 20), np.nan), model=np.ones((1, 20))),
        priced(walk(1), np.arange(2), model=walk(1)),
        priced(walk(1), np.arange(0, 50, H + 1), model=walk(1)),
    ],
    ids=["zero", "negative", "nothing seen", "two origins", "too far apart"],
)
def test_where_it_makes_no_sense_there_is_none(test: Backtest) -> None:
    assert trading(test) is None


def test_returns_that_never_differ_have_no_ratio() -> None:
    prices = 100 * 1.5 ** np.arange(20.0)[None]
    found = judged(priced(prices, never=prices, always=prices * 2), cost=0)
    assert math.isnan(TrackRecord.of(np.full(9, 0.001)).sharpe)
    assert math.isnan(found.records["never"].sharpe)
    assert math.isnan(found.records["always"].probability_above(0))
    table = found.table()
    assert table.loc["never", "return"] == 0
    assert np.isnan(table.loc["never", ["sharpe", "probabilistic", "deflated"]]).all()


def test_nothing_traded_is_said() -> None:
    prices = walk()
    assert "no rule traded" in judged(priced(prices, naive=prices)).told[0]


# Bailey and López de Prado (2014), the section "A numerical example": a Sharpe ratio of 2.5 a year
# over five years of 250 days; over the trials, the variance of the yearly ratios is 1/2.
EXAMPLE = TrackRecord(2.5 / math.sqrt(250), 1250, -3.0, 10.0)


def test_the_deflated_ratio_is_that_of_the_paper() -> None:
    hurdle = luckiest(0.5 / 250, 100)
    assert hurdle == pytest.approx(0.1132, abs=5e-5)
    assert EXAMPLE.probability_above(hurdle) == pytest.approx(0.9004, abs=5e-5)
    assert EXAMPLE.probability_above(luckiest(0.5 / 250, 46)) == pytest.approx(0.9505, abs=5e-5)
    normal = replace(EXAMPLE, skew=0.0, kurtosis=3.0)
    assert normal.probability_above(luckiest(0.5 / 250, 88)) == pytest.approx(0.9505, abs=5e-4)


def test_one_trial_is_not_deflated() -> None:
    assert luckiest(0.5, 1) == 0
    prices = walk()
    found = judged(priced(prices, model=walk(seed=4)))
    assert found.records["model"].probability_above(0) == found.table().loc["model", "deflated"]


def test_more_trials_deflate_more() -> None:
    hurdles = [luckiest(0.5, trials) for trials in range(1, 60)]
    assert (np.diff(hurdles) > 0).all()


def test_moments_are_those_of_a_library() -> None:
    from scipy.stats import kurtosis, skew

    returns = np.random.default_rng(0).standard_t(4, 500)
    record = TrackRecord.of(returns)
    assert record.skew == pytest.approx(skew(returns))
    assert record.kurtosis == pytest.approx(kurtosis(returns, fisher=False))
    assert record.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))


def test_the_table_ranks_models_and_ends_with_holding() -> None:
    prices = walk(steps=200)
    ahead = np.roll(prices, -1, axis=1)
    found = judged(priced(prices, naive=prices, oracle=ahead, anti=2 * prices - ahead))
    table = found.table()
    assert list(table.index) == ["oracle", "anti", "naive", HOLD]
    assert table.loc["oracle", "deflated"] > 0.95 > table.loc["anti", "deflated"]
    assert math.isnan(table.loc[HOLD, "deflated"])
    assert found.tried == ["oracle", "anti"]
    assert found.told[0].startswith("After costs of 10 basis points, the rule of oracle")


def test_a_drawdown_counts_from_the_beginning() -> None:
    assert drawdown(np.array([0.5, 0.75, 1.5, 1.2])) == 0.5
    assert drawdown(np.array([1.1, 1.2])) == 0
