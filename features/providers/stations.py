"""Weather stations: which there are, and which are near a place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import ModuleType
from typing import TypeVar

import pandas as pd

from features.errors import UserError
from features.providers.meteostat_client import changed, client, download
from features.providers.provider import ProviderError

T = TypeVar("T")
ANYWHERE = 21_000_000
"""Metres; no place on Earth is farther from another."""


@dataclass(frozen=True)
class Station:
    """A weather station, and how far it is from the place that was asked for."""

    id: str
    name: str
    country: str
    """Two letters (ISO 3166-1)."""
    latitude: float
    longitude: float
    elevation: float
    """Metres above sea level, NaN where unknown."""
    timezone: str
    distance_km: float


class Stations:
    """Meteostat's table of stations: an SQLite file, kept for as long as the client would."""

    def __init__(self, file: Path, base: str | None) -> None:
        self.file = file
        self.base = base
        self.downloading = Lock()

    def known(self, name: str) -> bool:
        """Whether there is such a station.

        Raises:
            ProviderError: the table could not be had.
        """
        return self._ask(lambda meteostat: meteostat.stations.meta(name)) is not None

    def near(
        self, latitude: float, longitude: float, count: int, radius: float = ANYWHERE
    ) -> list[Station]:
        """The nearest stations within `radius` metres, nearest first.

        Raises:
            UserError: no such place.
            ProviderError: the table could not be had.
        """
        _check_place(latitude, longitude)
        point = client().Point(latitude, longitude)
        table: pd.DataFrame = self._ask(lambda m: m.stations.nearby(point, radius, count))
        return [
            Station(
                id=str(row.Index),
                name=row.name,
                country=row.country,
                latitude=float(row.latitude),
                longitude=float(row.longitude),
                elevation=float("nan") if row.elevation is None else float(row.elevation),
                timezone=row.timezone,
                distance_km=row.distance / 1000,
            )
            for row in table.itertuples()
        ]

    def _ask(self, question: Callable[[ModuleType], T]) -> T:
        """Ask the table; a file that is none is removed and fetched again, once."""
        broken: Exception | None = None
        for _ in range(2):
            self._download()
            try:
                # how old the file may be is judged here, so that the client never replaces it
                config = client().config
                with changed(config, stations_db_file=str(self.file), stations_db_ttl=10**9):
                    return question(client())
            except pd.errors.DatabaseError as error:
                self.file.unlink(missing_ok=True)
                broken = error
        raise ProviderError(
            f"the table of stations {self.file} was not an SQLite table of stations, "
            "also when fetched again; it was removed",
            again=True,
        ) from broken

    def _download(self) -> None:
        """Fetch the table, whole or not at all, where it is missing or old."""
        config = client().config
        with self.downloading:
            if self.file.exists():
                age = time.time() - self.file.stat().st_mtime
                if age < config.stations_db_ttl:
                    return
            self.file.parent.mkdir(parents=True, exist_ok=True)
            mirrors = [f"{self.base}/stations.db"] if self.base else config.stations_db_endpoints
            with TemporaryDirectory(dir=self.file.parent) as folder:
                part = Path(folder) / self.file.name
                part.write_bytes(_first(mirrors))
                part.replace(self.file)


def _check_place(latitude: float, longitude: float) -> None:
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise UserError(
            f"{latitude}, {longitude} is no place, expected degrees of latitude, -90 to 90, and of "
            "longitude, -180 to 180; correct them"
        )


def _first(mirrors: list[str]) -> bytes:
    """The body of the first mirror that has it; the failure of the last one where none does."""
    failed = ProviderError("no address of the table of stations is set", again=False)
    for url in mirrors:
        try:
            body = download(url)
        except ProviderError as error:
            failed = error
        else:
            if body is not None:
                return body
            failed = ProviderError(f"{url} answered 404, expected the stations", again=False)
    raise failed
