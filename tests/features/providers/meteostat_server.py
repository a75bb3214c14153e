"""A loopback server that speaks Meteostat's formats: year files of stations, table of stations."""

from __future__ import annotations

import gzip
import re
import sqlite3
from collections import defaultdict
from contextlib import closing, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Literal, cast

import numpy as np
import pandas as pd

from features.providers.meteostat import ABSENT, UNITS

Fault = Literal[
    "429", "500", "403", "slow", "cut", "truncated", "malformed", "html", "empty", "unpacked"
]
FRANKFURT = "10637"
RETRY_AFTER = "7"
DATABASE = "/stations.db"
KEYS = {"daily": ["year", "month", "day"], "hourly": ["year", "month", "day", "hour"]}
SCHEMA = """
CREATE TABLE stations (id TEXT PRIMARY KEY, country TEXT, region TEXT, latitude REAL,
    longitude REAL, elevation INTEGER, timezone TEXT);
CREATE TABLE names (station TEXT, language TEXT, name TEXT);
CREATE TABLE identifiers (station TEXT, key TEXT, value TEXT);
CREATE TABLE inventory (station TEXT, provider TEXT, parameter TEXT, start TEXT, end TEXT,
    completeness REAL);
"""


WHOLE = ("rhum", "snwd", "wdir", "tsun", "cldc")


def days(first: str, last: str, seed: int = 0) -> pd.DataFrame:
    """A table of days to serve, every column that Meteostat has."""
    return weather(pd.date_range(first, last), "1d", seed)


def hours(first: str, last: str) -> pd.DataFrame:
    """A table of hours to serve, every column that Meteostat has."""
    return weather(pd.date_range(first, last, freq="h"), "1h")


def weather(stamps: pd.DatetimeIndex, interval: str, seed: int = 0) -> pd.DataFrame:
    """Values that the client takes for possible, of tenths or whole, one in ten missing."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(index=stamps)
    for column in (name for name in UNITS if name not in ABSENT[interval]):
        values = rng.uniform(1, 8, len(stamps)) + (1000 if column == "pres" else 0)
        values = values.round(0 if column in WHOLE else 1)
        table[column] = np.where(rng.random(len(stamps)) < 0.1, np.nan, values)
    return table


class MeteostatServer:
    """Serves the tables it is given, notes every request, and fails when told to.

    with MeteostatServer() as server:
        server.add_station("10637", latitude=50.05, longitude=8.6)
        server.tables["daily", "10637"] = table  # indexed by time; columns `temp`, `tmin`, ...
        server.faults[server.path("daily", "10637", 2024)] = ["429", "500"]  # then it works again
    """

    def __init__(self) -> None:
        self.tables: dict[tuple[str, str], pd.DataFrame] = {}
        """By granularity and station. Values are observed (`dwd_daily`, `dwd_hourly`) unless a
        column such as `temp_source` says otherwise."""
        self.faults: dict[str, list[Fault]] = defaultdict(list)
        """By path: a fault a request, in order; after the last one all is well."""
        self.asked: list[str] = []
        """Paths in the order in which they were asked for."""
        self.encoded = False
        """Whether year files are declared as `Content-Encoding: gzip`, as some hosts do."""
        self.stations: list[tuple[object, ...]] = []
        self.released = Event()
        """Lets go of the requests that are `slow`."""
        handler = type("Handler", (_Handler,), {"owner": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        self.url = f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> MeteostatServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def add_station(
        self,
        name: str,
        *,
        latitude: float,
        longitude: float,
        elevation: int | None = 100,
        timezone: str = "Europe/Berlin",
    ) -> None:
        """Put a station into the table of stations; its name is `Station` and its id."""
        self.stations.append((name, "DE", "HE", latitude, longitude, elevation, timezone))

    @staticmethod
    def path(granularity: str, station: str, year: int) -> str:
        return f"/{granularity}/{year}/{station}.csv.gz"

    def body(self, path: str) -> bytes | None:
        """What is at `path`, None for nothing."""
        if path == DATABASE:
            return self._database()
        found = re.fullmatch(r"/(daily|hourly)/(\d{4})/(\w+)\.csv\.gz", path)
        if not found:
            return None
        granularity, year, station = found.groups()
        table = self.tables.get((granularity, station))
        if table is None or not (table.index.year == int(year)).any():
            return None
        return gzip.compress(_csv(table[table.index.year == int(year)], granularity), 1)

    def _database(self) -> bytes:
        with closing(sqlite3.connect(":memory:")) as base:
            base.executescript(SCHEMA)
            base.executemany("INSERT INTO stations VALUES (?, ?, ?, ?, ?, ?, ?)", self.stations)
            names = [(name, "en", f"Station {name}") for name, *_ in self.stations]
            base.executemany("INSERT INTO names VALUES (?, ?, ?)", names)
            base.commit()
            return base.serialize()


def _csv(table: pd.DataFrame, granularity: str) -> bytes:
    """The columns of time, then a pair of value and source for every column."""
    out = pd.DataFrame({key: getattr(table.index, key) for key in KEYS[granularity]})
    for column in (c for c in table if not c.endswith("_source")):
        source = table.get(f"{column}_source", f"dwd_{granularity}")
        out[column] = table[column].to_numpy()
        out[f"{column}_source"] = source if isinstance(source, str) else source.to_numpy()
        out.loc[out[column].isna(), f"{column}_source"] = None
    return cast(str, out.to_csv(index=False)).encode()


class _Handler(BaseHTTPRequestHandler):
    owner: MeteostatServer

    def do_GET(self) -> None:
        self.owner.asked.append(self.path)
        script = self.owner.faults[self.path]
        with suppress(ConnectionError):  # the client went away
            self.answer(self.owner.body(self.path), script.pop(0) if script else None)

    def answer(self, body: bytes | None, fault: Fault | None) -> None:
        if fault in ("429", "500", "403"):
            self.reply(int(fault), b"no", {"Retry-After": RETRY_AFTER} if fault == "429" else {})
        elif fault == "slow":
            self.owner.released.wait()
        elif body is None:
            self.reply(404, b"not found", {})
        elif fault == "cut":
            self.reply(200, body[: len(body) // 2], {"Content-Length": str(len(body))})
        else:
            encoded = self.owner.encoded and self.path.endswith(".gz")
            headers = {"Content-Encoding": "gzip"} if encoded else {}
            self.reply(200, _broken(body, fault), headers)

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""


def _broken(body: bytes, fault: Fault | None) -> bytes:
    match fault:
        case "truncated":
            return body[: len(body) // 2]
        case "malformed":
            return gzip.compress(gzip.decompress(body) + b'2024,13,"45,,\n')
        case "unpacked":  # no fault of the server's: hosts do so
            return gzip.decompress(body)
        case "html":
            return b"<!doctype html><html><body>Down for maintenance</body></html>"
        case "empty":
            return b""
        case _:
            return body
