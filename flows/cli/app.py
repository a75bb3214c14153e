"""The command `forecastle`. Heavy imports wait until a flow is started, so help answers at once."""

from __future__ import annotations

import logging
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import typer

from features.errors import UserError
from flows.cli.audit import audit
from flows.cli.backtest import backtest
from flows.cli.champion import add_champion
from flows.cli.data import data
from flows.cli.deploy import deploy
from flows.cli.mishaps import sentence
from flows.cli.notify import notify
from flows.cli.options import (
    AsOf,
    ByChampion,
    Config,
    Csv,
    Device,
    Epochs,
    Home,
    Horizon,
    Json,
    Latitude,
    Longitude,
    LookBack,
    Models,
    Seed,
    Set,
    Source,
    Station,
    Stride,
    Symbols,
    Top,
    Trials,
    live,
    named,
    on_one_thread,
    prepare,
)
from flows.cli.score import score
from flows.cli.up import add_up
from flows.text.command import text

INTERRUPTED = 130
"""Exit code that Typer gives to an interrupt, without a word."""

app = typer.Typer(
    name="forecastle",
    help="Forecast stocks and weather with recurrent networks, and see whether they beat the "
    "naive forecast.",
    epilog="Exit code: 0 done, 2 input, settings, disk or server that cannot be used, 3 done but "
    "series are missing, 4 an audit found a leak, 130 interrupted, 1 else.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)
app.add_typer(data)
app.add_typer(text)


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
    champion: ByChampion = False,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Compare models on SOURCE, then forecast what comes next."""
    options = named(horizon, models, look_back, epochs, seed, device, stride)
    options |= live(symbols, station, lat, lon, as_of) | {"champion": champion or None}
    conduct("forecast", source, config, options, set_, Output(json, csv), home)


app.command()(backtest)


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
    options = named(horizon, models, look_back, epochs, seed, device, stride)
    options |= live(symbols, station, lat, lon, as_of)
    options |= {"trials": trials, "top": top}
    conduct("search", source, config, options, set_, Output(json, csv), home)


app.command()(score)


@app.command()
def demo(home: Home = None) -> None:
    """Forecast the embedded samples: a minute or two."""
    prepare(home)
    on_one_thread()
    from flows import invocation
    from flows.cli.terminal import show
    from flows.presets import PRESETS

    parameters = [invocation.parameters_of("forecast", source, None, {}, []) for source in PRESETS]
    show(*[invocation.conduct(p) for p in parameters])


app.command()(audit)
add_champion(app)
add_up(app)
app.command()(notify)
app.command()(deploy)


def main() -> None:
    """Run the command line and exit with its code."""
    logging.raiseExceptions = False  # else Prefect writes half a line for logs that it cannot send
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line.

    Returns:
        0 done, 2 input, settings, a disk or a server that cannot be used, 3 done but series are
        missing, 4 an audit found a leak, 130 interrupted.

    Raises:
        Exception: anything else, with its traceback; Python exits with 1.
    """
    try:
        app(args=arguments, prog_name="forecastle")
    except SystemExit as end:
        if end.code == INTERRUPTED:
            print("forecastle: interrupted", file=sys.stderr)
        return int(end.code or 0)
    except Exception as error:
        told = sentence(error) or (str(error) if isinstance(error, UserError) else None)
        if told is None:
            raise
        print(f"forecastle: {told}", file=sys.stderr)
        return 2
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


def conduct(
    flow: Literal["forecast", "backtest", "search", "retrain"],
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
        from flows.cli.terminal import show

        show(report)
    if not report.result.complete:
        raise typer.Exit(3)
