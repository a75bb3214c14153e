"""Yahoo's chart format (v8), made from prices as they were traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

PRICES = ("open", "high", "low", "close")


def traded(
    ds: pd.DatetimeIndex,
    splits: Mapping[int, float] = {},
    dividends: Mapping[int, float] = {},
    seed: int = 0,
) -> pd.DataFrame:
    """Prices in cents that wander from 100, as traded; splits and dividends by the row's number."""
    random = np.random.default_rng(seed)
    split, dividend = np.ones(len(ds)), np.zeros(len(ds))
    split[list(splits)], dividend[list(dividends)] = [*splits.values()], [*dividends.values()]
    close = 100 * np.exp(random.normal(0, 0.01, len(ds)).cumsum()) / split.cumprod()
    wide = random.uniform(1, 1.02, (2, len(ds)))
    prices = {"open": close, "high": close * wide[0], "low": close / wide[1], "close": close}
    volume = random.integers(1_000, 1_000_000, len(ds)) * 840.0  # whole shares after most splits
    prices = {name: values.round(2) for name, values in prices.items()}
    return pd.DataFrame(
        {"ds": ds, **prices, "volume": volume, "dividend": dividend, "split": split}
    )


@dataclass(frozen=True)
class Listing:
    """A symbol at an exchange, as traded; `hours` are those of a session, in the zone `zone`."""

    symbol: str
    interval: str
    table: pd.DataFrame
    zone: str = "America/New_York"
    hours: tuple[str, str] = ("09:30", "16:00")

    def session(self, day: pd.Timestamp) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Begin and end of the session on the date `day`."""
        begin, end = (pd.Timestamp(f"{day:%Y-%m-%d} {hour}", tz=self.zone) for hour in self.hours)
        return begin, end

    def begins(self) -> pd.DatetimeIndex:
        """[T] When each row begins, in UTC."""
        ds = pd.DatetimeIndex(self.table["ds"])
        if ds.tz is None:
            ds = (ds + pd.Timedelta(f"{self.hours[0]}:00")).tz_localize(self.zone)
        return ds.tz_convert("UTC")

    def chart(
        self, now: pd.Timestamp, first: pd.Timestamp | None, until: pd.Timestamp | None
    ) -> dict[str, Any]:
        """The answer at `now` for rows that begin in [first, until): Yahoo's `result`."""
        known = self.begins() <= now
        self = replace(self, table=self.table[known])
        table, begins = split_adjusted(self.table), self.begins()
        within = np.ones(len(table), dtype=bool)
        if first is not None:
            within = (begins >= first) & (begins < until)
        return {"meta": self.meta(now), **rows(table[within], begins[within])}

    def meta(self, now: pd.Timestamp) -> dict[str, Any]:
        """What Yahoo says about a symbol, as far as it matters."""
        days = self.begins().tz_convert(self.zone).normalize().unique()
        sessions = [self.session(day) for day in days]
        today = now.tz_convert(self.zone).normalize()
        while today.weekday() > 4 and today not in days:  # on a weekend it still speaks of Friday
            today -= pd.DateOffset(days=1)
        said = {
            "symbol": self.symbol,
            "currency": "USD",
            "instrumentType": "EQUITY",
            "exchangeTimezoneName": self.zone,
            "dataGranularity": self.interval,
            "validRanges": ["1d", "5d", "1mo", "max"],
            "regularMarketTime": int(min([now, *(end for _, end in sessions[-1:])]).timestamp()),
            "currentTradingPeriod": {"regular": period(*self.session(today))},
        }
        if self.interval != "1d":
            said["tradingPeriods"] = [[period(*session)] for session in sessions]
        return said


def split_adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """What a table as traded looks like after all of its splits, in float32."""
    later = table["split"][::-1].cumprod()[::-1].shift(-1, fill_value=1.0)
    prices = {name: (table[name] / later).astype("float32") for name in (*PRICES, "dividend")}
    return table.assign(**prices, volume=(table["volume"] * later).round())


def rows(table: pd.DataFrame, begins: pd.DatetimeIndex) -> dict[str, Any]:
    """Times, events and prices; with no rows Yahoo leaves all of them out."""
    if table.empty:
        return {"indicators": {"quote": [{}], "adjclose": [{}]}}
    times = [int(begin.timestamp()) for begin in begins]
    quote = {name: [_number(value) for value in table[name]] for name in (*PRICES, "volume")}
    dividends, splits = {}, {}
    for at, paid, ratio in zip(times, table["dividend"], table["split"], strict=True):
        if paid > 0:
            dividends[str(at)] = {"amount": float(paid), "date": at}
        if ratio != 1:
            new, old = Fraction(ratio).limit_denominator(1000).as_integer_ratio()
            ratios = {"numerator": new, "denominator": old, "splitRatio": f"{new}:{old}"}
            splits[str(at)] = {"date": at, **ratios}
    events = {"dividends": dividends, "splits": splits}
    events = {kind: happened for kind, happened in events.items() if happened}
    # the client wants an adjusted close, which nothing here reads
    indicators = {"quote": [quote], "adjclose": [{"adjclose": quote["close"]}]}
    return {"timestamp": times, **({"events": events} if events else {}), "indicators": indicators}


def period(begin: pd.Timestamp, end: pd.Timestamp) -> dict[str, Any]:
    """A session in Yahoo's words."""
    offset = int(begin.utcoffset().total_seconds())
    span = {"start": int(begin.timestamp()), "end": int(end.timestamp())}
    return {"timezone": begin.tzname(), **span, "gmtoffset": offset}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
