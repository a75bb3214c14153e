from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import meteostat
import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.providers.meteostat import UNITS, Meteostat
from features.providers.provider import ProviderError
from tests.features.providers.meteostat_server import (
    DATABASE,
    FRANKFURT,
    Fault,
    MeteostatServer,
    hours,
)


def stamp(text: str) -> pd.Timestamp:
    return pd.Timestamp(text)


def test_nearest(server: MeteostatServer, provider: Meteostat) -> None:
    server.add_station("10635", latitude=50.22, longitude=8.45, elevation=None)
    server.add_station("D0001", latitude=-33.9, longitude=151.2, timezone="Australia/Sydney")
    near = provider.nearest(50.06, 8.6, 5)
    assert [station.id for station in near] == [FRANKFURT, "10635", "D0001"]
    assert near[0].distance_km == pytest.approx(0.01 * 6371 * np.pi / 180, abs=1e-3)
    assert (near[0].name, near[0].country) == ("Station 10637", "DE")
    assert (near[0].latitude, near[0].longitude, near[0].elevation) == (50.05, 8.6, 100)
    assert np.isnan(near[1].elevation)
    assert near[2].timezone == "Australia/Sydney"
    assert provider.nearest(50.06, 8.6) == near[:1]
    assert server.asked == [DATABASE]  # kept


def test_between_stations_values_are_weighted_by_distance(
    server: MeteostatServer, provider: Meteostat
) -> None:
    server.add_station("10638", latitude=50.35, longitude=8.6)
    server.add_station("99001", latitude=53.0, longitude=8.6)  # too far
    stamps = pd.date_range("2023-12-30", "2024-01-02")
    for name, temperature in ((FRANKFURT, 10.0), ("10638", 20.0), ("99001", -50.0)):
        server.tables["daily", name] = pd.DataFrame({"temp": temperature}, index=stamps)
    span = stamp("2023-12-31"), stamp("2024-01-02")
    third = provider.interpolated(50.15, 8.6, "1d", *span)  # twice as far from one as the other
    assert list(third["ds"]) == list(pd.date_range(*span))
    assert third["temp"].to_numpy() == pytest.approx(12.0)
    assert list(third) == ["ds", *UNITS]
    assert third["tmin"].isna().all()
    at = provider.interpolated(50.05, 8.6, "1d", *span)
    assert at["temp"].to_numpy() == pytest.approx(10.0)


def test_a_failed_file_of_one_of_the_stations_is_an_error(
    server: MeteostatServer, provider: Meteostat
) -> None:
    server.add_station("10638", latitude=50.35, longitude=8.6)
    span = stamp("2024-01-01"), stamp("2024-01-03")
    for name in (FRANKFURT, "10638"):
        server.tables["hourly", name] = hours("2024-01-01", "2024-01-03")
    for fault in ("500", "malformed"):
        server.faults[server.path("hourly", "10638", 2024)] = [fault]
        with pytest.raises(ProviderError):
            provider.interpolated(50.2, 8.6, "1h", *span)
    assert len(provider.interpolated(50.2, 8.6, "1h", *span)) == 49
    del server.tables["hourly", "10638"]
    assert len(provider.interpolated(50.2, 8.6, "1h", *span)) == 49


def test_no_station_nearby_is_an_error(provider: Meteostat) -> None:
    with pytest.raises(ProviderError, match=r"no weather station is within 50 km of -10, 20"):
        provider.interpolated(-10, 20, "1d", stamp("2024-01-01"), stamp("2024-01-02"))


@pytest.mark.parametrize("garbage", [b"", b"<html>", b"SQLite format 3\x00" + b"\x01" * 500])
def test_a_garbage_table_of_stations_is_replaced(
    server: MeteostatServer, provider: Meteostat, garbage: bytes
) -> None:
    provider.cache.mkdir()
    (provider.cache / "stations.db").write_bytes(garbage)
    assert provider.nearest(50, 8)[0].id == FRANKFURT
    assert server.asked == [DATABASE]


@pytest.mark.parametrize("fault", ["html", "truncated", "empty"])
def test_a_table_of_stations_that_stays_garbage_is_named_and_removed(
    server: MeteostatServer, provider: Meteostat, fault: Fault
) -> None:
    server.faults[DATABASE] = [fault, fault]
    with pytest.raises(ProviderError, match=r"stations\.db was not an SQLite table") as caught:
        provider.nearest(50, 8)
    assert caught.value.again
    assert list(provider.cache.iterdir()) == []
    assert provider.nearest(50, 8)[0].id == FRANKFURT


def test_a_table_of_stations_that_does_not_come_is_an_error(
    server: MeteostatServer, provider: Meteostat
) -> None:
    for fault in ("429", "cut"):
        server.faults[DATABASE] = [fault]
        with pytest.raises(ProviderError) as caught:
            provider.nearest(50, 8)
        assert caught.value.after == (7.0 if fault == "429" else None)
        assert list(provider.cache.iterdir()) == []
    assert provider.nearest(50, 8)[0].id == FRANKFURT


def test_an_old_table_of_stations_is_fetched_again(
    server: MeteostatServer, provider: Meteostat
) -> None:
    provider.nearest(50, 8)
    server.add_station("10636", latitude=50, longitude=8)
    assert provider.nearest(50, 8)[0].id == FRANKFURT
    os.utime(provider.cache / "stations.db", (0, 0))
    assert provider.nearest(50, 8)[0].id == "10636"


def test_the_client_does_not_replace_the_table_by_itself(
    server: MeteostatServer, provider: Meteostat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meteostat.config, "stations_db_ttl", 0)
    monkeypatch.setattr(meteostat.config, "cache_ttl", 0)
    monkeypatch.setattr(meteostat.config, "stations_db_endpoints", [f"{server.url}/other.db"])
    assert provider.nearest(50, 8)[0].id == FRANKFURT
    assert server.asked == [DATABASE]


def test_threads_fetch_the_table_of_stations_once(
    server: MeteostatServer, provider: Meteostat
) -> None:
    with ThreadPoolExecutor(6) as pool:
        near = list(pool.map(lambda _: provider.nearest(50, 8)[0].id, range(6)))
    assert near == [FRANKFURT] * 6
    assert server.asked == [DATABASE]


def test_without_an_address_the_clients_mirrors_are_asked_in_turn(
    server: MeteostatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirrors = [f"{server.url}/gone.db", f"{server.url}{DATABASE}"]
    monkeypatch.setattr(meteostat.config, "stations_db_endpoints", mirrors)
    monkeypatch.setattr(
        meteostat.config, "hourly_endpoint", f"{server.url}/hourly/{{year}}/{{station}}.csv.gz"
    )
    server.tables["hourly", FRANKFURT] = hours("2024-01-01", "2024-01-03")
    provider = Meteostat(tmp_path)
    assert provider.nearest(50, 8)[0].id == FRANKFURT
    span = stamp("2024-01-01"), stamp("2024-01-03")
    assert len(provider.fetch(FRANKFURT, "1h", *span)) == 49
    assert server.asked == ["/gone.db", DATABASE, server.path("hourly", FRANKFURT, 2024)]


def test_what_cannot_be_a_place_is_refused_unasked(
    server: MeteostatServer, provider: Meteostat
) -> None:
    span = stamp("2024-01-01"), stamp("2024-01-02")
    for latitude, longitude in ((91, 0), (-91, 0), (0, 181), (0, -181), (float("nan"), 0)):
        with pytest.raises(UserError, match="is no place"):
            provider.nearest(latitude, longitude)
        with pytest.raises(UserError, match="is no place"):
            provider.interpolated(latitude, longitude, "1d", *span)
    with pytest.raises(UserError, match="'1m' was asked of meteostat"):
        provider.interpolated(50, 8.6, "1m", *span)
    assert server.asked == []
