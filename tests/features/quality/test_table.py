from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.quality import RULES, examine, stop_if_severe
from features.quality.table import FIELDS
from tests.features.quality.plants import PLANTS, cell
from tests.features.quality.tables import NOW, found, prices, weather


def refused(table: pd.DataFrame, kind: str = "prices", calendar: str = "XNYS") -> str:
    with pytest.raises(UserError) as caught:
        stop_if_severe(examine(table, kind, calendar, NOW))
    return str(caught.value)


@pytest.mark.parametrize(("kind", "calendar"), [("prices", "XNYS"), ("weather", "D")])
def test_clean_data_has_one_row_for_each_rule_that_says_what_holds(
    kind: str, calendar: str
) -> None:
    out = examine(prices() if kind == "prices" else weather(), kind, calendar, NOW)
    assert list(out.columns) == list(FIELDS)
    assert list(out["rule"]) == list(RULES[kind])
    assert set(out["outcome"]) == {"passed"}
    assert list(out["sentence"]) == [rule.description for rule in RULES[kind].values()]
    assert (out["count"] == 0).all()
    assert out[["first", "last", "example"]].isna().all(axis=None)
    stop_if_severe(out)


def test_the_sentence_names_check_series_stamp_value_and_what_to_do() -> None:
    case = cell("close", -1.5)(prices(), 600)
    assert refused(case.table) == (
        f"the check 'prices-not-positive' failed: series 'B': close is -1.5 on "
        f"{case.first.date()}, expected prices above 0; fetch the series again, or leave these "
        "prices empty"
    )


def test_the_sentence_counts_the_other_severe_findings() -> None:
    table = cell("close", -1.5)(prices(), 600).table
    table.loc[[10, 20, 1200], "volume"] = -1
    assert refused(table).endswith("(2 more severe finding(s) in the data-quality table)")


@pytest.mark.parametrize("kind", RULES)
def test_severe_findings_stop_and_warnings_do_not(kind: str) -> None:
    for name, rule in RULES[kind].items():
        table = prices(1) if kind == "prices" else weather(1)
        case = PLANTS[kind][name](table, 600 if kind == "prices" else 980)
        out = examine(case.table, kind, "XNYS" if kind == "prices" else "D", NOW)
        if rule.severity == "warning":
            stop_if_severe(out)
            continue
        with pytest.raises(UserError, match=f"the check '{name}' failed: series 'B'") as caught:
            stop_if_severe(out)
        sentence = str(caught.value)
        assert str(case.first.date()) in sentence
        assert "expected" in sentence
        assert rule.action in sentence
        assert "{" not in sentence
        assert "\n" not in sentence


def test_what_a_table_lacks_is_not_checked() -> None:
    out = examine(prices().drop(columns=["volume"]), "prices", "XNYS", NOW).set_index("rule")
    assert out.loc["move-without-volume", "outcome"] == "not checked"
    assert out.loc["move-without-volume", "sentence"] == "no values in volume"
    assert out.loc["price-jump", "outcome"] == "passed"


@pytest.mark.parametrize(("kind", "calendar"), [("prices", "XNYS"), ("weather", "h")])
def test_an_empty_table_is_not_checked(kind: str, calendar: str) -> None:
    for table in (pd.DataFrame({"unique_id": [], "ds": []}), prices().iloc[:0]):
        out = examine(table, kind, calendar, NOW)
        assert set(out["outcome"]) == {"not checked"}
        assert set(out["sentence"]) == {"no rows"}
        stop_if_severe(out)


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_short_series_pass(rows: int) -> None:
    assert found(prices().groupby("unique_id").head(rows), "XNYS").empty
    assert found(weather().groupby("unique_id").head(rows), "D").empty
    assert found(weather(freq="h").groupby("unique_id").head(rows), "h").empty


def test_one_row_beside_the_calendar_or_ahead_of_time_is_found() -> None:
    row = prices().iloc[[0]]
    assert list(found(row.assign(ds=pd.Timestamp("2024-06-22")), "XNYS")["rule"]) == [
        "off-calendar"
    ]
    assert list(found(row.assign(ds=pd.Timestamp("2030-01-02")), "XNYS")["rule"]) == [
        "future-dates"
    ]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_missing_values_are_nothing_but_missing(share: float) -> None:
    rng = np.random.default_rng(0)
    holes = {"XNYS": prices(1), "D": weather(1)}
    for calendar, table in holes.items():
        keys, columns = ["unique_id", "ds"], table.columns[2:]
        gone = rng.random((len(table), len(columns))) < share
        table[columns] = table[columns].mask(gone)
        if calendar == "XNYS":  # a lost split is another matter
            table["split"] = prices(1)["split"]
        assert set(found(table, calendar)["rule"]) <= {
            "missing-sessions",
            "missing-quarter",
            "missing-share",
            "long-gap",
        }
        assert found(table[keys].assign(**dict.fromkeys(columns, np.nan)), calendar).empty


def test_nullable_numbers_and_categories_are_read_alike() -> None:
    table = cell("close", -1.0)(prices(2), 700).table
    other = table.convert_dtypes().astype({"unique_id": "category"})
    other.loc[650, "volume"] = pd.NA
    pd.testing.assert_frame_equal(found(other, "XNYS"), found(table, "XNYS"))


def test_the_given_table_is_left_alone() -> None:
    table = PLANTS["prices"]["infinite-values"](prices(), 600).table
    before = table.copy()
    found(table, "XNYS")
    pd.testing.assert_frame_equal(table, before)


def test_a_finding_tells_from_when_to_when_and_how_often() -> None:
    table = weather(3)
    table.loc[[740, 800, 801, 900, 950], "prcp"] = [-1.0, -2.0, -3.0, -4.0, -5.0]
    ds = table["ds"].dt.date
    one = found(table, "D").iloc[0]
    assert (one["first"].date(), one["last"].date(), one["count"]) == (ds[740], ds[950], 5)
    assert one["example"] == -1.0
    assert one["sentence"] == (
        f"prcp is -1 where 0 to 2000 is possible on {ds[740]} (also {ds[800]}, {ds[801]}, "
        f"{ds[900]} and 1 more until {ds[950]}), expected metric units and no code for a "
        "missing value"
    )


def test_rows_without_series_or_stamp_are_refused() -> None:
    for column, empty in (("unique_id", None), ("ds", pd.NaT)):
        table = prices()
        table.loc[7, column] = empty
        with pytest.raises(UserError, match=f"column '{column}' is empty in row 7, expected"):
            examine(table, "prices", "XNYS", NOW)
    with pytest.raises(UserError, match="unknown column 'unique_id'"):
        examine(prices().drop(columns="unique_id"), "prices", "XNYS", NOW)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(UserError, match="'tides', expected prices or weather"):
        examine(prices(), "tides", "XNYS", NOW)
