"""The command `backtest`, done here or by a worker."""
# Typer reads the annotations below as objects: no `from __future__ import annotations` here.

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from features.errors import UserError
from flows.cli import options

if TYPE_CHECKING:
    from flows.cli.app import Output


def backtest(
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
    refit_every: options.RefitEvery = None,
    window: options.Window = None,
    warm_start: options.WarmStart = False,
    workers: options.Workers = None,
    remote: options.Remote = False,
    config: options.Config = None,
    set_: options.Set = None,
    json: options.Json = None,
    csv: options.Csv = None,
    home: options.Home = None,
) -> None:
    """Compare models on SOURCE, with or without refits on the way."""
    from flows.cli.app import Output, conduct

    chosen = options.named(horizon, models, look_back, epochs, seed, device, stride)
    chosen |= options.live(symbols, station, lat, lon, as_of)
    chosen |= {"refit_every": refit_every, "window": window}
    chosen["warm_start"] = warm_start or None  # not given, the file may still set it
    output = Output(json, csv)
    if workers is not None:
        if remote:
            raise UserError(
                "--workers is given for a run by another machine's worker, which has its own "
                "setting; leave it out, and set FORECASTLE_WORKERS where the worker starts"
            )
        os.environ["FORECASTLE_WORKERS"] = str(workers)
    if remote:
        _await_worker(source, config, chosen, set_ or [], output, home)
    else:
        conduct("backtest", source, config, chosen, set_, output, home)


def _await_worker(
    source: str | None,
    config: Path | None,
    chosen: dict[str, Any],
    settings: list[str],
    output: "Output",
    home: Path | None,
) -> None:
    """Have the worker of a server do it; show and write what it found."""
    options.prepare(home)
    from flows.deployments import remote
    from flows.invocation import parameters_of
    from flows.parameters import BacktestParameters

    given = {key: value for key, value in chosen.items() if value is not None}
    parameters = parameters_of("backtest", source, config, given, settings)
    assert isinstance(parameters, BacktestParameters)
    try:
        found = remote.backtest_remotely(parameters)
    except remote.RemoteRunError as error:
        print(f"forecastle: {error}", file=sys.stderr)
        raise typer.Exit(1) from error
    found.hand_over(output.json, output.csv)
    if not output.on_standard_output:
        from flows.cli.terminal import show_remote

        show_remote(found.outcome, found.folder, found.run)
    if not found.outcome.complete:
        raise typer.Exit(3)
