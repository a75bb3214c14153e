"""Weather as stations observed it, by Meteostat's own client.

What a station's file holds and what a model filled in is told apart by the client, and only
observations are given; values that are not physical are missing. Nothing is given for a time that
has not passed: hours later than now, and today and later days (in UTC), are left out.

Meteostat has a file a station and year. Only the years of the span are asked for. A year without a
file is a year without observations, if the station exists: it has a file for another year of the
span, or is in the table of stations.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any

import pandas as pd

from features.errors import UserError
from features.providers.meteostat_client import client, download, packed, reading, year_file
from features.providers.provider import ProviderError
from features.providers.stations import Station, Stations

UNITS = {
    "temp": "°C",
    "tmin": "°C",
    "tmax": "°C",
    "dwpt": "°C",
    "rhum": "%",
    "prcp": "mm",
    "snwd": "cm",
    "wdir": "°",
    "wspd": "km/h",
    "wpgt": "km/h",
    "pres": "hPa",
    "tsun": "min",
    "cldc": "okta",
}
"""Unit of every column: temperature (mean, lowest, highest), dew point, relative humidity,
precipitation, snow depth, wind direction and speed, peak gust, pressure at sea level, sunshine,
cloud cover."""
GRANULARITY = {"1d": "daily", "1h": "hourly"}
ABSENT = {"1d": ("dwpt", "wdir"), "1h": ("tmin", "tmax")}
"""Columns that an interval does not have; they are NaN."""
NEIGHBOURS = 4
"""Stations that a place is interpolated from, at most."""
RADIUS = 50_000
"""Metres within which they are, the client's default for stations near a place."""
Span = tuple[pd.Timestamp, pd.Timestamp]


class Meteostat:
    """Daily (`1d`) and hourly (`1h`) observations of one station, in the units of `UNITS`.

    Days are those of the station's weather service, as dates; hours are UTC.
    """

    name = "meteostat"
    columns: tuple[str, ...] = tuple(UNITS)

    def __init__(self, cache: Path, base: str | None = None) -> None:
        """Keep the table of stations in `cache`, and ask `base` instead of Meteostat's servers."""
        self.cache = cache.absolute()
        self.base = base
        self.stations = Stations(self.cache / "stations.db", base)

    def check(self, name: str, interval: str) -> None:
        """Refuse what cannot be a station, the name of a place, or an interval.

        Raises:
            UserError: what was found, what is expected.
        """
        if _place(name) is None and not re.fullmatch("[0-9A-Z]{5}", name):
            raise UserError(
                f"{name[:40]!r} is not the id of a weather station, expected five digits or "
                "capital letters such as 10637; look it up on meteostat.net or give a place"
            )
        _check_interval(interval)

    def fetch(
        self, name: str, interval: str, start: pd.Timestamp, end: pd.Timestamp
    ) -> pd.DataFrame:
        """The observations of one station from `start` to `end`, both inclusive.

        A `place_name` instead of a station is interpolated.

        Raises:
            ProviderError: a year's file that could not be had or read, or no such station.
        """
        self.check(name, interval)
        if place := _place(name):
            return self.interpolated(*place, interval, start, end)
        first, last = _passed(interval, start, end)
        years = _years(first, last)
        with self._folder() as folder:
            had = [year for year in years if self._download(folder, name, interval, year)]
            if years and not had and not self.stations.known(name):
                raise ProviderError(f"there is no weather station {name}", again=False)
            pieces = [_observed(folder, name, interval, year) for year in had]
        return _table(pieces, interval, first, last)

    def nearest(self, latitude: float, longitude: float, count: int = 1) -> list[Station]:
        """The stations nearest to a place in degrees, nearest first.

        Raises:
            UserError: no such place.
            ProviderError: the table of stations could not be had.
        """
        return self.stations.near(latitude, longitude, count)

    def interpolated(
        self,
        latitude: float,
        longitude: float,
        interval: str,
        start: pd.Timestamp,
        end: pd.Timestamp,
    ) -> pd.DataFrame:
        """A place's weather, as the client interpolates it, in the form of `fetch`.

        A station within 5 km is taken as it is; other values are means of those of up to
        `NEIGHBOURS` stations, weighted by the inverse square of their distance.

        Raises:
            UserError: no such place.
            ProviderError: no station nearby, or a file that could not be had or read.
        """
        _check_interval(interval)
        near = self.stations.near(latitude, longitude, NEIGHBOURS, RADIUS)
        if not near:
            raise ProviderError(
                f"no weather station is within {RADIUS // 1000} km of {latitude}, {longitude}",
                again=False,
            )
        point = client().Point(latitude, longitude)
        first, last = _passed(interval, start, end)
        pieces = []
        with self._folder() as folder:
            for year in _years(first, last):
                had = [s for s in near if self._download(folder, s.id, interval, year)]
                for station in had:
                    _observed(folder, station.id, interval, year)
                if had:
                    span = max(first, _span(year)[0]), min(last, _span(year)[1])
                    pieces.append(_between(folder, had, interval, span, point))
        return _table(pieces, interval, first, last)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        """A folder for year files, gone afterwards: what is kept, the store keeps."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.cache) as folder:
            yield Path(folder)

    def _download(self, folder: Path, name: str, interval: str, year: int) -> bool:
        """Put a station's year into `folder`; whether there is one."""
        granularity = GRANULARITY[interval]
        endpoint: str = getattr(client().config, f"{granularity}_endpoint")
        if self.base is not None:
            endpoint = f"{self.base}/{granularity}/{{year}}/{{station}}.csv.gz"
        url = endpoint.format(station=name, year=year)
        body = download(url)
        if body is not None:
            year_file(folder, name, year).write_bytes(packed(url, body))
        return body is not None


def place_name(latitude: float, longitude: float) -> str:
    """The name under which the interpolated weather of a place is fetched and kept."""
    return f"{latitude:.3f},{longitude:.3f}"


def _place(name: str) -> tuple[float, float] | None:
    """Latitude and longitude of a `place_name`; None of anything else."""
    found = re.fullmatch(r"(-?\d{1,2}\.\d{3}),(-?\d{1,3}\.\d{3})", name, re.ASCII)
    return (float(found[1]), float(found[2])) if found else None


def _check_interval(interval: str) -> None:
    if interval not in GRANULARITY:
        raise UserError(
            f"interval {interval!r} was asked of meteostat, which has {' and '.join(GRANULARITY)}; "
            "choose one of them"
        )


def _passed(interval: str, start: pd.Timestamp, end: pd.Timestamp) -> Span:
    """The steps of the span that are over, as the client counts them: UTC without a time zone."""
    now = pd.Timestamp.now("UTC").tz_localize(None)
    if interval == "1d":
        first, last = start.tz_localize(None).ceil("D"), end.tz_localize(None).floor("D")
        return first, min(last, now.floor("D") - pd.Timedelta(days=1))
    first, last = (x.tz_convert("UTC").tz_localize(None) if x.tz else x for x in (start, end))
    return first.ceil("h"), min(last.floor("h"), now.floor("h"))


def _years(first: pd.Timestamp, last: pd.Timestamp) -> range:
    return range(first.year, last.year + 1) if first <= last else range(0)


def _span(year: int) -> Span:
    return pd.Timestamp(year, 1, 1), pd.Timestamp(year, 12, 31, 23)


def _series(meteostat: ModuleType, stations: object, interval: str, span: Span) -> Any:
    """The client's series of one station of its, or of a list of them."""
    ask = meteostat.daily if interval == "1d" else meteostat.hourly
    return ask(stations, *span, parameters=[c for c in UNITS if c not in ABSENT[interval]])


def _observed(folder: Path, name: str, interval: str, year: int) -> pd.DataFrame:
    """What a station observed in a year, by the file in `folder`; none, if models made all of it.

    The client gives no rows where it cannot read a file, too. So a file without observations is
    read again with what models say, and one that has no rows then is broken.
    """
    cause: Exception | None = None
    for model in (False, True):
        with reading(folder, GRANULARITY[interval], model=model) as meteostat:
            try:
                station = meteostat.Station(id=name)
                rows: pd.DataFrame | None = _series(
                    meteostat, station, interval, _span(year)
                ).fetch()
            except Exception as error:  # whatever its parsing stumbles over: it has no errors
                rows, cause = None, error
        if rows is not None:
            return rows.iloc[:0] if model else rows
    raise ProviderError(
        f"the {GRANULARITY[interval]} file of station {name} for {year} is not a table of "
        "observations that the client can read",
        again=True,
    ) from cause


def _between(
    folder: Path, stations: Iterable[Station], interval: str, span: Span, point: object
) -> pd.DataFrame | None:
    """The weather at `point` in a span of one year, from the files in `folder`."""
    with reading(folder, GRANULARITY[interval]) as meteostat:
        places = [
            meteostat.Station(id=s.id, latitude=s.latitude, longitude=s.longitude) for s in stations
        ]
        series = _series(meteostat, places, interval, span)
        rows: pd.DataFrame | None = meteostat.interpolate(series, point).fetch()
        return rows


def _table(
    pieces: Iterable[pd.DataFrame | None], interval: str, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """The client's years in the form of a provider's table."""
    floats = [x.reindex(columns=list(UNITS)).astype("float64") for x in pieces if x is not None]
    table = pd.concat(floats) if floats else pd.DataFrame(columns=list(UNITS), dtype="float64")
    table = table.dropna(how="all")
    stamps = pd.DatetimeIndex(table.index).as_unit("ns")
    table.insert(0, "ds", stamps if interval == "1d" else stamps.tz_localize("UTC"))
    return table[(stamps >= first) & (stamps <= last)].reset_index(drop=True)
