"""The command `forecastle`. Heavy imports wait until a flow is started, so help answers at once."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from features.errors import UserError
from flows.cli_audit import add_audit
from flows.cli_data import data
from flows.cli_score import score
from flows.cli_up import add_up, use_running

app = typer.Typer(
    name="forecastle",
    help="Forecast stocks and weather with recurrent networks, and see whether they beat the "
    "naive forecast.",
    epilog="Exit code: 0 done, 2 input or settings that cannot be used, 3 done but series are "
    "missing, 4 an audit found a leak, 130 interrupted, 1 else.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.add_typer(data)

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
    int | None, typer.Option(help="Processes to refit in.  [default: 1]", show_default=False)
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


@app.command()
def forecast(
    source: Source = None,
    horizon: Horizon = None,
    models: Models = None,
    look_back: LookBack = None,
    epochs: Epochs = None,
    seed: Seed = None,
    device: Device = None,
    stride: Stride = None,
    symbols: Symbols = None,
    station: Station = None,
    lat: Latitude = None,
    lon: Longitude = None,
    as_of: AsOf = None,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Compare models on SOURCE, then forecast what comes next."""
    options = _named(horizon, models, look_back, epochs, seed, device, stride)
    options |= _live(symbols, station, lat, lon, as_of)
    _conduct("forecast", source, config, options, set_, Output(json, csv), home)


@app.command()
def backtest(
    source: Source = None,
    horizon: Horizon = None,
    models: Models = None,
    look_back: LookBack = None,
    epochs: Epochs = None,
    seed: Seed = None,
    device: Device = None,
    stride: Stride = None,
    symbols: Symbols = None,
    station: Station = None,
    lat: Latitude = None,
    lon: Longitude = None,
    as_of: AsOf = None,
    refit_every: RefitEvery = None,
    window: Window = None,
    warm_start: WarmStart = False,
    workers: Workers = None,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Compare models on SOURCE, with or without refits on the way."""
    options = _named(horizon, models, look_back, epochs, seed, device, stride)
    options |= _live(symbols, station, lat, lon, as_of)
    options |= {"refit_every": refit_every, "window": window, "workers": workers}
    options["warm_start"] = warm_start or None  # not given, the file may still set it
    _conduct("backtest", source, config, options, set_, Output(json, csv), home)


@app.command()
def search(
    source: Source = None,
    trials: Trials = None,
    top: Top = None,
    horizon: Horizon = None,
    models: Models = None,
    look_back: LookBack = None,
    epochs: Epochs = None,
    seed: Seed = None,
    device: Device = None,
    stride: Stride = None,
    symbols: Symbols = None,
    station: Station = None,
    lat: Latitude = None,
    lon: Longitude = None,
    as_of: AsOf = None,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Search settings for SOURCE, then judge the best of them."""
    options = _named(horizon, models, look_back, epochs, seed, device, stride)
    options |= _live(symbols, station, lat, lon, as_of)
    options |= {"trials": trials, "top": top}
    _conduct("search", source, config, options, set_, Output(json, csv), home)


app.command()(score)


@app.command()
def demo(home: Home = None) -> None:
    """Forecast the embedded samples: a minute or two."""
    prepare(home)
    # Networks this small gain nothing from a second thread, and where other programs use the
    # cores too, threads that wait for each other take many times as long as one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from flows import invocation
    from flows.presets import PRESETS
    from flows.terminal import show

    parameters = [invocation.parameters_of("forecast", source, None, {}, []) for source in PRESETS]
    show(*[invocation.conduct(p) for p in parameters])


add_audit(app)
add_up(app)


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line.

    Returns:
        0 done, 2 input or settings that cannot be used, 3 done but series are missing, 4 an audit
        found a leak, 130 interrupted.

    Raises:
        Exception: anything else, with its traceback; Python exits with 1.
    """
    try:
        app(args=arguments, prog_name="forecastle")
    except SystemExit as end:
        return int(end.code or 0)
    except UserError as error:
        print(f"forecastle: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("forecastle: interrupted", file=sys.stderr)
        return 130
    return 0


@dataclass(frozen=True)
class Output:
    """Where the result also goes: a file, or `-` for standard output, which then holds it alone."""

    json: str | None
    csv: str | None

    def __post_init__(self) -> None:
        if self.json == self.csv == "-":
            raise UserError(
                "--json and --csv both write to standard output; name a file for one of them"
            )

    @property
    def on_standard_output(self) -> bool:
        """Whether the terminal's table has to stay away."""
        return "-" in (self.json, self.csv)


def _named(
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


def _live(
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


def _conduct(
    flow: Literal["forecast", "backtest", "search"],
    source: str | None,
    config: Path | None,
    options: dict[str, Any],
    settings: list[str] | None,
    output: Output,
    home: Path | None,
) -> None:
    """Make the parameters, run the flow, show and write what it found."""
    prepare(home)
    from flows import invocation

    given = {key: value for key, value in options.items() if value is not None}
    parameters = invocation.parameters_of(flow, source, config, given, settings or [])
    report = invocation.conduct(parameters)
    invocation.hand_over(report, output.json, output.csv)
    if not output.on_standard_output:
        from flows.terminal import show

        show(report)
    if not report.result.complete:
        raise typer.Exit(3)


def prepare(home: Path | None) -> None:
    """Set what the libraries read when they are imported, which is after this."""
    if home is not None:
        os.environ["FORECASTLE_HOME"] = str(home)
    use_running()
    # Prefect's log goes to its server; the terminal is for results.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
