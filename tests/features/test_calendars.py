from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.calendars import Calendar, infer_calendar, is_exchange, make_calendar, typical_step
from features.errors import UserError


def stamp(text: str, tz: str | None = None) -> pd.Timestamp:
    return pd.Timestamp(text, tz=tz)


def calendar(name: str, first: str, last: str, tz: str | None = None) -> Calendar:
    return make_calendar(name, stamp(first, tz), stamp(last, tz))


def days(index: pd.DatetimeIndex) -> list[str]:
    return [str(one.date()) for one in index]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        # Thanksgiving 2018 was Thursday the 22nd.
        ("2018-11-20", ["2018-11-21", "2018-11-23", "2018-11-26"]),
        # Good Friday 2019 was 19 April; Easter Monday trades.
        ("2019-04-17", ["2019-04-18", "2019-04-22", "2019-04-23"]),
        # Independence Day 2020 was a Saturday, so Friday the 3rd was free.
        ("2020-07-01", ["2020-07-02", "2020-07-06", "2020-07-07"]),
        # Independence Day 2021 was a Sunday, so Monday the 5th was free.
        ("2021-07-01", ["2021-07-02", "2021-07-06", "2021-07-07"]),
        # The turn of a year, New Year's Day.
        ("2018-12-28", ["2018-12-31", "2019-01-02", "2019-01-03"]),
    ],
)
def test_steps_ahead_on_an_exchange_are_its_next_sessions(last: str, expected: list[str]) -> None:
    sessions = calendar("XNYS", "2018-01-02", last)
    assert days(sessions.ahead(3)) == expected
    assert days(sessions.ahead_until(stamp(expected[-1]))) == expected


def test_an_exchange_takes_closures_that_no_rule_foresees() -> None:
    # Funeral of George H. W. Bush; the week after the attacks of 2001.
    assert days(calendar("XNYS", "2018-12-03", "2018-12-07").stamps) == [
        "2018-12-03",
        "2018-12-04",
        "2018-12-06",
        "2018-12-07",
    ]
    assert days(calendar("XNYS", "2001-09-10", "2001-09-17").stamps) == ["2001-09-10", "2001-09-17"]


def test_sessions_reach_past_the_default_end_of_the_exchange_calendar() -> None:
    # Its default end is a year from today.
    far = calendar("XNYS", "2040-06-01", "2040-07-02").ahead(600)
    assert days(far[:2]) == ["2040-07-03", "2040-07-05"]
    assert len(far) == 600
    assert far.is_monotonic_increasing


def test_an_exchange_whose_holidays_are_known_to_a_year_only_says_so() -> None:
    import exchange_calendars

    bound = exchange_calendars.get_calendar("XSHG").bound_max()
    sessions = make_calendar("XSHG", bound - pd.Timedelta(days=60), bound)
    assert sessions.until(len(sessions.stamps) - 4).ahead(3).equals(sessions.stamps[-3:])
    with pytest.raises(UserError, match=r"20 sessions of XSHG after .* for 3 of them only"):
        sessions.until(len(sessions.stamps) - 4).ahead(20)
    with pytest.raises(UserError, match=r"past the years for which holidays of XSHG are known"):
        sessions.ahead_until(bound + pd.Timedelta(days=400))
    with pytest.raises(UserError, match=r"holidays of XSHG are not known for the years 1900 to"):
        calendar("XSHG", "1900-01-01", "1900-12-31")


def test_sessions_are_plain_dates() -> None:
    assert calendar("XNYS", "2020-01-01", "2020-02-01").stamps.tz is None
    with pytest.raises(UserError, match=r"time zone America/New_York, expected plain dates as"):
        calendar("XNYS", "2020-01-02", "2020-02-01", "America/New_York")


@pytest.mark.parametrize(
    ("name", "first", "last", "expected"),
    [
        ("D", "2024-02-27", "2024-02-28", ["2024-02-29", "2024-03-01"]),
        ("B", "2024-02-27", "2024-02-29", ["2024-03-01", "2024-03-04"]),
        ("W-SUN", "2024-02-18", "2024-02-25", ["2024-03-03", "2024-03-10"]),
        ("MS", "2024-01-01", "2024-02-01", ["2024-03-01", "2024-04-01"]),
        ("ME", "2023-12-31", "2024-01-31", ["2024-02-29", "2024-03-31"]),
    ],
)
def test_steps_ahead_of_an_offset(name: str, first: str, last: str, expected: list[str]) -> None:
    steps = calendar(name, first, last)
    assert days(steps.stamps[[0, -1]]) == [first, last]
    assert days(steps.ahead(2)) == expected
    assert days(steps.ahead_until(stamp(expected[1]))) == expected
    assert len(steps.ahead(0)) == len(steps.ahead_until(stamp(last))) == 0


def test_hours_step_in_absolute_time_where_clocks_change() -> None:
    spring = calendar("h", "2024-03-09 23:00", "2024-03-10 01:00", "America/New_York").ahead(3)
    assert [one.hour for one in spring] == [3, 4, 5]
    autumn = calendar("h", "2024-11-02 23:00", "2024-11-03 00:00", "America/New_York").ahead(3)
    assert [one.hour for one in autumn] == [1, 1, 2]
    for hours in (spring, autumn):
        assert (np.diff(hours.asi8) == 3600 * 10**9).all()


def test_days_step_on_the_wall_clock_where_clocks_change() -> None:
    days_ahead = calendar("D", "2024-03-08", "2024-03-09", "America/New_York").ahead(3)
    assert [one.hour for one in days_ahead] == [0, 0, 0]


def test_cut_calendar_goes_on_where_it_was_cut() -> None:
    sessions = calendar("XNYS", "2018-11-01", "2018-12-31")
    for step in (0, 14, 20):
        assert sessions.until(step).ahead(5).equals(sessions.stamps[step + 1 : step + 6])
        assert len(sessions.until(step).stamps) == step + 1


@settings(deadline=None, max_examples=40)
@given(
    name=st.sampled_from(["D", "h", "15min", "W-SUN", "MS", "B", "XNYS", "QS-FEB"]),
    split=st.integers(1, 30),
    steps=st.integers(0, 40),
)
def test_the_future_from_any_step_is_the_calendar_itself(name: str, split: int, steps: int) -> None:
    first = pd.Timestamp("2016-02-01")
    whole = Calendar(name, first_steps(name, first, split + steps))
    cut = whole.until(split - 1)
    assert cut.ahead(steps).equals(whole.stamps[split:])
    assert cut.ahead_until(whole.stamps[-1]).equals(whole.stamps[split:])


def first_steps(name: str, first: pd.Timestamp, steps: int) -> pd.DatetimeIndex:
    end = first + (steps + 5) * 2 * max(typical_step(name), pd.Timedelta(days=1))
    return make_calendar(name, first, end).stamps[:steps]


@pytest.mark.parametrize(
    ("name", "season"),
    [
        ("D", 7),
        ("h", 24),
        ("15min", 96),
        ("60min", 24),
        ("XNYS", 5),
        ("B", 5),
        ("W-SUN", 52),
        ("W", 52),
        ("MS", 12),
        ("ME", 12),
        ("QS-JAN", 4),
        ("YS-JAN", 1),
        ("7h", 1),
        ("2D", 1),
    ],
)
def test_season(name: str, season: int) -> None:
    assert Calendar(name, pd.DatetimeIndex([])).season == season


@pytest.mark.parametrize(
    "name", ["D", "h", "15min", "W-SUN", "MS", "ME", "QS-MAR", "YS-MAR", "B", "XNYS", "XLON"]
)
def test_infer_finds_the_calendar_in_spite_of_gaps_and_order(name: str) -> None:
    first = pd.Timestamp("2010-03-01") if name != "W-SUN" else pd.Timestamp("2010-03-07")
    stamps = first_steps(name, first, 400 if name in ("B", "XNYS", "XLON") else 40)
    kept = stamps.delete([7, 21, 22])
    shuffled = kept[np.random.default_rng(0).permutation(len(kept))]
    found = infer_calendar(shuffled)
    assert found.name == name
    assert found.stamps.equals(stamps)


def test_infer_takes_a_daily_calendar_when_a_weekend_is_in_it() -> None:
    sessions = calendar("XNYS", "2018-01-02", "2018-12-31").stamps
    assert infer_calendar(sessions).name == "XNYS"
    with_saturday = sessions.append(pd.DatetimeIndex(["2018-03-03"]))
    assert infer_calendar(with_saturday).name == "D"


def test_infer_keeps_the_time_zone() -> None:
    hours = pd.date_range("2024-03-09", periods=72, freq="h", tz="Europe/Berlin")
    assert infer_calendar(hours.delete(5)).stamps.equals(hours)
    dates = pd.date_range("2024-03-25", periods=20, freq="D", tz="Europe/Berlin")
    assert infer_calendar(dates).name == "D"


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["2024-01-01"], r"holds 1 different date\(s\), expected at least 2"),
        (["2024-01-01", "2024-01-01"], r"holds 1 different date\(s\)"),
        (
            ["2024-01-01", "2024-01-02", "2024-01-03", "2024-01-03 12:00"],
            r"most often it is 1 days .*, but 2024-01-03 12:00:00 comes 0 days 12:00:00 after",
        ),
        (
            ["2024-01-01", "2024-01-02", "2024-01-09", "2024-02-11", "2024-03-23"],
            r"no regular step: most often it is 1 days",
        ),
    ],
)
def test_infer_refuses_irregular_dates(texts: list[str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        infer_calendar(pd.DatetimeIndex(texts))


@pytest.mark.parametrize(
    ("name", "guess"), [("H", "h"), ("daily", "D"), ("xnys", "XNYS"), ("15 mins", "15min")]
)
def test_unknown_calendar_is_refused_with_a_guess(name: str, guess: str) -> None:
    with pytest.raises(UserError, match=f"unknown calendar '{name}', .*did you mean '{guess}'"):
        is_exchange(name)


@pytest.mark.parametrize("name", ["-1D", "0h", "", "nonsense"])
def test_a_calendar_goes_forward(name: str) -> None:
    with pytest.raises(UserError, match="unknown calendar"):
        calendar(name, "2020-01-01", "2020-02-01")


def test_a_calendar_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(UserError, match="'us' has more than 100,000,000 steps from 2020-01-01"):
        calendar("us", "2020-01-01", "2020-02-01")
    with pytest.raises(UserError, match=r"no regular step: most often it is 0 days 00:00:00\.000"):
        infer_calendar(pd.DatetimeIndex([0, 1000, 2000, 3000, 10**18]))


def test_a_span_without_a_step_is_refused() -> None:
    with pytest.raises(UserError, match="'MS' has no step between 2020-01-02"):
        calendar("MS", "2020-01-02", "2020-01-20")
