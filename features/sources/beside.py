"""What stands beside a series: the weather that was known, and what a file says of the future."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from features.calendars import make_calendar
from features.errors import UserError
from features.sources.files import read_file
from features.sources.live import STEPS, live_weather
from features.sources.source import Fetched, Live, Query

OLDEST = 3
"""Steps after which an observation of the weather is too old to stand for the present."""


def beside_weather(fetched: Fetched, live: Live) -> Fetched:
    """The series with past-only covariates of the weather that was known at each of their steps.

    A day's weather is known from the next day on, an hour's from the next hour on. Values are those
    of the latest revision.
    """
    stamps = fetched.frame["ds"]
    step = STEPS[live.interval]
    first = stamps.min() - OLDEST * step
    weather = live_weather(Query(start=first, end=stamps.max()), live)
    columns = {"y": "temp", **{name: name for name in weather.covariates.past}}
    if taken := sorted({*columns.values()} & {*fetched.frame}):
        raise UserError(
            f"{fetched.title} has a column {taken[0]!r}, which the weather has too, expected other "
            "names; rename it, or leave the weather out"
        )
    table = weather.frame.rename(columns=columns)[["ds", *columns.values()]]
    known = table["ds"] + step
    if known.dt.tz is None and stamps.dt.tz is not None:
        known = known.dt.tz_localize("Etc/GMT+12")  # by then the day is over everywhere
    table["ds"] = _in_zone(known, stamps.dt.tz)
    order = np.argsort(stamps.to_numpy(), kind="stable")
    joined = pd.merge_asof(
        fetched.frame.iloc[order], table.sort_values("ds"), on="ds", tolerance=OLDEST * step
    )
    frame = joined.iloc[np.argsort(order)].reset_index(drop=True)
    ended = frame.loc[frame["y"].notna(), "ds"].max()
    frame.loc[frame["ds"] > ended, list(columns.values())] = np.nan  # not known yet
    past = (*fetched.covariates.past, *columns.values())
    tables = [t for t in (fetched.quality, weather.quality) if t is not None]
    moments = [m for m in (fetched.as_of, weather.as_of) if m is not None]
    return replace(
        fetched,
        frame=frame,
        title=f"{fetched.title}, beside the weather of {live.names[0]}",
        covariates=replace(fetched.covariates, past=past),
        as_of=max(moments),
        stale={**fetched.stale, **weather.stale},
        quality=pd.concat(tables, ignore_index=True),
    )


def beside_file(fetched: Fetched, path: Path) -> Fetched:
    """The series with the columns of a wide file as known-future covariates.

    A value must have been known a horizon before its date, such as a holiday or a forecast of the
    weather. Dates after the last one of a series are those of its forecast.

    Raises:
        UserError: a file that cannot be read, or has no date of the series.
    """
    rows = read_file(path).frame
    if rows.duplicated(["unique_id", "ds"]).any():
        stamp = rows.loc[rows.duplicated(["unique_id", "ds"]), "ds"].iloc[0]
        raise UserError(
            f"{path} has several rows for {stamp}, expected a wide file with one row a date; "
            "leave one"
        )
    table = rows.pivot(index="ds", columns="unique_id", values="y")
    table.index = pd.DatetimeIndex(_in_zone(table.index.to_series(), fetched.frame["ds"].dt.tz))
    columns = tuple(map(str, table.columns))
    if taken := sorted(set(columns) & set(fetched.frame.columns)):
        raise UserError(
            f"{path} has a column {taken[0]!r}, which {fetched.title} has too, expected other "
            "names; rename it"
        )
    if not fetched.frame["ds"].isin(table.index).any():
        raise UserError(
            f"{path} has dates from {table.index[0]} to {table.index[-1]}, expected those of "
            f"{fetched.title} and of the steps to forecast; give them"
        )
    last = fetched.frame["ds"].max()
    ahead = table.index[table.index > last]
    if fetched.calendar != "auto" and len(ahead):  # days off are not forecast
        ahead = ahead.intersection(make_calendar(fetched.calendar, last, ahead[-1]).stamps)
    ids = fetched.frame["unique_id"].unique()
    coming = pd.DataFrame(
        {"unique_id": np.repeat(ids, len(ahead)), "ds": np.tile(ahead, len(ids)), "y": np.nan}
    )
    frame = pd.concat([fetched.frame, coming], ignore_index=True) if len(ahead) else fetched.frame
    frame = frame.join(table.rename(columns=str), on="ds")
    future = (*fetched.covariates.future, *columns)
    return replace(fetched, frame=frame, covariates=replace(fetched.covariates, future=future))


def _in_zone(stamps: pd.Series, zone: object) -> pd.Series:
    """The same moments in a time zone; stamps without one are taken to be in it."""
    if stamps.dt.tz is None:
        return stamps if zone is None else stamps.dt.tz_localize(zone)
    moments = stamps.dt.tz_convert(zone or "UTC")
    return moments.dt.tz_localize(None) if zone is None else moments
