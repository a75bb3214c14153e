"""What a person sees when a flow has ended: the leaderboard, what it means, where to look."""

from __future__ import annotations

import shlex
import shutil
import sys
import textwrap
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from evaluation.numbers import NOTHING, column, signed_percent
from evaluation.phrases import probability
from flows.delivery import Report
from flows.outputs import BEST
from flows.parameters import SearchParameters
from flows.results import Result

_METRICS = {"mae": "MAE", "rmse": "RMSE", "mape": "MAPE %", "mase": "MASE"}
_SKILLS = {"skill_vs_naive": "vs naive", "skill_vs_seasonal": "vs seasonal"}
_COVERAGE = "in 90 %"
_DISPENSABLE = ("MASE", "MAPE %", "RMSE")
"""Columns that go, in this order, where numbers are too long for the terminal."""
_CHOSEN = "* chosen on the validation range; the figures are of the test range"
_APPOINTED = "* the champion; the figures are of the steps after those it was made on"
_LUCK = "p: how often luck alone differs so much from naive; real where below 0.05"
_SHARE = f"{_COVERAGE}: share of the values inside the 90 % interval"
_NOTES = 6
"""Notes on live data that the terminal shows."""
_SQLITE = "sqlite:///"


def show(*reports: Report) -> None:
    """Print each report's leaderboard and verdict and where its files are, then the store.

    The verdict on each model is in the HTML report and in `verdicts.txt`.
    """
    console = Console(highlight=False, markup=False)
    for report in reports:
        _show_result(console, report.result)
        _show_places(console, report)
    for uri in {report.run.shown_uri: None for report in reports if not report.run.link}:
        # Each on a line of its own and never broken, to be copied from there.
        console.print(f"\nRuns      {_near_uri(uri)}, to be opened with", soft_wrap=True)
        console.print(_command(_near_uri(uri)), soft_wrap=True)


def _show_result(console: Console, result: Result) -> None:
    unit = f" ({result.fetched.unit})" if result.fetched.unit else ""
    console.print()
    console.print(wrapped(result.fetched.title + unit, console.width), style="bold")
    console.print(wrapped(_extent(result), console.width))
    board = result.leaderboard
    console.print(_table(board, result.chosen, console.width))
    told = {"p_vs_naive": _LUCK, "coverage_90": _SHARE}
    chosen = _APPOINTED if result.appointed else _CHOSEN
    for note in (chosen, *(note for key, note in told.items() if board[key].notna().any())):
        console.print(wrapped(note, console.width))
    for note in result.notes[:_NOTES]:
        console.print(wrapped(note, console.width))
    if (more := len(result.notes) - _NOTES) > 0:
        console.print(f"… and {more} more in the report")
    for sentence in ("", *result.verdicts[:2], ""):
        console.print(wrapped(sentence, console.width, "  "))


def _show_places(console: Console, report: Report) -> None:
    folder = near(report.folder)
    console.print(f"Report    {folder / 'report.html'}", soft_wrap=True)
    if report.result.future is not None:
        console.print(f"Forecast  {folder / 'forecast.csv'}", soft_wrap=True)
    if isinstance(report.result.parameters, SearchParameters):
        words = ("forecastle", "forecast", report.result.parameters.source)
        use = shlex.join([*words, "--config", str(folder / BEST)])
        console.print(f"Settings  {folder / BEST}, to be used with", soft_wrap=True)
        console.print(use, soft_wrap=True)
    if report.run.link:
        console.print(f"Run       {report.run.link}", soft_wrap=True)


def _extent(result: Result) -> str:
    test = result.split.test
    first, last = result.panel.stamps[test.start], result.panel.stamps[test.stop - 1]
    return (
        f"{result.parameters.horizon} steps ahead, {len(result.test.origins):,} origins from "
        f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    )


def _table(board: pd.DataFrame, chosen: str, width: int) -> Table:
    names = [f"{name} *" if name == chosen else str(name) for name in board.index]
    columns = {"model": names, **_columns(board)}
    for title in _DISPENSABLE:
        if needed(columns) > width:
            del columns[title]
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    for title in columns:
        table.add_column(title, justify="left" if title == "model" else "right", no_wrap=True)
    for name, cells in zip(board.index, zip(*columns.values(), strict=True), strict=True):
        table.add_row(*cells, style="bold green" if name == chosen else "")
    return table


def _columns(board: pd.DataFrame) -> dict[str, list[str]]:
    """Heading -> cells."""
    columns = {title: column(board[key]) for key, title in _METRICS.items()}
    columns |= {title: [signed_percent(v) for v in board[key]] for key, title in _SKILLS.items()}
    if board["p_vs_naive"].notna().any():  # enough origins to tell
        columns["p"] = [probability(p) for p in board["p_vs_naive"]]
    shares = board["coverage_90"]
    if shares.isna().all():  # too few errors for intervals
        return columns
    return columns | {_COVERAGE: [NOTHING if pd.isna(v) else f"{100 * v:.1f} %" for v in shares]}


def needed(columns: dict[str, list[str]]) -> int:
    """The width of a table, with two blanks between columns."""
    widths = [max(map(len, (title, *cells))) for title, cells in columns.items()]
    return sum(widths) + 2 * (len(widths) - 1)


def wrapped(text: str, width: int, indent: str = "") -> str:
    """`text` in lines of at most `width`."""
    return textwrap.fill(
        text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False
    )


def _command(uri: str) -> str:
    mlflow = Path(sys.executable).with_name("mlflow")
    name = "mlflow" if shutil.which("mlflow") == str(mlflow) else str(near(mlflow))
    return f"{shlex.quote(name)} ui --backend-store-uri {shlex.quote(uri)}"


def _near_uri(uri: str) -> str:
    """The URI with a path from here, which SQLite's may have."""
    if not uri.startswith(_SQLITE):
        return uri
    return f"{_SQLITE}{near(Path(uri.removeprefix(_SQLITE)))}"


def near(path: Path) -> Path:
    """The path from here, where it lies below the working folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
