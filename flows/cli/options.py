"""The options that commands share, and what each of them says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer

Source = Annotated[
    str | None,
    typer.Argument(
        help="stocks, weather, or the path of a CSV or Parquet file.", show_default=False
    ),
]
Horizon = Annotated[int | None, typer.Option(help="Steps to forecast.", show_default=False)]
Models = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME",
        help="Models to compare, with commas between: naive, drift, seasonal-naive, theta, ridge, "
        "auto-ets, auto-arima, boosting, lstm-seq2seq, lstm-direct, lstm-recursive, gru-direct, "
        "gru-seq2seq, gru-recursive.",
        show_default=False,
    ),
]
LookBack = Annotated[
    int | None, typer.Option(help="Steps of history that networks see.", show_default=False)
]
Epochs = Annotated[
    int | None, typer.Option(help="Most passes over the training range.", show_default=False)
]
Seed = Annotated[int | None, typer.Option(help="Seed of the training.", show_default=False)]
Device = Annotated[str | None, typer.Option(help="auto, cpu, cuda or mps.", show_default=False)]
Stride = Annotated[
    int | None,
    typer.Option(help="Steps between two origins of the backtest.", show_default=False),
]
RefitEvery = Annotated[
    int | None, typer.Option(help="Origins between two trainings.", show_default=False)
]
Window = Annotated[
    int | None,
    typer.Option(help="Steps that a refit learns from; all where not given.", show_default=False),
]
WarmStart = Annotated[
    bool, typer.Option("--warm-start", help="A refit begins from the weights of the one before.")
]
Workers = Annotated[
    int | None,
    typer.Option(min=1, max=1024, help="Processes to fit in.  [default: 1]", show_default=False),
]
Trials = Annotated[
    int | None,
    typer.Option(help="Trainings, earlier ones included.  [default: 30]", show_default=False),
]
Top = Annotated[
    int | None,
    typer.Option(help="Best trials in the ensemble.  [default: 5]", show_default=False),
]
Symbols = Annotated[
    str | None,
    typer.Option(
        metavar="NAME,NAME",
        help="stocks: live prices of these symbols of Yahoo Finance.",
        show_default=False,
    ),
]
Station = Annotated[
    str | None,
    typer.Option(
        metavar="ID,ID",
        help="weather: live, from these stations of Meteostat.",
        show_default=False,
    ),
]
Latitude = Annotated[
    float | None,
    typer.Option("--lat", help="weather: live, from the station nearest.", show_default=False),
]
Longitude = Annotated[
    float | None, typer.Option("--lon", help="With --lat, in degrees.", show_default=False)
]
AsOf = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Live data as it was known then (UTC); nothing is fetched.",
        show_default=False,
    ),
]
Remote = Annotated[
    bool,
    typer.Option("--remote", help="On the worker of the Prefect server in use."),
]
ByChampion = Annotated[
    bool, typer.Option("--champion", help="By the champion of the registry; train nothing.")
]
Config = Annotated[
    Path | None,
    typer.Option(help="YAML or JSON file with any of the parameters.", show_default=False),
]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Any other parameter, such as network.hidden=128; may be repeated.",
        show_default=False,
    ),
]
Json = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|-", help="Write the result as JSON; - is standard output.", show_default=False
    ),
]
Csv = Annotated[
    str | None,
    typer.Option(
        metavar="FILE|-",
        help="Write the forecast as CSV; - is standard output.",
        show_default=False,
    ),
]
Home = Annotated[
    Path | None,
    typer.Option(
        help="Folder for results and the MLflow store.  [default: forecastle_home]",
        show_default=False,
    ),
]


def named(
    horizon: int | None,
    models: str | None,
    look_back: int | None,
    epochs: int | None,
    seed: int | None,
    device: str | None,
    stride: int | None,
) -> dict[str, Any]:
    """The options that were given, by the dotted name of the parameter each sets."""
    return {
        "horizon": horizon,
        "models": names_of(models),
        "network.look_back": look_back,
        "training.epochs": epochs,
        "training.seed": seed,
        "training.device": device,
        "stride": stride,
    }


def live(
    symbols: str | None,
    station: str | None,
    latitude: float | None,
    longitude: float | None,
    as_of: str | None,
) -> dict[str, Any]:
    """The same of live data."""
    return {
        "live.symbols": names_of(symbols),
        "live.stations": names_of(station),
        "live.latitude": latitude,
        "live.longitude": longitude,
        "as_of": as_of,
    }


def names_of(listed: str | None) -> list[str] | None:
    """Names with commas between."""
    return None if listed is None else [name.strip() for name in listed.split(",")]


def prepare(home: Path | None) -> None:
    """Set what the libraries read when they are imported, which is after this."""
    if home is not None:
        os.environ["FORECASTLE_HOME"] = str(home)
    from flows.cli.up import use_running

    use_running()
    # Prefect's log goes to its server; the terminal is for results.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_INTERNAL_LOGGING_LEVEL", "CRITICAL")


def on_one_thread() -> None:
    """Let networks as small as those of the samples and of the course take one thread.

    They gain next to nothing from a second one, and where other programs use the cores too, threads
    that wait for each other take many times as long as one. Read when torch is imported.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
