"""The command `forecastle score`: what has come of earlier forecasts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Source = Annotated[
    str | None,
    typer.Argument(help="As it was forecast: stocks, weather or a file.", show_default=False),
]
Symbols = Annotated[
    str | None, typer.Option(metavar="NAME,NAME", help="As for forecast.", show_default=False)
]
Station = Annotated[
    str | None, typer.Option(metavar="ID,ID", help="As for forecast.", show_default=False)
]
Latitude = Annotated[
    float | None, typer.Option("--lat", help="As for forecast.", show_default=False)
]
Longitude = Annotated[
    float | None, typer.Option("--lon", help="As for forecast.", show_default=False)
]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="What was known then (UTC).", show_default=False),
]
Config = Annotated[
    Path | None, typer.Option(help="Parameters of the forecast.", show_default=False)
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="As for forecast.", show_default=False),
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|-", help="Write the scores as JSON; - is standard output.", show_default=False
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(help="Folder of results.  [default: forecastle_home]", show_default=False),
]


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
    from flows import cli

    cli.prepare(home)
    from flows import invocation
    from flows.parameters import ForecastParameters

    options = {
        "live.symbols": cli.names_of(symbols),
        "live.stations": cli.names_of(station),
        "live.latitude": lat,
        "live.longitude": lon,
        "as_of": as_of,
    }
    given = {key: value for key, value in options.items() if value is not None}
    parameters = invocation.parameters_of("forecast", source, config, given, set_ or [])
    assert isinstance(parameters, ForecastParameters)
    found = invocation.follow(parameters)
    if json:
        invocation.hand_over_score(found, json)
    if json != "-":
        from flows.terminal_score import show

        show(found)
    if not found.complete:
        raise typer.Exit(3)
