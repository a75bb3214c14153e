"""Both sides of each threshold."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.quality.jumps import BUSY, JUMP, UNIT, UNUSUAL
from features.quality.prices import QUARTER, ROUNDING, STALE
from features.quality.weather import BOUNDS, LONG, ORDER, SPIKE
from tests.features.quality.plants import BAR, hole, holes, same_bar, stuck, without
from tests.features.quality.tables import NOW, found, prices, sessions, weather

DAYS = LONG.days
PLAIN = ["unique_id", "ds", "close"]


def rules(table: pd.DataFrame, calendar: str = "XNYS") -> list[str]:
    return list(found(table, calendar)["rule"])


def steady(returns: np.ndarray, volume: float = 1000.0) -> pd.DataFrame:
    """Closes with these log returns; each opens where it closes."""
    close = 50 * np.exp(np.cumsum(returns))
    table = pd.DataFrame({"unique_id": "A", "ds": sessions(len(returns)), "close": close})
    return table.assign(open=close, high=close * 1.01, low=close * 0.99, volume=volume)


def alternating(usual: float, jump: float) -> pd.DataFrame:
    returns = np.tile([usual, -usual], 100)
    returns[100] = jump
    return steady(returns)[PLAIN]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_is_large(sign: int) -> None:
    assert rules(alternating(0.001, sign * (JUMP - 1e-6))) == []
    assert rules(alternating(0.001, sign * (JUMP + 1e-6))) == ["price-jump"]


def test_a_jump_is_unusual_for_its_series() -> None:
    assert rules(alternating(0.05, 0.05 * (UNUSUAL - 0.01))) == []
    assert rules(alternating(0.05, 0.05 * (UNUSUAL + 0.01))) == ["price-jump"]


def test_a_long_gap_allows_a_larger_jump() -> None:
    table = alternating(0.001, 1.5 * JUMP).drop(index=range(90, 100))
    assert rules(table) == ["missing-sessions"]
    table.loc[100:, "close"] *= 1.5
    assert rules(table) == ["price-jump", "missing-sessions"]


@pytest.mark.parametrize("sign", [1, -1])
def test_a_unit_is_a_factor_of_about_100(sign: int) -> None:
    for off, rule in ((UNIT - 1e-6, "unit-change"), (UNIT + 1e-6, "price-jump")):
        for change in (np.log(100) + off, np.log(100) - off):
            assert rules(alternating(0.001, sign * change)) == [rule]


def busy_split(times: float) -> pd.DataFrame:
    """Half the price, with the volume at so many times what a split of 2 for 1 makes of it."""
    returns = np.tile([0.01, -0.01], 100)
    returns[100] = np.log(0.5)
    table = steady(returns)
    table.loc[100:, "volume"] = 2000.0
    # The median of worth around the day is that of all days; shares are 1000 before, 2000 after.
    table.loc[100, "volume"] = 2000.0 * times
    return table


def test_a_split_is_on_a_day_of_usual_trading() -> None:
    assert rules(busy_split(BUSY * 0.95)) == ["unrecorded-split"]
    assert rules(busy_split(BUSY * 1.05)) == ["price-jump"]


def test_without_volume_the_range_says_whether_trading_was_usual() -> None:
    table = busy_split(1.0).drop(columns="volume")
    assert rules(table) == ["unrecorded-split"]
    table.loc[100, "high"] *= 1.10
    assert rules(table) == ["price-jump"]


def test_a_split_is_near_a_usual_ratio() -> None:
    table = busy_split(1.0)
    near, far = table.copy(), table.copy()
    near.loc[100:, BAR] *= np.exp(0.025)
    far.loc[100:, BAR] *= np.exp(0.15)
    assert rules(near) == ["unrecorded-split"]
    assert rules(far) == ["price-jump"]


def test_a_recorded_split_shows_at_least_half() -> None:
    for share, expected in ((0.49, ["split-not-in-prices"]), (0.51, [])):
        returns = np.tile([0.01, -0.01], 100)
        returns[100] = -share * np.log(1.5)
        table = steady(returns).assign(split=1.0)
        table.loc[100, "split"] = 1.5
        assert rules(table) == expected


def test_rounding_may_put_a_close_outside_the_range() -> None:
    table = prices()
    table.loc[600, "close"] = table.loc[600, "high"] * (1 + 0.9 * ROUNDING)
    table.loc[700, "open"] = table.loc[700, "low"] * (1 - 0.9 * ROUNDING)
    assert rules(table) == []
    table.loc[600, "close"] = table.loc[600, "high"] * (1 + 1.1 * ROUNDING)
    table.loc[700, "open"] = table.loc[700, "low"] * (1 - 1.1 * ROUNDING)
    assert rules(table) == ["outside-range"] * 2


def test_a_high_below_the_low_is_outside_the_range() -> None:
    table = prices()[["unique_id", "ds", "high", "low"]]
    table.loc[600, "high"] = table.loc[600, "low"] * 0.99
    assert rules(table) == ["outside-range"]


def test_few_equal_days_are_not_stale() -> None:
    assert rules(same_bar(STALE - 1)(prices(), 600).table) == []
    assert rules(same_bar(STALE)(prices(), 600).table) == ["stale-prices"]


def test_equal_bars_of_two_series_are_not_one_stretch() -> None:
    returns = np.tile([0.01, -0.02, 0.01], 30)
    returns[-STALE + 2 :] = 0.0
    one = steady(returns)
    assert one["close"].tail(STALE - 1).nunique() == 1
    other = one.assign(unique_id="B", **{c: one[c].to_numpy()[::-1] for c in BAR})
    assert rules(pd.concat([one, other])) == []


def test_a_quarter_without_prices_is_severe() -> None:
    assert rules(without(QUARTER)(prices(), 530).table) == ["missing-sessions"]
    assert rules(without(QUARTER + 1)(prices(), 530).table) == ["missing-quarter"]


@pytest.mark.parametrize(("low", "expected"), [(1e-4, []), (0.0, ["prices-not-positive"])])
def test_a_price_is_above_zero(low: float, expected: list[str]) -> None:
    table = prices()[["unique_id", "ds", "low"]]
    table.loc[600, "low"] = low
    assert rules(table) == expected


@pytest.mark.parametrize("column", BOUNDS)
def test_a_value_is_possible_up_to_its_bounds(column: str) -> None:
    table = weather()[["unique_id", "ds", column]]
    for bound, beyond in zip(BOUNDS[column], (-0.01, 0.01), strict=True):
        table[column] = np.nan
        table.loc[1000, column] = bound
        assert rules(table, "D") == []
        table.loc[1000, column] = bound + beyond
        assert rules(table, "D") == ["impossible-values"]


@pytest.mark.parametrize(("lower", "upper", "slack"), ORDER)
def test_extremes_may_be_out_of_order_by_rounding(lower: str, upper: str, slack: float) -> None:
    table = weather()[["unique_id", "ds", lower, upper]]
    table.loc[1000, lower] = table.loc[1000, upper] + slack - 0.01
    assert rules(table, "D") == []
    table.loc[1000, lower] = table.loc[1000, upper] + slack + 0.01
    assert rules(table, "D") == ["disorder"]


@pytest.mark.parametrize(("freq", "least"), [("D", 6), ("h", 24)])
def test_a_sensor_is_stuck_from_so_many_steps_on(freq: str, least: int) -> None:
    table = weather(freq=freq)[["unique_id", "ds", "wspd"]]
    assert rules(stuck("wspd", least - 1)(table.copy(), 1000).table, freq) == []
    assert rules(stuck("wspd", least)(table.copy(), 1000).table, freq) == ["stuck-sensor"]


@pytest.mark.parametrize("column", SPIKE)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_spike_stands_out_from_both_neighbours(column: str, sign: int) -> None:
    table = weather()[["unique_id", "ds"]].assign(pres=np.nan)
    table.loc[990:1010, "pres"] = 1000 + np.arange(21) % 7
    table = table.rename(columns={"pres": column})
    if column != "pres":
        table[column] -= 1000
    level = float(table[column][1000])
    for by, expected in ((SPIKE[column] - 0.1, []), (SPIKE[column] + 0.1, ["spike"])):
        case = table.copy()
        case.loc[999:1001, column] = [level, level + sign * by, level]
        assert rules(case, "D") == expected
    case.loc[1001, column] += sign * SPIKE[column]  # a step, not a spike
    assert rules(case, "D") == []


def test_a_gap_is_long_from_a_fortnight_on() -> None:
    assert rules(hole("pres", DAYS - 1)(weather(), 980).table, "D") == []
    assert rules(hole("pres", DAYS)(weather(), 980).table, "D") == ["long-gap"]
    hours = weather(steps=24 * 200, freq="h")
    assert rules(hole("pres", 24 * DAYS - 1)(hours.copy(), 6000).table, "h") == []
    assert rules(hole("pres", 24 * DAYS)(hours, 6000).table, "h") == ["long-gap"]


def test_missing_steps_are_reported_from_a_tenth_on() -> None:
    assert rules(holes("pres", 11)(weather(), 980).table, "D") == []
    assert rules(holes("pres", 9)(weather(), 980).table, "D") == ["missing-share"]


def test_a_column_is_asked_for_from_its_first_to_its_last_value() -> None:
    table = weather()
    table.loc[730:1200, "tsun"] = np.nan  # a sensor that came later
    table.loc[300:729, "wpgt"] = np.nan  # and one that was taken down
    assert rules(table, "D") == []


def test_a_date_may_have_begun_east_of_greenwich() -> None:
    tomorrow = NOW.normalize() + pd.Timedelta(days=1)  # NOW is 20:00 UTC: it is there in Tokyo
    table = prices()[[*PLAIN, "split"]]
    for days, expected in ((0, []), (1, ["future-dates"])):
        last = table.iloc[[-1]].assign(ds=tomorrow + pd.Timedelta(days=days))
        out = rules(pd.concat([table, last]))
        assert [rule for rule in out if rule != "off-calendar"] == expected


def test_an_hour_with_a_time_zone_is_held_against_now_itself() -> None:
    table = weather(freq="h")
    table["ds"] = table["ds"].dt.tz_localize("UTC")
    assert rules(table, "h") == []
    later = table.assign(ds=table["ds"] + pd.Timedelta(hours=1))
    assert rules(later, "h") == ["future-dates"] * 3
