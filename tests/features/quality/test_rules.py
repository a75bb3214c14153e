from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest

from features.quality import RULES
from tests.features.quality.plants import PLANTS, Planted
from tests.features.quality.tables import found, prices, weather

CASES = [(kind, rule) for kind, plants in PLANTS.items() for rule in plants]
ROW = {"prices": 600, "weather": 980}
CALENDAR = {"prices": "XNYS", "weather": "D"}


def planted(kind: str, rule: str, seed: int) -> Planted:
    table = prices(seed) if kind == "prices" else weather(seed)
    return PLANTS[kind][rule](table, ROW[kind])


def test_every_rule_has_a_planted_case() -> None:
    assert {kind: set(rules) for kind, rules in RULES.items()} == {
        kind: set(plants) for kind, plants in PLANTS.items()
    }


@pytest.mark.parametrize(("kind", "rule"), CASES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_planted_fault_is_found_where_it_is_and_nothing_else(
    kind: str, rule: str, seed: int
) -> None:
    case = planted(kind, rule, seed)
    out = found(case.table, CALENDAR[kind])
    assert list(out["rule"]) == [rule]
    one = out.iloc[0]
    assert one["unique_id"] == "B"
    assert one["column"] == case.column
    assert abs(one["first"] - case.first) <= case.slack
    assert abs(one["last"] - case.last) <= case.slack
    assert one["count"] == case.count
    assert one["severity"] == RULES[kind][rule].severity


@pytest.mark.parametrize(("kind", "rule"), CASES)
def test_the_order_of_rows_does_not_matter(kind: str, rule: str) -> None:
    case = planted(kind, rule, 3)
    shuffled = case.table.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(
        found(shuffled, CALENDAR[kind]), found(case.table, CALENDAR[kind])
    )


@pytest.mark.parametrize("seed", range(8))
def test_nothing_is_found_in_clean_data(seed: int) -> None:
    assert found(prices(seed), "XNYS").empty
    assert found(weather(seed), "D").empty


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_found_in_clean_hours(seed: int) -> None:
    hours = weather(seed, steps=24 * 120, freq="h")
    assert found(hours, "h").empty
    assert found(hours.assign(ds=hours["ds"].dt.tz_localize("UTC")), "h").empty


@pytest.mark.parametrize("factor", [1 / 20, 1 / 10, 1 / 4, 1 / 2, 2 / 3, 3 / 2, 2, 5, 10, 25])
def test_a_split_without_a_record_is_found_and_with_it_explained(factor: float) -> None:
    # A factor above 1 is a reverse split: fewer shares, each worth more.
    table = prices(4)
    rows = range(600, 1000)
    table.loc[rows, ["open", "high", "low", "close"]] *= factor
    table.loc[rows, "volume"] /= factor
    out = found(table, "XNYS")
    assert list(out["rule"]) == ["unrecorded-split"]
    assert out["example"][0] == pytest.approx(factor, rel=0.1)
    table.loc[600, "split"] = 1 / factor
    assert found(table, "XNYS").empty


def test_a_split_on_a_row_without_prices_still_explains_the_next_close() -> None:
    table = prices(4)
    row = int(table["split"].gt(1).idxmax())
    table.loc[row, ["open", "high", "low", "close"]] = np.nan
    assert list(found(table, "XNYS")["rule"]) == ["missing-sessions"]


def test_a_large_dividend_explains_a_fall() -> None:
    table = prices(5)
    paid = table["close"][599] * 0.5
    table.loc[600:999, ["open", "high", "low", "close"]] *= 0.5
    assert set(found(table, "XNYS")["rule"]) == {"unrecorded-split"}
    table.loc[600, "dividend"] = paid
    assert found(table, "XNYS").empty


@pytest.mark.parametrize(("volume", "opening"), [(20.0, 0.5), (1.0, 0.8)])
def test_a_crash_by_half_is_no_split(volume: float, opening: float) -> None:
    # Trade is heavy, or the fall comes during the day: then no provider forgot a split.
    table = prices(6)
    opened = table["close"][599] * opening
    table.loc[600:999, ["open", "high", "low", "close"]] *= 0.5
    table.loc[600, "volume"] *= volume
    table.loc[600, ["open", "high"]] = opened, max(opened, table["high"][600])
    out = found(table, "XNYS")
    assert list(out["rule"]) == ["price-jump"]
    assert out["severity"][0] == "warning"


def test_closes_alone_accuse_of_no_split() -> None:
    table = prices(7)[["unique_id", "ds", "close"]]
    out = found(table, "XNYS")
    assert list(out["rule"]) == ["price-jump"] * 3


def test_prices_adjusted_for_splits_that_are_recorded_are_refused() -> None:
    table = prices(8)
    for _, rows in table.groupby("unique_id"):
        shares = rows["split"].cumprod()
        table.loc[rows.index, ["open", "high", "low", "close"]] = rows[
            ["open", "high", "low", "close"]
        ].mul(shares, axis=0)
    out = found(table, "XNYS")
    assert list(out["rule"]) == ["split-not-in-prices"] * 3
    assert list(out["unique_id"]) == ["A", "B", "C"]


def test_an_index_without_volume_moves_freely() -> None:
    assert found(prices(9).assign(volume=0.0), "XNYS").empty


def test_a_half_day_is_a_session_and_a_holiday_is_none() -> None:
    table = prices(10)
    day = pd.Timestamp("2023-11-24")  # the Friday after Thanksgiving closes early
    out = found(table[(table["ds"] != day) | (table["unique_id"] != "C")], "XNYS")
    assert list(out["rule"]) == ["missing-sessions"]
    assert "1 session(s) in a row on 2023-11-24, expected" in out["sentence"][0]
    eve = table[(table["ds"] == day - pd.Timedelta(days=2)) & (table["unique_id"] == "C")]
    holiday = eve.assign(ds=day - pd.Timedelta(days=1))
    assert list(found(pd.concat([table, holiday]), "XNYS")["rule"]) == ["off-calendar"]


def test_a_stock_listed_late_or_delisted_early_misses_no_session() -> None:
    table = prices(11)
    assert found(table.drop(index=[*range(500, 700), *range(1300, 1500)]), "XNYS").empty


def test_hours_of_an_exchange_count_by_its_own_days() -> None:
    days = prices(12, ids=("A",), steps=60)
    opening = days["ds"].dt.tz_localize("America/New_York") + pd.Timedelta(hours=9.5)
    table = days.assign(ds=opening.dt.tz_convert("UTC"))
    assert found(table, "XNYS").empty
    assert list(found(table.drop(index=20), "XNYS")["rule"]) == ["missing-sessions"]


def test_gaps_are_named_the_longest_first() -> None:
    table = prices(13).drop(index=[510, 520, 521, 530, 540, 550])
    ds = prices(13)["ds"].dt.date
    sentence = found(table, "XNYS")["sentence"][0]
    assert f"no close for 2 session(s) in a row from {ds[520]} to {ds[521]} (also" in sentence
    assert f"(also {ds[510]}, {ds[530]}, {ds[540]} and 1 more until {ds[550]})" in sentence


@pytest.mark.parametrize(
    ("column", "slope", "offset"),
    [("temp", 1, 273.15), ("pres", 0.1, 0), ("pres", 0.02953, 0), ("tmax", 1.8, 32)],
)
@pytest.mark.parametrize("back", [False, True])
def test_a_new_unit_is_found_on_its_first_day(
    column: str, slope: float, offset: float, back: bool
) -> None:
    table = weather(14)
    rows = range(730, 930) if back else range(930, 1460)
    table.loc[rows, column] = table.loc[rows, column] * slope + offset
    out = found(table, "D").query("rule == 'unit-change'")
    assert list(zip(out["unique_id"], out["column"], strict=True)) == [("B", column)]
    assert out["first"].iloc[0] == out["last"].iloc[0] == table["ds"][930]


def test_three_days_in_a_new_unit_are_enough() -> None:
    table = weather(15, steps=300, freq="h")
    table.loc[range(600 - 72, 600), "dwpt"] += 273.15
    out = found(table, "h").query("rule == 'unit-change'")
    assert list(out["first"]) == [table["ds"][600 - 72]]


def test_weather_that_may_stay_the_same_is_not_stuck() -> None:
    table = weather(16).assign(prcp=0.0, snwd=3.0, wdir=270.0)
    table.loc[range(800, 810), "wspd"] = 0.0
    table.loc[range(800, 810), "rhum"] = 100.0
    assert found(table, "D").empty


def test_values_rounded_to_whole_degrees_repeat_by_chance() -> None:
    rng = np.random.default_rng(17)
    tropics = weather(17, steps=3650).drop(columns=["tmin", "tmax", "dwpt"])
    tropics["temp"] = 27 + rng.normal(0, 0.5, len(tropics)).round()
    out = pd.concat(runs for _, runs in _lengths(tropics))
    assert out.max() > 6  # longer than a thermometer with decimals could stay
    assert found(tropics, "D").empty


def _lengths(table: pd.DataFrame) -> list[tuple[str, pd.Series]]:
    groups = table.groupby("unique_id")["temp"]
    return [(str(name), t.groupby(t.diff().ne(0).cumsum()).size()) for name, t in groups]


def test_a_series_that_never_changes_is_stuck() -> None:
    out = found(weather(18).assign(pres=1013.0), "D")
    assert list(out["rule"]) == ["stuck-sensor"] * 3
    assert list(out["count"]) == [730] * 3


@pytest.mark.parametrize(("kind", "rule"), list(product(RULES, ["future-dates"])))
def test_only_rows_that_have_happened_are_held_against_the_calendar(kind: str, rule: str) -> None:
    case = planted(kind, rule, 19)
    case.table.loc[len(case.table) - 1, "ds"] = pd.Timestamp("2250-01-01")
    assert list(found(case.table, CALENDAR[kind])["rule"]) == [rule]
