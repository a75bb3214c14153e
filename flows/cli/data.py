"""The commands `forecastle data …`: the store of live data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import UserError
from flows.cli.options import names_of, prepare

if TYPE_CHECKING:
    import pandas as pd

data = typer.Typer(
    name="data",
    help="The store of live data: list, fetch, check, export.",
    no_args_is_help=True,
)

Names = Annotated[list[str], typer.Argument(help="Series.", show_default=False)]
Interval = Annotated[str, typer.Option(help="Step of the series.")]
AsOf = Annotated[
    str | None,
    typer.Option(metavar="TIME", help="As it was known then (UTC).", show_default=False),
]
Home = Annotated[
    Path | None,
    typer.Option(help="Folder of the store.  [default: forecastle_home]", show_default=False),
]


@data.command()
def ls(home: Home = None) -> None:
    """List the series."""
    from flows.data import listing

    _print(listing(_store(home)))


@data.command()
def fetch(
    source: Annotated[str, typer.Argument(help="stocks or weather.", show_default=False)],
    symbols: Annotated[str | None, typer.Option(help="For stocks: AAPL,MSFT.")] = None,
    station: Annotated[str | None, typer.Option(help="For weather: 10637.")] = None,
    interval: Interval = "1d",
    start: Annotated[str | None, typer.Option(help="First date.", show_default=False)] = None,
    end: Annotated[str | None, typer.Option(help="Last date.", show_default=False)] = None,
    home: Home = None,
) -> None:
    """Bring series up to date; only what is not there is asked for."""
    _store(home)
    from flows import invocation, steps

    live = {
        "live.symbols": names_of(symbols),
        "live.stations": names_of(station),
        "live.interval": interval,
        "start": start,
        "end": end,
    }
    given = {key: value for key, value in live.items() if value is not None}
    fetched = steps.fetch_data(invocation.parameters_of("forecast", source, None, given, []))
    print(f"{fetched.title}: {len(fetched.frame):,} rows as of {fetched.as_of:%Y-%m-%d %H:%M} UTC")
    for name, why in {**fetched.missing, **fetched.stale}.items():
        print(f"{name}: {why}")
    if fetched.missing:
        raise typer.Exit(3)


@data.command()
def show(
    name: Annotated[str, typer.Argument(help="Series.", show_default=False)],
    interval: Interval = "1d",
    as_of: AsOf = None,
    rows: Annotated[int, typer.Option(min=1, help="Latest rows to show.")] = 10,
    home: Home = None,
) -> None:
    """Show the latest rows of a series."""
    _print(_rows([name], interval, as_of, home).tail(rows).drop(columns="unique_id"))


@data.command()
def verify(home: Home = None) -> None:
    """Check every stored byte; what is damaged is set aside and fetched again by the next run."""
    from flows.data import mend

    said = mend(_store(home))
    print("\n".join(said) or "every file is as it was written")
    if said:
        raise typer.Exit(3)


@data.command()
def export(
    names: Names,
    to: Annotated[Path, typer.Option(help="A .csv or .parquet file.", show_default=False)],
    interval: Interval = "1d",
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Write series to a file."""
    table = _rows(names, interval, as_of, home)
    try:
        if to.suffix == ".parquet":
            table.to_parquet(to, index=False)
        elif to.suffix == ".csv":
            table.to_csv(to, index=False)
        else:
            raise UserError(f"--to got {to}, expected a name that ends in .csv or .parquet")
    except OSError as error:
        why = error.strerror or error  # pandas names no errno where the folder is missing
        raise UserError(f"cannot write {to}: {why}; name another file") from error


def _rows(names: list[str], interval: str, as_of: str | None, home: Path | None) -> pd.DataFrame:
    store = _store(home)
    import pandas as pd

    from flows.data import rows_of

    try:
        moment = None if as_of is None else pd.DatetimeIndex([as_of]).as_unit("ns")[0]
        if moment is not None:
            moment = moment.tz_localize("UTC") if moment.tz is None else moment.tz_convert("UTC")
    except ValueError as error:
        raise UserError(f"--as-of got {as_of!r}, expected a time such as 2026-01-31") from error
    return rows_of(store, names, interval, moment)


def _print(table: pd.DataFrame) -> None:
    print(table.to_string(index=False))


def _store(home: Path | None) -> Path:
    from flows.settings import Settings

    prepare(home)
    return Settings().store
