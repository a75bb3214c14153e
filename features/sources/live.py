"""Live stocks and weather, as they were known at a moment: the store, brought up to date first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.collect import Collected, Wanted, collect
from features.errors import UserError
from features.panel import Covariates
from features.providers.meteostat import UNITS, Meteostat, place_name
from features.providers.provider import Provider, ProviderError
from features.providers.yahoo import Yahoo
from features.quality import examine
from features.sources.prices import adjusted
from features.sources.source import Fetched, Live, Query
from features.store import Shelf

DAY, HOUR = pd.Timedelta(days=1), pd.Timedelta(hours=1)
DAILY_YEARS = 10
"""Years that are asked for where the user names no first date."""
HOURLY_YEARS = 1
STEPS = {"1d": DAY, "1h": HOUR}
"""Intervals of the weather."""
CALENDARS = {"1d": "D", "1h": "h", "30m": "30min", "15m": "15min", "5m": "5min", "1m": "min"}
EXCHANGES = {
    "": "XNYS",
    "AS": "XAMS",
    "DE": "XETR",
    "F": "XFRA",
    "HK": "XHKG",
    "L": "XLON",
    "MI": "XMIL",
    "PA": "XPAR",
    "SW": "XSWX",
    "T": "XTKS",
    "TO": "XTSE",
}
"""Ending of a Yahoo symbol to the exchange whose sessions its daily prices have."""
WEATHER = ("temp", "prcp", "wspd", "pres", "rhum")
"""What of the weather is worth seeing: the first is forecast, the others accompany it."""
ENOUGH = 0.5
"""Share of steps at which a covariate must be there to be used."""


def live_stocks(query: Query, live: Live) -> Fetched:
    """Close adjusted for splits and dividends as `y`, with volume and the day's range."""
    provider = Yahoo(cache=_clients(live.store), base=os.environ.get("FORECASTLE_YAHOO"))
    calendar = live.calendar
    if calendar == "auto":
        calendar = trading_calendar(live.names, live.interval)
    got = _collected(provider, query, live)
    missing, tables = dict(got.missing), []
    for name, rows in got.rows.groupby("unique_id", sort=True):
        try:
            tables.append(_prices(str(name), rows))
        except UserError as error:
            missing[str(name)] = str(error)
    if not tables:
        raise UserError("; ".join(f"{name}: {why}" for name, why in missing.items()))
    frame = pd.concat(tables, ignore_index=True)
    return Fetched(
        frame,
        title=f"{_named(frame['unique_id'].unique())}, {_step(live.interval)}",
        calendar=calendar,
        covariates=_worth(frame, ("volume", "range")),
        log=True,
        experiment="stocks",
        as_of=got.as_of,
        missing=missing,
        stale=got.stale,
        quality=examine(got.rows, "prices", calendar, got.as_of),
    )


def live_weather(query: Query, live: Live) -> Fetched:
    """Temperature as `y`, with precipitation, wind, pressure and humidity where there are some."""
    provider = Meteostat(_clients(live.store), os.environ.get("FORECASTLE_METEOSTAT"))
    if live.interval not in STEPS:
        raise UserError(
            f"weather at the interval {live.interval} is not to be had, expected "
            f"{' or '.join(STEPS)}; name one of these"
        )
    if live.place is not None:
        found = place_name(*live.place) if live.interpolate else _nearest(provider, live.place)
        live = replace(live, names=(found,), place=None)
    got = _collected(provider, query, live)
    target, *others = WEATHER
    frame = _observed(got.rows[["unique_id", "ds", target, *others]].rename(columns={target: "y"}))
    missing = dict(got.missing)
    for name in sorted(set(got.rows["unique_id"]) - set(frame["unique_id"])):
        missing[name] = f"no {target} was observed in the span"
    return Fetched(
        frame,
        title=f"Temperature at {_named(frame['unique_id'].unique())}, {_step(live.interval)}",
        unit=UNITS[target],
        calendar=CALENDARS[live.interval],
        covariates=_worth(frame, others),
        experiment="weather",
        as_of=got.as_of,
        missing=missing,
        stale=got.stale,
        quality=examine(got.rows, "weather", CALENDARS[live.interval], got.as_of),
    )


def trading_calendar(symbols: Sequence[str], interval: str) -> str:
    """The calendar of some symbols' prices.

    Raises:
        UserError: daily prices of several exchanges, or of one that is not known.
    """
    if interval != "1d":
        return CALENDARS[interval]
    found = {symbol: _exchange(symbol) for symbol in symbols}
    kinds = sorted(set(found.values()))
    if len(kinds) > 1:
        pairs = ", ".join(f"{symbol} {code}" for symbol, code in found.items())
        raise UserError(
            f"the symbols trade on different calendars ({pairs}), expected one in a run; forecast "
            "them in runs of their own"
        )
    return kinds[0]


def _clients(store: Path) -> Path:
    """The folder for what the clients keep."""
    folder = store / "clients"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"the data store in {store} cannot be written ({error.strerror}), expected a folder of "
            "yours; give it to this user or name another"
        ) from error
    return folder


def _nearest(provider: Meteostat, place: tuple[float, float]) -> str:
    try:
        return provider.nearest(*place)[0].id
    except ProviderError as error:
        raise UserError(
            f"the station nearest to {place[0]}, {place[1]} could not be found ({error}); try "
            "again, or name a station"
        ) from error


def _exchange(symbol: str) -> str:
    if symbol.endswith("=X"):
        return "B"  # currencies
    if symbol.endswith(("-USD", "-EUR", "-GBP", "-BTC")):
        return "D"  # crypto trades every day
    stem, _, ending = symbol.rpartition(".")
    ending = ending if stem else ""
    if ending not in EXCHANGES:
        raise UserError(
            f"the exchange of {symbol} is not known, expected an ending of "
            f"{', '.join(filter(None, EXCHANGES))} or none; export its prices to a file and "
            "forecast that"
        )
    return EXCHANGES[ending]


def _collected(provider: Provider, query: Query, live: Live) -> Collected:
    now = pd.Timestamp.now("UTC") if live.as_of is None else live.as_of
    if live.interval == "1d":
        now = now.tz_localize(None).normalize()
    years = DAILY_YEARS if live.interval == "1d" else HOURLY_YEARS
    start = now - pd.DateOffset(years=years) if query.start is None else _like(query.start, now)
    end = now if query.end is None else min(_like(query.end, now), now)
    if start > end:
        raise UserError(f"the span from {start} to {end} holds nothing; ask for an earlier start")
    shelf = Shelf(live.store, provider.name, live.interval, provider.columns)
    return collect(provider, shelf, Wanted(live.names, live.interval, start, end), as_of=live.as_of)


def _like(asked: pd.Timestamp, now: pd.Timestamp) -> pd.Timestamp:
    if now.tz is None:
        return asked.tz_localize(None).normalize()
    return asked.tz_localize("UTC") if asked.tz is None else asked.tz_convert("UTC")


def _prices(name: str, rows: pd.DataFrame) -> pd.DataFrame:
    table = adjusted(rows)
    spread = (table["high"] - table["low"]) / table["close"]
    volume = table["volume"].where(table["volume"] > 0)
    return pd.DataFrame(
        {"unique_id": name, "ds": table["ds"], "y": table["y"], "volume": volume, "range": spread}
    )


def _observed(frame: pd.DataFrame) -> pd.DataFrame:
    """Without the rows after each series' last `y`: what accompanies it may be known earlier."""
    last = frame["ds"].where(frame["y"].notna()).groupby(frame["unique_id"]).transform("max")
    return frame[frame["ds"] <= last].reset_index(drop=True)


def _worth(frame: pd.DataFrame, columns: Sequence[str]) -> Covariates:
    """Those that every series has at half of its steps or more."""
    seen = frame[list(columns)].apply(np.isfinite)
    shares = seen.groupby(frame["unique_id"]).mean().min()
    return Covariates(past=tuple(c for c in columns if shares[c] >= ENOUGH))


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more


def _step(interval: str) -> str:
    return {"1d": "daily", "1h": "hourly"}.get(interval, f"each {interval}")
