"""A server at the loopback address that answers as Yahoo does, and fails as it does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

import pandas as pd

from tests.features.providers.yahoo_chart import Listing

CHART = "/v8/finance/chart/"
PAGE = b"<!doctype html><html><body>Oops</body></html>"
Fault = Literal[
    "busy", "failed", "slow", "cut", "torn",
    "truncated", "malformed", "html", "empty", "quoteless", "timeless", "unknown",
]  # fmt: skip
"""What one request gets in place of its answer.

busy: 429 with Retry-After. failed: 500. slow: nothing before the event `release` is set. cut: the
connection ends before the answer, torn: in its middle. The others are whole answers. truncated,
malformed, html: with half of the JSON, broken JSON, a page. empty: no result. quoteless: one
without rows. timeless: rows without their times. unknown: 404, as for a symbol that there is not.
"""


class Asked(NamedTuple):
    """A request for prices."""

    symbol: str
    interval: str
    period1: pd.Timestamp | None
    period2: pd.Timestamp | None


@dataclass
class YahooServer:
    """`with YahooServer() as server:` answers at `server.url` until the block ends.

    Prices that were traded are added, and served as Yahoo would serve them at `now`: the rows begun
    by then, divided by the splits up to then.
    """

    now: pd.Timestamp | None = None
    """The time it takes it to be, in UTC; None is the real time."""
    retry_after: str = "7"
    """Header of an answer that is too many."""
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    """By symbol, consumed request by request."""
    asked: list[Asked] = field(default_factory=list)
    """Requests for prices, in the order of their coming."""
    others: list[str] = field(default_factory=list)
    """Paths of all other requests: cookies and the like."""
    release: Event = field(default_factory=Event)
    """Lets slow answers go; set at the end in any case."""
    listings: dict[tuple[str, str], Listing] = field(default_factory=dict)

    def add(self, symbol: str, table: pd.DataFrame, interval: str = "1d", **session: Any) -> None:
        """Serve `table`: ds (naive dates, or UTC), prices, volume, dividend and split as traded.

        `session` may name the exchange's `zone` and `hours`.
        """
        self.listings[symbol, interval] = Listing(symbol, interval, table, **session)

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> Self:
        self._http = ThreadingHTTPServer(
            ("127.0.0.1", 0), type("Bound", (Handler,), {"yahoo": self})
        )
        self._thread = Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.release.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, asked: Asked, fault: Fault | None) -> tuple[int, dict[str, Any]]:
        """Status and body of an answer in Yahoo's format, if not with what was asked for."""
        listing = self.listings.get((asked.symbol, asked.interval))
        if fault == "unknown" or listing is None:
            why = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
            return 404, {"chart": {"result": None, "error": why}}
        now = pd.Timestamp.now("UTC") if self.now is None else self.now
        result = listing.chart(now, asked.period1, asked.period2)
        if fault == "quoteless":
            result = {"meta": result["meta"], "indicators": {"quote": [{}], "adjclose": [{}]}}
        elif fault == "timeless":
            result.pop("timestamp", None)
        return 200, {"chart": {"result": [] if fault == "empty" else [result], "error": None}}


class Handler(BaseHTTPRequestHandler):
    """Answers all that is asked of `yahoo`."""

    yahoo: YahooServer

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if not parts.path.startswith(CHART):
            self.yahoo.others.append(parts.path)
            return self.send(200, b"crumb", {"Set-Cookie": "A3=loopback; Path=/"})
        symbol = unquote(parts.path.removeprefix(CHART))
        query = parse_qs(parts.query)
        span = [_time(query.get(name)) for name in ("period1", "period2")]
        asked = Asked(symbol, query["interval"][0], *span)
        self.yahoo.asked.append(asked)
        faults = self.yahoo.faults.get(symbol)
        return self.chart(asked, faults.pop(0) if faults else None)

    def chart(self, asked: Asked, fault: Fault | None) -> None:
        status, body = self.yahoo.answer(asked, fault)
        whole = json.dumps(body).encode()
        if fault == "slow":
            self.yahoo.release.wait()
        if fault == "busy":
            self.send(429, b"Too Many Requests", {"Retry-After": self.yahoo.retry_after})
        elif fault == "torn":
            self.send(200, whole[: len(whole) // 2], length=len(whole))
        elif fault != "cut":
            self.send(500 if fault == "failed" else status, spoilt(whole, fault))

    def send(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] = {},
        length: int | None = None,
    ) -> None:
        with suppress(ConnectionError):  # whoever asked may have gone
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(length or len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def spoilt(whole: bytes, fault: Fault | None) -> bytes:
    """What is no longer JSON."""
    if fault == "truncated":
        return whole[: len(whole) // 2]
    if fault == "malformed":
        return whole.replace(b":", b"=", 3)
    return PAGE if fault == "html" else whole


def _time(given: list[str] | None) -> pd.Timestamp | None:
    return pd.Timestamp(int(given[0]), unit="s", tz="UTC") if given else None
