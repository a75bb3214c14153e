"""Live stocks and weather as long frames, through the real clients."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.schema import to_panel
from features.sources import Fetched, Live, Query, fetch
from features.sources.beside import beside_file, beside_weather
from features.sources.live import trading_calendar
from tests.features.providers.meteostat_server import MeteostatServer, days
from tests.features.providers.yahoo_chart import traded
from tests.features.providers.yahoo_server import YahooServer

SESSIONS = pd.bdate_range("2023-03-01", "2023-03-31")
START = pd.Timestamp("2023-01-01")


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch) -> Iterator[YahooServer]:
    with YahooServer() as server:
        monkeypatch.setenv("FORECASTLE_YAHOO", server.url)
        yield server


@pytest.fixture
def meteostat(monkeypatch: pytest.MonkeyPatch) -> Iterator[MeteostatServer]:
    with MeteostatServer() as server:
        monkeypatch.setenv("FORECASTLE_METEOSTAT", server.url)
        for number, place in {"10637": (50.05, 8.6), "10384": (52.47, 13.4)}.items():
            server.add_station(number, latitude=place[0], longitude=place[1])
            server.tables["daily", number] = days("2023-01-01", "2023-12-31")
        yield server


def stocks(tmp_path: Path, *names: str, as_of: pd.Timestamp | None = None) -> Fetched:
    live = Live(names, tmp_path / "store", as_of=as_of)
    return fetch("stocks", Query(start=START, end=SESSIONS[-1], live=live))


def weather(tmp_path: Path, *names: str, place: tuple[float, float] | None = None) -> Fetched:
    live = Live(names, tmp_path / "store", place=place)
    return fetch("weather", Query(start=START, end=pd.Timestamp("2023-06-30"), live=live))


def test_prices_are_adjusted_and_a_panel_takes_them(yahoo: YahooServer, tmp_path: Path) -> None:
    yahoo.add("AAA", traded(SESSIONS, {10: 4.0}, {15: 1.0}))
    yahoo.add("BBB", traded(SESSIONS, seed=1))
    got = stocks(tmp_path, "AAA", "BBB")
    panel = to_panel(got.frame, got.calendar, got.covariates)
    assert panel.ids == ("AAA", "BBB")
    assert got.covariates.past == ("volume", "range")
    assert np.abs(np.diff(np.log(panel.y))).max() < 0.1  # no step at the split
    assert got.quality is not None
    assert not ((got.quality["severity"] == "severe") & (got.quality["outcome"] == "found")).any()


def test_a_run_can_be_repeated_as_of_its_moment(yahoo: YahooServer, tmp_path: Path) -> None:
    yahoo.add("AAA", traded(SESSIONS))
    before = stocks(tmp_path, "AAA")
    revised = traded(SESSIONS, {20: 2.0})
    yahoo.add("AAA", revised)
    later = Query(start=START, end=SESSIONS[-1] + pd.Timedelta(days=9))
    fetch("stocks", Query(later.series, later.start, later.end, Live(("AAA",), tmp_path / "store")))
    again = stocks(tmp_path, "AAA", as_of=before.as_of)
    pd.testing.assert_frame_equal(again.frame, before.frame, check_exact=True)


@pytest.mark.parametrize(
    ("symbols", "calendar"),
    [
        (["AAPL", "BRK-B"], "XNYS"),
        (["SAP.DE"], "XETR"),
        (["BTC-USD", "ETH-EUR"], "D"),
        (["7203.T"], "XTKS"),
    ],
)
def test_the_calendar_is_that_of_the_exchange(symbols: list[str], calendar: str) -> None:
    assert trading_calendar(symbols, "1d") == calendar


@pytest.mark.parametrize("symbols", [["AAPL", "SAP.DE"], ["X.NOWHERE"]])
def test_exchanges_that_do_not_go_together_are_refused(symbols: list[str]) -> None:
    with pytest.raises(UserError, match=r"calendar|exchange"):
        trading_calendar(symbols, "1d")


def test_temperature_comes_with_what_accompanies_it(
    meteostat: MeteostatServer, tmp_path: Path
) -> None:
    got = weather(tmp_path, "10637", "10384")
    assert set(got.frame["unique_id"]) == {"10637", "10384"}
    assert (got.unit, got.calendar) == ("°C", "D")
    assert got.covariates.past == ("prcp", "wspd", "pres", "rhum")


def test_a_place_is_its_nearest_station(meteostat: MeteostatServer, tmp_path: Path) -> None:
    assert set(weather(tmp_path, place=(50.1, 8.7)).frame["unique_id"]) == {"10637"}


def test_weather_beside_a_series_is_of_the_day_before(
    meteostat: MeteostatServer, tmp_path: Path
) -> None:
    stamps = pd.bdate_range("2023-05-01", "2023-05-31")
    frame = pd.DataFrame(
        {"unique_id": "load", "ds": stamps, "y": np.arange(len(stamps), dtype=float)}
    )
    got = beside_weather(Fetched(frame, title="load"), Live(("10637",), tmp_path / "store"))
    own = meteostat.tables["daily", "10637"]["temp"]
    expected = own.reindex(stamps - pd.Timedelta(days=1)).to_numpy()
    np.testing.assert_array_equal(got.frame["temp"].to_numpy(), expected)
    assert got.covariates.past[0] == "temp"
    pd.testing.assert_series_equal(got.frame["y"], frame["y"])


def test_what_a_file_knows_ahead_stands_beside_and_goes_on(tmp_path: Path) -> None:
    stamps = pd.date_range("2023-05-01", periods=20)
    frame = pd.concat(
        [pd.DataFrame({"unique_id": u, "ds": stamps, "y": np.arange(20.0)}) for u in "ab"]
    )
    known = pd.date_range("2023-04-20", periods=40)
    table = pd.DataFrame({"date": known, "tomorrow": np.arange(40.0)})
    table.to_csv(tmp_path / "known.csv", index=False)
    got = beside_file(Fetched(frame, title="load"), tmp_path / "known.csv")
    panel = to_panel(got.frame, "D", got.covariates)
    assert panel.ahead == 9
    np.testing.assert_array_equal(panel.future[:, :, 0], np.tile(np.arange(11.0, 40.0), (2, 1)))


@pytest.mark.parametrize(
    ("column", "first", "said"), [("y", "2023-05-01", "column"), ("x", "1999-05-01", "dates")]
)
def test_a_file_that_does_not_fit_is_refused(
    tmp_path: Path, column: str, first: str, said: str
) -> None:
    stamps = pd.date_range("2023-05-01", periods=20)
    frame = pd.DataFrame({"unique_id": "a", "ds": stamps, "y": np.arange(20.0)})
    known = pd.DataFrame({"date": pd.date_range(first, periods=9), column: np.arange(9.0)})
    known.to_csv(tmp_path / "known.csv", index=False)
    with pytest.raises(UserError, match=said):
        beside_file(Fetched(frame, title="load"), tmp_path / "known.csv")


def test_a_place_can_be_interpolated(meteostat: MeteostatServer, tmp_path: Path) -> None:
    live = Live((), tmp_path / "store", place=(50.1, 8.7), interpolate=True)
    span = Query(start=pd.Timestamp("2023-06-01"), end=pd.Timestamp("2023-06-10"), live=live)
    got = fetch("weather", span)
    assert set(got.frame["unique_id"]) == {"50.100,8.700"}
    assert got.frame["y"].notna().any()


def test_a_last_day_without_temperature_is_left_for_later(
    meteostat: MeteostatServer, tmp_path: Path
) -> None:
    for station in ("10637", "10384"):
        table = meteostat.tables["daily", station]
        table.loc[table.index >= "2023-06-29", "temp"] = np.nan
        table.loc[table.index >= "2023-06-29", "prcp"] = 1.0
    meteostat.tables["daily", "10384"]["temp"] = np.nan
    got = weather(tmp_path, "10637", "10384")
    panel = to_panel(got.frame, got.calendar, got.covariates)
    assert panel.stamps[-1] <= pd.Timestamp("2023-06-28")
    assert set(got.missing) == {"10384"}


@pytest.mark.parametrize("zone", [None, "America/Los_Angeles", "Asia/Tokyo"])
def test_no_weather_of_a_day_is_seen_before_it_is_over_anywhere(
    meteostat: MeteostatServer, tmp_path: Path, zone: str | None
) -> None:
    table = meteostat.tables["daily", "10637"]
    table["temp"] = np.arange(len(table)) / 10 - 10  # tells its day
    stamps = pd.date_range("2023-05-01", periods=72, freq="h", tz=zone)
    frame = pd.DataFrame({"unique_id": "load", "ds": stamps, "y": np.arange(72.0)})
    got = beside_weather(Fetched(frame, title="load"), Live(("10637",), tmp_path / "store"))
    seen = got.frame.dropna(subset="temp")
    assert len(seen) > 24
    for stamp, value in zip(seen["ds"], seen["temp"], strict=True):
        over = table.index[round(10 * value) + 100] + pd.Timedelta(days=1)
        assert stamp >= (over if zone is None else over.tz_localize("Etc/GMT+12"))


def test_days_off_in_a_file_of_what_is_known_are_not_forecast(tmp_path: Path) -> None:
    stamps = pd.bdate_range("2023-05-01", "2023-05-19")
    frame = pd.DataFrame({"unique_id": "a", "ds": stamps, "y": np.arange(len(stamps), dtype=float)})
    known = pd.DataFrame({"date": pd.date_range("2023-05-01", periods=28), "x": np.arange(28.0)})
    known.to_csv(tmp_path / "known.csv", index=False)
    got = beside_file(Fetched(frame, title="a", calendar="B"), tmp_path / "known.csv")
    assert to_panel(got.frame, "B", got.covariates).ahead == 5
