"""What a source is: a function from a query to a long frame and what is known about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Protocol

import pandas as pd

from features.errors import UserError
from features.panel import Covariates


@dataclass(frozen=True)
class Live:
    """Which live series, and as they were known when."""

    names: tuple[str, ...]
    """Ticker symbols, or ids of weather stations."""
    store: Path
    """Folder in which everything that was fetched is kept."""
    interval: str = "1d"
    """Step of the series: `1d`, or shorter as the provider has it, such as `1h`."""
    as_of: pd.Timestamp | None = None
    """Read the store as it was then and fetch nothing; now, where None."""
    place: tuple[float, float] | None = None
    """Latitude and longitude in degrees, instead of the ids of stations."""
    calendar: str = "auto"
    """Calendar of prices; that of the symbols' exchange, where auto."""
    interpolate: bool = False
    """Interpolate the weather of the place from several stations, else take the nearest one's."""


@dataclass(frozen=True)
class Query:
    """Which series, and which span of them."""

    series: tuple[str, ...] = ()
    """Ids of the series (ticker symbols, stations, columns); none means all that there are."""
    start: pd.Timestamp | None = None
    """First date wanted."""
    end: pd.Timestamp | None = None
    """Last date wanted, inclusive."""
    live: Live | None = None
    """Fetch live data instead of the embedded sample."""
    weather: Live | None = None
    """Put the weather of this station beside every series, as past-only covariates."""
    ahead: Path | None = None
    """Put the columns of this file beside every series, as known-future covariates."""


@dataclass(frozen=True)
class Fetched:
    """A long frame, not validated yet, and what its source knows about it."""

    frame: pd.DataFrame
    """`unique_id, ds, y` and every other column the source has."""
    title: str
    """What the data is, for headings."""
    unit: str = ""
    """Unit of `y`; empty where unknown."""
    calendar: str = "auto"
    """Calendar the dates follow, for `features.schema.validate`."""
    covariates: Covariates = field(default_factory=Covariates)
    """Columns worth using, by when they are known."""
    log: bool = False
    """Whether changes of `y` are proportional to its level, so that log(y) is better modelled."""
    experiment: str = "files"
    """The domain, under which runs are filed."""
    as_of: pd.Timestamp | None = None
    """Live data: reading the store as of this moment gives the same frame for good."""
    missing: Mapping[str, str] = field(default_factory=dict)
    """Live data: series that were asked for and are not in the frame, and why."""
    stale: Mapping[str, str] = field(default_factory=dict)
    """Live data: series that could not be brought up to date, and why."""
    quality: pd.DataFrame | None = None
    """Live data: what the checks at the door found, a row a finding."""


class Source(Protocol):
    """Gets series; raises UserError for what the user asked wrongly."""

    def __call__(self, query: Query) -> Fetched:
        """The series and the span that `query` asks for."""


def narrow(fetched: Fetched, query: Query) -> Fetched:
    """Keep what `query` asks for, of a source that has everything at hand.

    Raises:
        UserError: for a series that is not there, or a span without rows.
    """
    frame = fetched.frame
    have = sorted(set(frame["unique_id"].astype(str)))
    for name in query.series:
        if name not in have:
            near = get_close_matches(name, have, n=1) or have[:1]
            raise UserError(
                f"unknown series {name!r} in {fetched.title}, which has {', '.join(have[:12])}; "
                f"did you mean {near[0]!r}?"
            )
    if query.series:
        frame = frame[frame["unique_id"].astype(str).isin(query.series)]
    return replace(fetched, frame=_between(frame, query, fetched.title))


def _between(frame: pd.DataFrame, query: Query, title: str) -> pd.DataFrame:
    first, last = frame["ds"].min(), frame["ds"].max()
    start, end = _in_zone(query.start, first), _in_zone(query.end, last)
    kept = frame[(frame["ds"] >= start) & (frame["ds"] <= end)]
    if kept.empty:
        raise UserError(
            f"{title} has no rows from {start} to {end}, expected a span within {first} to {last}; "
            "ask for other dates"
        )
    return kept.reset_index(drop=True)


def _in_zone(asked: pd.Timestamp | None, default: pd.Timestamp) -> pd.Timestamp:
    """A plain date means that date in the time zone of the data, which may have none."""
    if asked is None:
        return default
    plain = asked.tz is None or default.tz is None
    return asked.tz_localize(default.tz) if plain else asked
