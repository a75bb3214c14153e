from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from features.dates import looks_like_date, parse_dates
from features.errors import UserError


def column(*cells: object) -> pd.Series:
    return pd.Series(cells, name="ds", dtype=object)


@pytest.mark.parametrize(
    "cells",
    [
        ("2024-01-31", "2024-02-01"),
        ("2024-01-31 00:00:00", "2024-02-01 00:00:00"),
        ("2024-01-31T00:00", "2024-02-01T00:00"),
        ("01/31/2024", "02/01/2024"),
        ("31/01/2024", "01/02/2024"),
        ("31.01.2024 00:00", "01.02.2024 00:00"),
        ("2024/01/31", "2024/02/01"),
        ("31-Jan-2024", "01-Feb-2024"),
        ("20240131", "20240201"),
        (datetime.date(2024, 1, 31), datetime.date(2024, 2, 1)),
        (pd.Timestamp("2024-01-31"), "2024-02-01"),
    ],
)
def test_reads_what_can_be_read_in_one_way(cells: tuple[object, ...]) -> None:
    parsed = parse_dates(column(*cells))
    assert parsed.dtype == "datetime64[ns]"
    assert list(parsed) == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]
    assert parsed.name == "ds"


def test_reads_days_written_as_whole_numbers() -> None:
    parsed = parse_dates(pd.Series([20240131, 20240201], name="ds"))
    assert list(parsed) == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]


def test_keeps_order_repeats_empty_cells_and_index() -> None:
    cells = column("2024-01-02", None, "2024-01-01", "2024-01-02")
    cells.index = pd.Index([5, 3, 9, 1])
    parsed = parse_dates(cells)
    assert parsed.index.equals(cells.index)
    assert list(parsed.dt.day.fillna(0)) == [2, 0, 1, 2]


def test_reads_arrow_columns() -> None:
    stamps = pd.date_range("2024-01-01", periods=3, freq="h", tz="Europe/Berlin").to_series()
    arrow = stamps.astype("timestamp[us, tz=Europe/Berlin][pyarrow]")
    assert list(parse_dates(arrow)) == list(stamps)
    assert (
        list(parse_dates(stamps.dt.strftime("%Y-%m-%d").astype("string[pyarrow]")).dt.day)
        == [1] * 3
    )


def test_keeps_one_time_zone() -> None:
    assert str(parse_dates(column("2024-01-01T00:00Z", "2024-01-02T00:00Z")).dt.tz) == "UTC"
    fixed = parse_dates(column("2024-01-01 00:00:00+01:00", None))
    assert fixed[0].utcoffset() == datetime.timedelta(hours=1)
    berlin = ZoneInfo("Europe/Berlin")
    moments = [datetime.datetime(2024, month, 1, tzinfo=berlin) for month in (1, 7)]
    parsed = parse_dates(column(*moments))
    assert str(parsed.dt.tz) == "Europe/Berlin"
    assert list(parsed.dt.hour) == [0, 0]
    assert parse_dates(parsed).equals(parsed)


@pytest.mark.parametrize(
    ("cells", "zones"),
    [
        (("2024-03-30 00:00:00+01:00", "2024-03-31 12:00:00+02:00"), r"\+01:00, \+02:00"),
        (("2024-03-30 00:00:00Z", "2024-03-31 12:00:00"), "Z, none"),
        (("2024-03-30T00+01:00", "2024-03-31"), r"\+01:00, none"),
        (
            (pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-02", tz="Asia/Tokyo")),
            "Asia/Tokyo, UTC",
        ),
        ((pd.Timestamp("2024-01-01", tz="UTC"), pd.Timestamp("2024-01-02")), "UTC, none"),
    ],
)
def test_refuses_mixed_time_zones(cells: tuple[object, ...], zones: str) -> None:
    with pytest.raises(UserError, match=f"column 'ds' mixes the time zones {zones}, expected one"):
        parse_dates(column(*cells))


def test_refuses_text_that_is_no_date_and_says_where() -> None:
    with pytest.raises(UserError, match=r"'ds' holds 'soon' in row 2, expected a date such as"):
        parse_dates(column("2024-01-01", "2024-01-02", "soon"))
    with pytest.raises(UserError, match=r"holds '2024-02-30' in row 1"):
        parse_dates(column("2024-02-28", "2024-02-30"))


def test_refuses_dates_that_read_in_two_ways() -> None:
    with pytest.raises(UserError, match=r"'02/01/2024' that read as month/day and as day/month"):
        parse_dates(column("02/01/2024", "03/01/2024"))
    assert list(parse_dates(column("01/01/2024", "02/02/2024")).dt.month) == [1, 2]


@pytest.mark.parametrize("cells", [[1, 2], [1.5, 2.5], [True, False], [20240131, 20240132]])
def test_refuses_numbers(cells: list[float]) -> None:
    with pytest.raises(UserError, match=r"'ds' holds .* values \(the first is .*expected dates"):
        parse_dates(pd.Series(cells, name="ds"))


def test_refuses_periods_lists_and_years_beyond_nanoseconds() -> None:
    with pytest.raises(UserError, match=r"holds period\[M\] values"):
        parse_dates(pd.Series(pd.period_range("2024-01", periods=2, freq="M"), name="ds"))
    with pytest.raises(
        UserError, match=r"from 1700-.* to 2200-.*, expected years between 1678 and"
    ):
        parse_dates(pd.Series(pd.DatetimeIndex(["1700-01-01", "2200-01-01"]), name="ds"))
    with pytest.raises(UserError, match="'ds' holds a list, expected dates"):
        parse_dates(column([2024, 1, 1]))
    with pytest.raises(UserError, match="expected years between 1678 and 2262"):
        parse_dates(pd.Series(["3000-01-01"], dtype="datetime64[s]", name="ds"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-31", True),
        ("1/31/2024", True),
        ("2024-01-31T10:00:00+01:00", True),
        ("20240131", False),
        ("1.5", False),
        ("2024.0131", False),
        ("-1234567", False),
        ("555-1234", False),
        ("", False),
        ("drizzle-and-rain", False),
    ],
)
def test_looks_like_date(text: str, expected: bool) -> None:
    assert looks_like_date(text) is expected
