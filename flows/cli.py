"""The command `forecastle`. Heavy imports wait until a flow is started, so help answers at once."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from features.errors import UserError

app = typer.Typer(
    name="forecastle",
    help="Forecast stocks and weather with recurrent networks, and see whether they beat the "
    "naive forecast.",
    epilog="Exit code: 0 done, 2 input or settings that cannot be used, 130 interrupted, 1 else.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
)

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
        help="Models to compare, with commas between: naive, drift, seasonal-naive, lstm-direct, "
        "lstm-seq2seq, gru-direct, lstm-recursive, gru-recursive, gru-seq2seq.",
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
Trials = Annotated[
    int | None,
    typer.Option(help="Trainings, earlier ones included.  [default: 30]", show_default=False),
]
Top = Annotated[
    int | None,
    typer.Option(help="Best trials in the ensemble.  [default: 5]", show_default=False),
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
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Compare models on SOURCE, then forecast what comes next."""
    options = _named(horizon, models, look_back, epochs, seed, device, stride)
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
    refit_every: RefitEvery = None,
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Compare models on SOURCE, with or without refits on the way."""
    options = _named(horizon, models, look_back, epochs, seed, device, stride)
    options["refit_every"] = refit_every
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
    config: Config = None,
    set_: Set = None,
    json: Json = None,
    csv: Csv = None,
    home: Home = None,
) -> None:
    """Search settings for SOURCE, then judge the best of them."""
    options = _named(horizon, models, look_back, epochs, seed, device, stride)
    options |= {"trials": trials, "top": top}
    _conduct("search", source, config, options, set_, Output(json, csv), home)


@app.command()
def demo(home: Home = None) -> None:
    """Forecast the embedded samples: a minute or two."""
    _prepare(home)
    # Networks this small gain nothing from a second thread, and where other programs use the
    # cores too, threads that wait for each other take many times as long as one.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    from flows import invocation
    from flows.presets import PRESETS
    from flows.terminal import show

    parameters = [invocation.parameters_of("forecast", source, None, {}, []) for source in PRESETS]
    show(*[invocation.conduct(p) for p in parameters])


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run the command line.

    Returns:
        0 done, 2 input or settings that cannot be used, 130 interrupted.

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
        "models": [name.strip() for name in models.split(",")] if models is not None else None,
        "network.look_back": look_back,
        "training.epochs": epochs,
        "training.seed": seed,
        "training.device": device,
        "stride": stride,
    }


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
    _prepare(home)
    from flows import invocation

    given = {key: value for key, value in options.items() if value is not None}
    parameters = invocation.parameters_of(flow, source, config, given, settings or [])
    report = invocation.conduct(parameters)
    invocation.hand_over(report, output.json, output.csv)
    if not output.on_standard_output:
        from flows.terminal import show

        show(report)


def _prepare(home: Path | None) -> None:
    """Set what the libraries read when they are imported, which is after this."""
    if home is not None:
        os.environ["FORECASTLE_HOME"] = str(home)
    # Prefect's log goes to its server; the terminal is for results.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
