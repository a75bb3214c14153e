from __future__ import annotations

from datetime import UTC
from pathlib import Path

import meteostat
import numpy as np
import pandas as pd
import pytest
from meteostat.core.parameters import parameter_service
from meteostat.providers.meteostat import daily as daily_files

from features.errors import UserError
from features.providers.meteostat import ABSENT, GRANULARITY, UNITS, Meteostat
from features.providers.provider import ProviderError
from tests.features.providers.meteostat_server import (
    DATABASE,
    FRANKFURT,
    Fault,
    MeteostatServer,
    days,
    hours,
    weather,
)
from tests.features.providers.weather.asking import as_given, fetch, stamp

DAY = pd.Timedelta(days=1)
HOUR = pd.Timedelta(hours=1)


def test_days_are_those_served(server: MeteostatServer, provider: Meteostat) -> None:
    served = days("2022-11-01", "2024-02-10")
    server.tables["daily", FRANKFURT] = served
    got = fetch(provider, "2022-11-01", "2024-02-10")
    pd.testing.assert_frame_equal(got, as_given(served))
    assert server.asked == [server.path("daily", FRANKFURT, year) for year in (2022, 2023, 2024)]


def test_hours_are_those_served_in_utc(server: MeteostatServer, provider: Meteostat) -> None:
    served = hours("2023-12-30", "2024-01-02 12:00")
    server.tables["hourly", FRANKFURT] = served
    got = fetch(provider, "2023-12-30", "2024-01-02 12:00", "1h")
    assert got["ds"].dt.tz == UTC
    got["ds"] = got["ds"].dt.tz_localize(None)
    pd.testing.assert_frame_equal(got, as_given(served))


def test_no_hour_is_lost_or_doubled_where_clocks_change(
    server: MeteostatServer, provider: Meteostat
) -> None:
    server.tables["hourly", FRANKFURT] = pd.concat(
        [hours("2024-03-30", "2024-04-01"), hours("2024-10-26", "2024-10-28")]
    )
    for first, last in (("2024-03-30", "2024-04-01"), ("2024-10-26", "2024-10-28")):
        local = (stamp(day).tz_localize("Europe/Berlin") for day in (first, last))
        ds = provider.fetch(FRANKFURT, "1h", *local)["ds"]
        expected = pd.date_range(first, last, freq="h", tz="Europe/Berlin").tz_convert("UTC")
        assert list(ds) == [hour for hour in expected if hour >= stamp(first).tz_localize("UTC")]


def test_a_span_is_cut_at_both_ends(server: MeteostatServer, provider: Meteostat) -> None:
    server.tables["daily", FRANKFURT] = days("2023-01-01", "2023-01-31")
    server.tables["hourly", FRANKFURT] = hours("2023-01-01", "2023-01-03")
    ds = fetch(provider, "2023-01-10", "2023-01-12")["ds"]
    assert list(ds) == list(pd.date_range("2023-01-10", "2023-01-12"))
    ds = fetch(provider, "2023-01-01 21:00", "2023-01-02 03:00", "1h")["ds"]
    assert list(ds) == list(
        pd.date_range("2023-01-01 21:00", periods=7, freq="h", tz="UTC"),
    )


def test_the_tail_asks_for_its_year_only(server: MeteostatServer, provider: Meteostat) -> None:
    server.tables["daily", FRANKFURT] = days("2015-01-01", "2024-03-01")
    fetch(provider, "2024-02-20", "2024-03-01")
    assert server.asked == [server.path("daily", FRANKFURT, 2024)]


def test_spans_that_the_client_refuses_are_joined(
    server: MeteostatServer, provider: Meteostat
) -> None:
    stamps = pd.date_range("1975-07-01", "2024-07-01", freq="365D")
    server.tables["daily", FRANKFURT] = weather(stamps, "1d")
    server.tables["hourly", FRANKFURT] = weather(stamps[-7:] + HOUR, "1h")
    pd.testing.assert_frame_equal(
        fetch(provider, "1975-01-01", "2024-12-31"),
        as_given(server.tables["daily", FRANKFURT]),
    )
    assert len(fetch(provider, str(stamps[-7]), "2024-12-31", "1h")) == 7


def test_gives_what_the_client_gives_by_itself(
    server: MeteostatServer, provider: Meteostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = days("2023-01-01", "2024-02-10")
    served.loc["2023-02-01", "temp"] = 99.9  # not physical
    server.tables["daily", FRANKFURT] = served
    ours = fetch(provider, "2023-01-01", "2024-02-10").set_index("ds")
    monkeypatch.setattr(daily_files, "ENDPOINT", f"{server.url}/daily/{{year}}/{{station}}.csv.gz")
    monkeypatch.setattr(meteostat.config, "cache_enable", False)
    station = meteostat.Station(id=FRANKFURT)
    theirs = meteostat.daily(station, stamp("2023-01-01"), stamp("2024-02-10")).fetch()
    assert np.isnan(ours.loc["2023-02-01", "temp"])
    pd.testing.assert_frame_equal(
        ours[list(theirs)], theirs.astype("float64"), check_names=False, check_freq=False
    )


@pytest.mark.parametrize("interval", GRANULARITY)
def test_units_are_the_clients(interval: str) -> None:
    granularity = meteostat.Granularity(GRANULARITY[interval])
    for column, unit in UNITS.items():
        spec = parameter_service.get_parameter(meteostat.Parameter(column), granularity)
        assert (spec is None) == (column in ABSENT[interval])
        assert spec is None or spec.unit == unit


ANSWERS: list[tuple[Fault, bool, float | None, str]] = [
    ("429", True, 7.0, "answered 429"),
    ("500", True, None, "answered 500"),
    ("403", False, None, "answered 403"),
    ("slow", True, None, "gave no answer"),
    ("cut", True, None, "gave no answer"),
    ("truncated", True, None, "damaged gzip"),
    ("malformed", True, None, "not a table of observations"),
    ("html", True, None, "expected a table"),
    ("empty", True, None, "expected a table"),
]


@pytest.mark.parametrize(("fault", "again", "after", "text"), ANSWERS)
def test_one_failed_year_of_two_is_an_error_and_heals(
    server: MeteostatServer,
    provider: Meteostat,
    monkeypatch: pytest.MonkeyPatch,
    fault: Fault,
    again: bool,
    after: float | None,
    text: str,
) -> None:
    if fault == "slow":
        monkeypatch.setattr(meteostat.config, "network_timeout", 1)
    server.tables["daily", FRANKFURT] = days("2023-12-01", "2024-01-31")
    server.faults[server.path("daily", FRANKFURT, 2024)] = [fault]
    with pytest.raises(ProviderError, match=text) as caught:
        fetch(provider, "2023-12-01", "2024-01-31")
    assert (caught.value.again, caught.value.after) == (again, after)
    assert len(server.asked) == 2  # it is not asked again behind the caller's back
    monkeypatch.undo()
    got = fetch(provider, "2023-12-01", "2024-01-31")
    pd.testing.assert_frame_equal(got, as_given(server.tables["daily", FRANKFURT]))


def test_a_server_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with MeteostatServer() as gone:
        pass
    with pytest.raises(ProviderError, match="gave no answer") as caught:
        fetch(Meteostat(tmp_path, gone.url), "2024-01-01", "2024-01-31")
    assert caught.value.again


def test_a_value_that_is_no_number_is_an_error(
    server: MeteostatServer, provider: Meteostat
) -> None:
    server.tables["daily", FRANKFURT] = days("2024-01-01", "2024-01-05").astype(object)
    server.tables["daily", FRANKFURT].loc["2024-01-03", "temp"] = "warm"
    with pytest.raises(ProviderError, match="not a table of observations"):
        fetch(provider, "2024-01-01", "2024-01-05")


def test_encoding_by_the_host_changes_nothing(server: MeteostatServer, provider: Meteostat) -> None:
    path = server.path("daily", FRANKFURT, 2024)
    server.tables["daily", FRANKFURT] = days("2024-01-01", "2024-01-31")
    server.faults[path] = ["unpacked"]
    for server.encoded in (False, True):
        got = fetch(provider, "2024-01-01", "2024-01-31")
        pd.testing.assert_frame_equal(got, as_given(server.tables["daily", FRANKFURT]))
    server.faults[path] = ["truncated"]
    with pytest.raises(ProviderError, match="damaged gzip"):
        fetch(provider, "2024-01-01", "2024-01-31")


def test_a_revised_value_is_seen(server: MeteostatServer, provider: Meteostat) -> None:
    server.tables["daily", FRANKFURT] = days("2019-01-01", "2019-01-31")
    fetch(provider, "2019-01-01", "2019-01-31")
    server.tables["daily", FRANKFURT].loc["2019-01-10", "temp"] = 3.25
    got = fetch(provider, "2019-01-01", "2019-01-31").set_index("ds")
    assert got.loc["2019-01-10", "temp"] == pytest.approx(3.2, abs=0.06)  # rounded to tenths


def test_a_year_without_a_file_has_no_rows(server: MeteostatServer, provider: Meteostat) -> None:
    served = pd.concat([days("2020-06-01", "2020-06-30"), days("2022-06-01", "2022-06-30")])
    server.tables["daily", FRANKFURT] = served
    pd.testing.assert_frame_equal(fetch(provider, "2019-01-01", "2023-12-31"), as_given(served))
    assert DATABASE not in server.asked


def test_a_station_without_files_is_known_by_the_table(
    server: MeteostatServer, provider: Meteostat
) -> None:
    got = fetch(provider, "2023-01-01", "2024-12-31")
    assert got.empty
    assert list(got) == ["ds", *UNITS]
    assert set(map(str, got.dtypes)) == {"datetime64[ns]", "float64"}
    with pytest.raises(ProviderError, match="no weather station 99999") as caught:
        provider.fetch("99999", "1d", stamp("2024-01-01"), stamp("2024-12-31"))
    assert not caught.value.again


def test_models_and_what_has_not_happened_are_left_out(
    server: MeteostatServer, provider: Meteostat
) -> None:
    now = pd.Timestamp.now("UTC").tz_localize(None)
    served = hours(str(now.floor("h") - 30 * HOUR), str(now.floor("h") + 30 * HOUR)).fillna(2.0)
    served["temp_source"] = "dwd_poi"
    modelled = served.index[[3, 4]]
    served.loc[modelled, "temp_source"] = "dwd_mosmix"
    server.tables["hourly", FRANKFURT] = served
    span = now.tz_localize("UTC") - 20 * DAY, now.tz_localize("UTC") + 20 * DAY
    got = provider.fetch(FRANKFURT, "1h", *span).set_index("ds")
    assert got.index[-1] <= pd.Timestamp.now("UTC")
    assert len(got) >= 31
    assert got.loc[modelled.tz_localize("UTC"), "temp"].isna().all()
    assert got["temp"].isna().sum() == 2

    server.tables["daily", FRANKFURT] = days(str((now - 9 * DAY).date()), str((now + DAY).date()))
    got = provider.fetch(FRANKFURT, "1d", now - 5 * DAY, now + 5 * DAY)
    assert (got["ds"] < pd.Timestamp.now("UTC").tz_localize(None).floor("D")).all()
    assert len(got) >= 4


def test_a_file_of_forecasts_only_has_no_rows(server: MeteostatServer, provider: Meteostat) -> None:
    served = hours("2024-01-01", "2024-01-03")
    server.tables["hourly", FRANKFURT] = served.assign(
        **{f"{column}_source": "metno_forecast" for column in served}
    )
    assert fetch(provider, "2024-01-01", "2024-01-03", "1h").empty


def test_nothing_is_asked_for_a_span_to_come(server: MeteostatServer, provider: Meteostat) -> None:
    assert fetch(provider, "2400-01-01", "2400-12-31").empty
    assert server.asked == []


HOSTILE = ("../../x", "../..", "1063/", "10%37", "1063_", "10637\n", "1063é", "a" * 100_000)
FULL_WIDTH = "".join(chr(ord(digit) + 0xFEE0) for digit in FRANKFURT)


@pytest.mark.parametrize("name", ["", "1063", "106370", "d0001", FULL_WIDTH, *HOSTILE])
def test_what_cannot_be_a_station_is_refused_unasked(
    server: MeteostatServer, provider: Meteostat, name: str
) -> None:
    with pytest.raises(UserError, match="is not the id of a weather station") as caught:
        provider.fetch(name, "1d", stamp("2024-01-01"), stamp("2024-01-02"))
    assert len(str(caught.value)) < 300
    assert server.asked == []


def test_what_cannot_be_an_interval_is_refused(provider: Meteostat) -> None:
    with pytest.raises(UserError, match="'1m' was asked of meteostat, which has 1d and 1h"):
        provider.check(FRANKFURT, "1m")
    provider.check(FRANKFURT, "1h")
