"""Where series come from: the registry of sources, and files."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from features.errors import UserError
from features.sources.beside import beside_file, beside_weather
from features.sources.files import ColumnMapping, read_file
from features.sources.source import Fetched, Live, Query, Source, narrow
from features.sources.stocks import fetch_stocks
from features.sources.weather import fetch_weather

__all__ = ["SOURCES", "ColumnMapping", "Fetched", "Live", "Query", "Source", "fetch"]

SOURCES: dict[str, Source] = {
    "stocks": fetch_stocks,
    "weather": fetch_weather,
}


def fetch(
    name_or_path: str, query: Query | None = None, mapping: ColumnMapping | None = None
) -> Fetched:
    """Series by the name of a source, or from a CSV or Parquet file.

    Args:
        name_or_path: a key of `SOURCES`; anything else is a path.
        query: which series and which span.
        mapping: the columns of a wide file, where they do not speak for themselves.

    Raises:
        UserError: for what is not there or cannot be read.
    """
    query = query or Query()
    if query.ahead is not None:
        return beside_file(fetch(name_or_path, replace(query, ahead=None), mapping), query.ahead)
    if query.weather is not None:
        fetched = fetch(name_or_path, replace(query, weather=None), mapping)
        return beside_weather(fetched, query.weather)
    if name_or_path in SOURCES:
        return SOURCES[name_or_path](query)
    path = Path(name_or_path)
    if not path.suffix and path.name == name_or_path and not path.exists():
        near = get_close_matches(name_or_path, SOURCES, n=1)
        hint = f"did you mean {near[0]!r}?" if near else "name one of these or an existing file"
        raise UserError(
            f"unknown source {name_or_path!r}, which is no file either; "
            f"the sources are {', '.join(SOURCES)}; {hint}"
        )
    return narrow(read_file(path, mapping), query)
