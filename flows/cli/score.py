"""The command `forecastle score`: what has come of earlier forecasts."""

from __future__ import annotations

import typer

from flows.cli.options import (
    AsOf,
    Config,
    Home,
    Json,
    Latitude,
    Longitude,
    Set,
    Source,
    Station,
    Symbols,
    live,
    prepare,
)


def score(
    source: Source = None,
    symbols: Symbols = None,
    station: Station = None,
    lat: Latitude = None,
    lon: Longitude = None,
    as_of: AsOf = None,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    home: Home = None,
) -> None:
    """Hold earlier forecasts of SOURCE against what has come since."""
    prepare(home)
    from flows import invocation
    from flows.parameters import ForecastParameters

    options = live(symbols, station, lat, lon, as_of)
    given = {key: value for key, value in options.items() if value is not None}
    parameters = invocation.parameters_of("forecast", source, config, given, set_ or [])
    assert isinstance(parameters, ForecastParameters)
    found = invocation.follow(parameters)
    if json:
        invocation.hand_over_score(found, json)
    if json != "-":
        from flows.cli.terminal_score import show

        show(found)
    if not found.complete:
        raise typer.Exit(3)
