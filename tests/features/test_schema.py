from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from features.calendars import make_calendar
from features.errors import UserError
from features.panel import Covariates
from features.schema import to_panel, validate
from tests.features.frames import long_frame


def refused(frame: pd.DataFrame, calendar: str = "auto", **covariates: tuple[str, ...]) -> str:
    """The sentence with which a frame is refused."""
    with pytest.raises(UserError) as caught:
        validate(frame, calendar, Covariates(**covariates))
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert "expected" in sentence or "unknown column" in sentence
    return sentence


def with_cell(frame: pd.DataFrame, row: int, column: str, value: object) -> pd.DataFrame:
    frame = frame.astype({column: object}) if isinstance(value, str) else frame.copy()
    frame.loc[row, column] = value
    return frame


def sessions(first: str, last: str) -> pd.DataFrame:
    stamps = make_calendar("XNYS", pd.Timestamp(first), pd.Timestamp(last)).stamps
    return pd.DataFrame({"unique_id": "A", "ds": stamps, "y": np.arange(len(stamps)) + 0.5})


def test_a_good_frame_comes_back_with_plain_types_and_its_calendar() -> None:
    frame = long_frame().assign(extra="x", c=1)
    frame["unique_id"] = frame["unique_id"].astype("category")
    frame["ds"] = frame["ds"].astype(str)
    frame["y"] = pd.array([1, 2, None, 4, 5, 6] * 2, dtype="Int64")
    taken, calendar = validate(frame, covariates=Covariates(past=("c",)))
    assert list(taken.columns) == ["unique_id", "ds", "y", "c"]
    assert taken["ds"].dtype == "datetime64[ns]"
    assert taken["y"].dtype == taken["c"].dtype == np.float64
    assert taken["unique_id"].map(type).eq(str).all()
    assert calendar.name == "D"
    assert calendar.stamps.equals(pd.date_range("2020-01-01", periods=6))


def test_the_given_frame_is_left_alone() -> None:
    frame = long_frame().astype({"ds": str})
    before = frame.copy()
    validate(frame)
    pd.testing.assert_frame_equal(frame, before)


def test_gaps_and_missing_values_stay_missing() -> None:
    frame = with_cell(long_frame(), 2, "y", np.nan).drop(index=[3, 7])
    panel = to_panel(frame)
    np.testing.assert_array_equal(
        panel.y, [[0.5, 1.5, np.nan, np.nan, 4.5, 5.5], [6.5, np.nan, 8.5, 9.5, 10.5, 11.5]]
    )


def test_series_may_be_interleaved_and_begin_and_end_apart() -> None:
    frame = long_frame().drop(index=[0, 10, 11]).sort_values(["ds", "unique_id"])
    panel = to_panel(frame)
    np.testing.assert_array_equal(
        panel.y, [[np.nan, 1.5, 2.5, 3.5, 4.5, 5.5], [6.5, 7.5, 8.5, 9.5, np.nan, np.nan]]
    )
    assert list(panel.start) == [1, 0]


def test_rows_after_the_last_observation_carry_known_future_covariates() -> None:
    frame = long_frame().assign(f=np.arange(12.0), p=1.0, g=[7.0] * 6 + [8.0] * 6)
    frame.loc[[4, 5, 10, 11], ["y", "p"]] = np.nan
    panel = to_panel(frame, covariates=Covariates(past=("p",), future=("f",), static=("g",)))
    assert panel.steps == 4
    assert panel.past.shape == (2, 4, 1)
    np.testing.assert_array_equal(panel.future[:, :, 0], np.arange(12.0).reshape(2, 6))
    np.testing.assert_array_equal(panel.static, [[7.0], [8.0]])


def test_integer_ids_become_text() -> None:
    frame = long_frame()
    assert to_panel(frame.assign(unique_id=[7] * 6 + [12] * 6)).ids == ("12", "7")


def test_empty_frame() -> None:
    assert refused(pd.DataFrame()).startswith("the frame is empty, expected one row for each date")
    assert refused(long_frame().head(0)).startswith("the frame is empty")


def test_one_row() -> None:
    sentence = refused(long_frame().head(1))
    assert sentence.startswith("the frame has one row, series 'a' on 2020-01-01 (row 0), expected")


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ("ds", "unknown column 'ds'; the frame has unique_id, y; add it or rename a column to it"),
        ("y", "unknown column 'y'; the frame has unique_id, ds; add it or rename a column to it"),
        (
            "unique_id",
            "unknown column 'unique_id'; the frame has ds, y; if it holds one series, add it with "
            'frame["unique_id"] = "series"',
        ),
    ],
)
def test_missing_key_column(column: str, sentence: str) -> None:
    assert refused(long_frame().drop(columns=column)) == sentence


@pytest.mark.parametrize("kind", ["past", "future", "static"])
def test_missing_covariate_column(kind: str) -> None:
    declared = Covariates(**{kind: ("volum",)})
    with pytest.raises(UserError) as caught:
        validate(long_frame().assign(volume=1.0), covariates=declared)
    assert str(caught.value) == (
        "unknown column 'volum'; the frame has unique_id, ds, y, volume; did you mean 'volume'?"
    )


def test_column_declared_or_there_twice() -> None:
    frame = long_frame().assign(volume=1.0)
    assert "'volume' is there or declared twice" in refused(
        frame, past=("volume",), future=("volume",)
    )
    assert "'y' is there or declared twice" in refused(frame, past=("y",))
    both = pd.concat([frame, frame[["volume"]]], axis=1)
    assert "'volume' is there or declared twice" in refused(both, past=("volume",))


@pytest.mark.parametrize("empty", [None, np.nan])
def test_missing_id_or_date(empty: object) -> None:
    frame = long_frame()
    frame["unique_id"] = frame["unique_id"].astype(object)
    frame.loc[8, "unique_id"] = empty
    sentence = refused(frame)
    assert f"column 'unique_id' holds {empty} in series" in sentence
    assert "on 2020-01-03 (row 8), expected every row to have one" in sentence
    assert "column 'ds' holds NaT in series 'a' on NaT (row 1)" in refused(
        with_cell(long_frame(), 1, "ds", pd.NaT)
    )


def test_series_without_an_observation() -> None:
    frame = long_frame()
    frame.loc[frame["unique_id"] == "b", "y"] = np.nan
    assert refused(frame).startswith("series 'b' has no observation: y is NaN in all of its rows")


def test_series_with_one_observation() -> None:
    assert refused(long_frame().head(7)).startswith("series 'b' has one observation, expected at")


def test_constant_series() -> None:
    frame = long_frame()
    frame.loc[frame["unique_id"] == "b", "y"] = 3.0
    frame.loc[8, "y"] = np.nan
    assert refused(frame).startswith("series 'b' is constant: y is 3 in all 5 observations")


def test_duplicate_dates() -> None:
    frame = long_frame()
    twice = pd.concat([frame, frame.iloc[[8]]], ignore_index=True)
    assert refused(twice).startswith("series 'b' on 2020-01-03 (row 12) repeats row 8, expected")


def test_unsorted_dates() -> None:
    order = [0, 1, 2, 3, 4, 5, 6, 8, 7, 9, 10, 11]
    sentence = refused(long_frame().iloc[order])
    assert sentence.startswith("series 'b' on 2020-01-02 (row 8) comes after a later date")
    assert sentence.endswith('sort with frame.sort_values(["unique_id", "ds"])')


def test_mixed_time_zones() -> None:
    frame = long_frame().astype({"ds": object})
    frame["ds"] = [f"2020-01-0{1 + row % 6}T00:00+0{1 + row // 6}:00" for row in range(12)]
    assert refused(frame).startswith("column 'ds' mixes the time zones +01:00, +02:00, expected")


def test_dates_that_are_none() -> None:
    frame = with_cell(long_frame().astype({"ds": str}), 4, "ds", "tomorrow")
    assert refused(frame).startswith("column 'ds' holds 'tomorrow' in row 4, expected a date")


@pytest.mark.parametrize("value", [np.inf, -np.inf])
@pytest.mark.parametrize("column", ["y", "volume"])
def test_infinite_values(value: float, column: str) -> None:
    frame = with_cell(long_frame().assign(volume=1.0), 7, column, value)
    assert refused(frame, past=("volume",)).startswith(
        f"column '{column}' holds {value} in series 'b' on 2020-01-02 (row 7), expected a finite"
    )


@pytest.mark.parametrize("column", ["y", "volume"])
def test_values_that_are_no_numbers(column: str) -> None:
    frame = with_cell(long_frame().assign(volume=1.0), 7, column, "n/a")
    assert refused(frame, past=("volume",)).startswith(
        f"column '{column}' holds 'n/a' in series 'b' on 2020-01-02 (row 7), expected a number"
    )
    dates = long_frame().assign(y=pd.Timestamp("2020-01-01"))
    assert "column 'y' holds Timestamp(" in refused(dates)


def test_dates_off_the_exchange_calendar() -> None:
    frame = sessions("2020-01-02", "2020-02-28")
    saturday = pd.DataFrame({"unique_id": ["A"], "ds": [pd.Timestamp("2020-01-04")], "y": [1.0]})
    frame = pd.concat([frame, saturday]).sort_values("ds", ignore_index=True)
    assert refused(frame, "XNYS").startswith(
        "series 'A' on 2020-01-04 (row 2), a Saturday, is no session of the calendar 'XNYS'"
    )
    holiday = with_cell(sessions("2020-07-02", "2020-07-31"), 0, "ds", pd.Timestamp("2020-07-03"))
    assert "on 2020-07-03 (row 0), a Friday, is no session" in refused(holiday, "XNYS")


def test_dates_off_an_offset_calendar() -> None:
    frame = with_cell(long_frame(freq="h"), 8, "ds", pd.Timestamp("2020-01-01 02:30"))
    assert refused(frame, "h").startswith(
        "series 'b' on 2020-01-01 02:30:00 (row 8), a Wednesday, is no step of the calendar 'h'"
    )
    assert "2020-01-01 02:30:00 comes 0 days 00:30:00 after the date before it" in refused(frame)


def test_irregular_dates() -> None:
    frame = long_frame(("a",), 5)
    frame["ds"] = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-05", "2020-02-11", "2021"])
    assert refused(frame).startswith("the dates have no regular step: most often it is 1 days")
    assert to_panel(frame, "D").steps == 367


def test_exchange_dates_with_a_time_zone() -> None:
    frame = sessions("2020-01-02", "2020-02-28")
    frame["ds"] = frame["ds"].dt.tz_localize("America/New_York")
    assert refused(frame, "XNYS").startswith(
        "the dates carry the time zone America/New_York, expected plain dates as sessions of XNYS"
    )


def test_past_only_covariate_after_the_last_observation() -> None:
    frame = long_frame().assign(p=1.0)
    frame.loc[[5, 11], "y"] = np.nan
    assert refused(frame, past=("p",)).startswith(
        "past-only covariate 'p' has a value in series 'a' on 2020-01-06 (row 5), after the last "
        "observed y on 2020-01-05, expected none there"
    )


def test_known_future_covariate_with_a_hole() -> None:
    frame = long_frame().assign(f=1.0)
    sentence = "known-future covariate 'f' has no value for series 'b' on 2020-01-03, expected one"
    assert refused(with_cell(frame, 8, "f", np.nan), future=("f",)).startswith(sentence)
    assert refused(frame.drop(index=8), future=("f",)).startswith(sentence)
    late = frame.drop(index=[6, 7])
    assert to_panel(late, covariates=Covariates(future=("f",))).future.shape == (2, 6, 1)


def test_known_future_covariate_that_reaches_less_far_for_one_series() -> None:
    frame = long_frame().assign(f=1.0)
    frame.loc[[4, 5, 10, 11], "y"] = np.nan
    assert "no value for series 'b' on 2020-01-06" in refused(frame.drop(index=11), future=("f",))


def test_static_covariate_that_varies_or_is_missing() -> None:
    frame = long_frame().assign(g=2.0)
    assert refused(with_cell(frame, 9, "g", 4.0), static=("g",)).startswith(
        "static covariate 'g' changes from 2 to 4 in series 'b' on 2020-01-04 (row 9), expected"
    )
    assert refused(with_cell(frame, 9, "g", np.nan), static=("g",)).startswith(
        "static covariate 'g' is missing in series 'b' on 2020-01-04 (row 9), expected"
    )


def test_unknown_calendar() -> None:
    assert refused(long_frame(), "dayly").startswith("unknown calendar 'dayly', expected")
