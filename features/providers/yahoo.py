"""Yahoo Finance through its client yfinance: prices as they were traded.

Yahoo divides the prices of all history by every split up to now, so a new split changes all rows.
Here that is undone: a row says what was paid on its day and never changes afterwards.
"""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import UserError
from features.optional import need
from features.providers.provider import ProviderError
from features.providers.yahoo_session import open_session

DAY = pd.Timedelta(days=1)
DAILY = "1d"
STEPS = {step: pd.Timedelta(step.replace("m", "min")) for step in ("1m", "5m", "15m", "30m", "1h")}
"""Length of a row, by interval shorter than a day."""
DAYS = {DAILY: 36500, "1m": 6, "5m": 58, "15m": 58, "30m": 58, "1h": 728}
REACH = {interval: days * DAY for interval, days in DAYS.items()}
"""How far back Yahoo keeps an interval, less the two days that are asked along."""
LAG = pd.Timedelta(minutes=30)
"""The longest delay of an exchange's prices at Yahoo."""
QUIET = 14 * DAY
"""Longer than any exchange is closed for holidays."""

SYMBOL = re.compile(r"[A-Za-z0-9^][A-Za-z0-9.\-=^&]{0,31}")
ISIN = re.compile(r"[A-Z]{2}[A-Z0-9]{9}[0-9]", re.IGNORECASE)
PRICES = ["Open", "High", "Low", "Close"]
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What the client runs into when an answer is not in Yahoo's format."""


class Yahoo:
    """Daily prices back to the listing, intraday as far back as Yahoo keeps them (`REACH`).

    `dividend` is 0 where none is paid, `split` is new shares for an old one and 1 where there is
    none. A volume of 0 in a row whose price moved is a hole in the record, and NaN.

    A session that is not over for `LAG` is left out, and so is a part of one that may still change.

    Threads may fetch at once. The client has one session and one configuration for the whole
    process, so use one `Yahoo` at a time.
    """

    name = "yahoo"
    columns: tuple[str, ...] = ("open", "high", "low", "close", "volume", "dividend", "split")

    def __init__(self, base: str | None = None, *, cache: Path, timeout: float = 30.0) -> None:
        self._session = open_session(base, timeout)
        self._client = need("yfinance", "fetching live prices")
        self._client.config.debug.hide_exceptions = False
        # It writes its requests' crumb to the log, and would keep Yahoo's cookie in a pickle.
        logging.getLogger("yfinance").setLevel(logging.CRITICAL + 1)
        self._client.set_tz_cache_location(str(cache))
        store = self._client.cache
        store._CookieCacheManager._Cookie_cache = store._CookieCacheDummy()

    def check(self, name: str, interval: str) -> None:
        """Refuse what cannot be a symbol of Yahoo, and intervals that are not known here."""
        if not SYMBOL.fullmatch(name) or ISIN.fullmatch(name):
            raise UserError(
                f"{name[:40]!r} cannot be a symbol of Yahoo, expected up to 32 of the characters "
                "A-Z a-z 0-9 . - = ^ & and no ISIN, as in AAPL, BRK-B or ^GSPC; correct the name"
            )
        if interval != DAILY and interval not in STEPS:
            raise UserError(
                f"unknown interval {interval[:40]!r} of Yahoo, expected {DAILY}, "
                f"{', '.join(STEPS)}; name one of these"
            )

    def fetch(
        self, name: str, interval: str, start: pd.Timestamp, end: pd.Timestamp
    ) -> pd.DataFrame:
        """Asks from `start` until now, as only splits up to now make rows before them as traded.

        Raises:
            ProviderError: no usable answer.
        """
        now = pd.Timestamp.now("UTC")
        start, end = _in_utc(start), _in_utc(end)
        # A day more, as days begin elsewhere; whole ones, as a split belongs to a day's first row.
        since = (max(min(start, now), now - REACH[interval]) - DAY).floor("D")
        try:
            table = self._ask(name, interval, since)
        except self._client.exceptions.YFException as error:
            raise ProviderError(f"no usable answer ({error})", again=True) from error
        except OSError as error:
            raise ProviderError(f"no answer ({type(error).__name__})", again=True) from error
        except UNREADABLE as error:
            problem = f"an answer that is not in its format ({type(error).__name__})"
            raise ProviderError(problem, again=True) from error
        stamps = table.index.tz_convert("UTC")
        if interval == DAILY:  # a date has no time zone
            stamps = table.index.tz_localize(None)
            start, end = start.tz_localize(None), end.tz_localize(None)
        table.insert(0, "ds", stamps.as_unit("ns"))
        return table[(stamps >= start) & (stamps <= end)].reset_index(drop=True)

    def _ask(self, name: str, interval: str, since: pd.Timestamp) -> pd.DataFrame:
        """The rows from `since` on that are final, indexed by times in the exchange's zone."""
        ticker = self._client.Ticker(name, session=self._session)
        # It would first ask for the symbol's time zone, to read dates in; `since` has one.
        ticker._tz = "UTC"
        try:
            history = ticker.history(interval=interval, start=since, auto_adjust=False)
        except self._client.exceptions.YFPricesMissingError as error:
            history = _nothing(error, ticker.get_history_metadata(), since)
        table = as_traded(history)
        return table[_is_final(table.index, interval, ticker.get_history_metadata())]


def as_traded(history: pd.DataFrame) -> pd.DataFrame:
    """The client's table (split by all splits in it) as it was traded, without empty rows.

    A dividend or split of an empty row goes to the next row that has prices.
    """
    priced = history[PRICES].notna().any(axis=1)
    until = priced[::-1].cumsum()[::-1]  # empty rows count with the row that follows
    splits = history["Stock Splits"].where(history["Stock Splits"] > 0, 1.0)
    later = splits[::-1].cumprod()[::-1].shift(-1, fill_value=1.0)
    table = pd.DataFrame({price.lower(): history[price] * later for price in PRICES})
    table = table.map(_without_noise)
    table["volume"] = (history["Volume"] / later).round()
    table["volume"] = table["volume"].mask((table["volume"] == 0) & (table["high"] > table["low"]))
    dividends = history["Dividends"].groupby(until).transform("sum") * later
    table["dividend"] = dividends.map(_without_noise)
    table["split"] = splits.groupby(until).transform("prod")
    return table[priced].astype("float64")


def _without_noise(value: float) -> float:
    """The digits of a float32, as Yahoo's prices are, that are the same after every split."""
    digits = 6 if f"{value:e}".lstrip("-")[0] in "89" else 7  # its steps are 1.2e-7 of the value
    return float(f"{value:.{digits}g}")


def _is_final(stamps: pd.DatetimeIndex, interval: str, meta: Any) -> Any:
    """[T] Whether a row can no longer change.

    Of a day the exchange's session is over for `LAG`; where the answer does not say when that is,
    the day is. Of a shorter row the last trade that Yahoo knows of, or `LAG`, lies behind its end.
    """
    known = pd.Timestamp.now("UTC") - LAG
    if interval != DAILY:
        return stamps + STEPS[interval] <= max(known, meta.get("regularMarketTime") or known)
    session = (meta.get("currentTradingPeriod") or {}).get("regular")
    today = (session["start"] if session else known.tz_convert(stamps.tz)).date()
    over = session is not None and session["end"] <= known
    return stamps.date <= today if over else stamps.date < today


def _nothing(error: Any, meta: Any, since: pd.Timestamp) -> pd.DataFrame:
    """An empty table where Yahoo knows the symbol and no session can have been since."""
    reason = getattr(error, "yahoo_reason", None)
    if reason or "symbol" not in meta or pd.Timestamp.now("UTC") - since > QUIET:
        raise ProviderError(reason or "an answer without prices", again=True) from error
    columns = [*PRICES, "Volume", "Dividends", "Stock Splits"]
    return pd.DataFrame(columns=columns, index=pd.DatetimeIndex([], tz="UTC"), dtype="float64")


def _in_utc(stamp: pd.Timestamp) -> pd.Timestamp:
    return stamp.tz_localize("UTC") if stamp.tz is None else stamp.tz_convert("UTC")
