from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.calendar_features import calendar_features, visible_cycles

DAYS = pd.Timedelta(days=1)


@pytest.mark.parametrize(
    ("name", "days", "expected"),
    [
        ("h", 800, ("day", "week", "year")),
        ("15min", 729, ("day", "week")),
        ("h", 13, ("day",)),
        ("h", 1, ()),
        ("D", 800, ("week", "year")),
        ("B", 800, ("week", "year")),
        ("XNYS", 700, ("week",)),
        ("W-SUN", 800, ("year",)),
        ("MS", 800, ("year",)),
        ("QS-JAN", 800, ("year",)),
        ("YS-JAN", 8000, ()),
    ],
)
def test_a_cycle_spans_two_steps_and_was_seen_twice(
    name: str, days: int, expected: tuple[str, ...]
) -> None:
    assert visible_cycles(name, days * DAYS) == expected


def test_literal_values() -> None:
    # Monday 1 January 2024; six o'clock is a quarter of a day.
    stamps = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 06:00", "2024-01-01 12:00"])
    values = calendar_features(stamps, ("day", "week"))
    np.testing.assert_allclose(values[:, 0], [0, 1, 0], atol=1e-12)
    np.testing.assert_allclose(values[:, 1], [1, 0, -1], atol=1e-12)
    np.testing.assert_allclose(values[0], [0, 1, 0, 1], atol=1e-12)
    np.testing.assert_allclose(calendar_features(stamps, ("year",))[0], [0, 1], atol=1e-12)
    assert calendar_features(stamps, ()).shape == (3, 0)


def test_a_year_is_smooth_across_new_year_in_leap_years_too() -> None:
    for year in (2023, 2024):
        stamps = pd.date_range(f"{year}-12-20", f"{year + 1}-01-10", freq="D")
        values = calendar_features(stamps, ("year",))
        assert np.abs(np.diff(values, axis=0)).max() < 2 * np.pi / 365 + 1e-9


def test_the_clock_counts_where_clocks_change() -> None:
    local = pd.date_range("2024-03-10", periods=24, freq="h", tz="America/New_York")
    naive = local.tz_localize(None)
    np.testing.assert_array_equal(
        calendar_features(local, ("day",)), calendar_features(naive, ("day",))
    )


@settings(deadline=None, max_examples=50)
@given(
    start=st.datetimes(pd.Timestamp("1950-01-01"), pd.Timestamp("2100-01-01")),
    cycles=st.sampled_from([("day",), ("week", "year"), ("day", "week", "year")]),
    cut=st.integers(1, 49),
)
def test_bounded_and_a_function_of_each_stamp_alone(
    start: pd.Timestamp, cycles: tuple[str, ...], cut: int
) -> None:
    stamps = pd.date_range(start, periods=50, freq="7h")
    values = calendar_features(stamps, cycles)
    assert np.abs(values).max() <= 1
    np.testing.assert_array_equal(calendar_features(stamps[:cut], cycles), values[:cut])
    np.testing.assert_array_equal(calendar_features(stamps[::-1], cycles), values[::-1])
    np.testing.assert_allclose((values.reshape(50, -1, 2) ** 2).sum(-1), 1)
