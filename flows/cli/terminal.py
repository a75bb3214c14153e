"""What a person sees when a flow has ended: the leaderboard, what it means, where to look."""

from __future__ import annotations

import shlex
import shutil
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from flows.artifacts import report_link
from flows.delivery import Report
from flows.outcome import STAR, Outcome
from flows.outputs import BEST
from flows.parameters import SearchParameters
from flows.tracking.runs import TrackedRun

_DISPENSABLE = ("MASE", "MAPE %", "RMSE")
"""Columns that go, in this order, where numbers are too long for the terminal."""
_NOTES = 6
"""Notes on live data that the terminal shows."""
_SQLITE = "sqlite:///"


def show(*reports: Report) -> None:
    """Print each report's leaderboard and verdict and where its files are, then the store.

    The verdict on each model is in the HTML report and in `verdicts.txt`.
    """
    console = Console(highlight=False, markup=False)
    for report in reports:
        _show_outcome(console, Outcome.of(report.result))
        _show_places(console, report)
    show_stores(console, [report.run for report in reports])


def show_stores(console: Console, runs: Iterable[TrackedRun]) -> None:
    """How to open the stores of runs that have no page."""
    for uri in {run.shown_uri: None for run in runs if not run.link}:
        # Each on a line of its own and never broken, to be copied from there.
        console.print(f"\nRuns      {_near_uri(uri)}, to be opened with", soft_wrap=True)
        console.print(_command(_near_uri(uri)), soft_wrap=True)


def show_remote(outcome: Outcome, folder: Path, run: TrackedRun) -> None:
    """The same of a run on a worker, whose folder may be on another machine."""
    console = Console(highlight=False, markup=False)
    _show_outcome(console, outcome)
    if run.link:
        console.print(f"Report    {report_link(run)}", soft_wrap=True)
        console.print(f"Run       {run.link}", soft_wrap=True)
    else:
        console.print(f"Report    {near(folder) / 'report.html'}", soft_wrap=True)


def _show_outcome(console: Console, outcome: Outcome) -> None:
    console.print()
    console.print(wrapped(outcome.title, console.width), style="bold")
    console.print(wrapped(outcome.extent, console.width))
    console.print(_table(outcome, console.width))
    for note in (*outcome.legend, *outcome.notes[:_NOTES]):
        console.print(wrapped(note, console.width))
    if (more := len(outcome.notes) - _NOTES) > 0:
        console.print(f"… and {more} more in the report")
    for sentence in ("", *outcome.verdicts[:2], ""):
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


def _table(outcome: Outcome, width: int) -> Table:
    columns = outcome.columns
    for title in _DISPENSABLE:
        if needed(columns) > width:
            del columns[title]
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    for title in columns:
        table.add_column(title, justify="left" if title == "model" else "right", no_wrap=True)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells, style="bold green" if cells[0].endswith(STAR) else "")
    return table


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
