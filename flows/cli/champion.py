"""The commands `retrain`, `champion show`, `champion rollback` and `serve`."""
# Typer reads the annotations below as objects: no `from __future__ import annotations` here.

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli import options

if TYPE_CHECKING:
    from flows.registry.champion import Registry

champion = typer.Typer(
    name="champion",
    help="The model that forecasts are made by: see it, or go back to the one before.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Port = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Port; a free one if not given.", show_default=False),
]


def add_champion(app: typer.Typer) -> None:
    """Give `forecastle` the commands, with the options of a forecast."""

    def retrain(
        source: options.Source = None,
        horizon: options.Horizon = None,
        models: options.Models = None,
        look_back: options.LookBack = None,
        epochs: options.Epochs = None,
        seed: options.Seed = None,
        device: options.Device = None,
        stride: options.Stride = None,
        symbols: options.Symbols = None,
        station: options.Station = None,
        lat: options.Latitude = None,
        lon: options.Longitude = None,
        as_of: options.AsOf = None,
        config: options.Config = None,
        set_: options.Set = None,
        json: options.Json = None,
        home: options.Home = None,
    ) -> None:
        """Train models on SOURCE; a better one becomes the champion."""
        from flows.cli.app import Output, conduct

        chosen = options.named(horizon, models, look_back, epochs, seed, device, stride)
        chosen |= options.live(symbols, station, lat, lon, as_of)
        conduct("retrain", source, config, chosen, set_, Output(json, None), home)

    def show(
        source: options.Source = None,
        horizon: options.Horizon = None,
        config: options.Config = None,
        set_: options.Set = None,
        json: options.Json = None,
        home: options.Home = None,
    ) -> None:
        """Say who the champion of SOURCE is, since when, why, and how good."""
        registry = _registry(source, horizon, config, set_, home)
        from flows.cli.terminal_champion import as_json, show

        if json:
            from flows.invocation import write

            write(json, as_json(registry))
        if json != "-":
            show(registry)

    def rollback(
        source: options.Source = None,
        horizon: options.Horizon = None,
        config: options.Config = None,
        set_: options.Set = None,
        home: options.Home = None,
    ) -> None:
        """Let the champion before be the champion of SOURCE again."""
        registry = _registry(source, horizon, config, set_, home)
        new, old = registry.rollback()
        from flows.notify.happened import tell_promotion
        from flows.registry.champion import label

        experiment = registry.name.rpartition("-h")[0]
        tell_promotion(experiment, f"Rolled back from {label(old)} to {label(new)}.")
        print(f"Champion  {label(new)}\nPrevious  {label(old)}")

    def serve(
        source: options.Source = None,
        horizon: options.Horizon = None,
        port: Port = None,
        config: options.Config = None,
        set_: options.Set = None,
        home: options.Home = None,
    ) -> None:
        """Answer with forecasts of the champion of SOURCE over HTTP."""
        registry = _registry(source, horizon, config, set_, home)
        from flows.registry.serving import serve

        serve(registry, port)

    app.command()(retrain)
    champion.command()(show)
    champion.command()(rollback)
    app.add_typer(champion)
    app.command()(serve)


def _registry(
    source: str | None,
    horizon: int | None,
    config: Path | None,
    settings: list[str] | None,
    home: Path | None,
) -> "Registry":
    """The registered model that the words mean."""
    options.prepare(home)
    from flows import invocation
    from flows.registry.champion import Registry, model_name
    from flows.settings import Settings

    given = {} if horizon is None else {"horizon": horizon}
    parameters = invocation.parameters_of("forecast", source, config, given, settings or [])
    return Registry(Settings().tracking_uri, model_name(parameters))
