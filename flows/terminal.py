"""What a person sees when a flow has ended: the leaderboard, what it means, where to look."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evaluation.numbers import column, signed_percent
from flows.delivery import Report

_METRICS = {"mae": "MAE", "rmse": "RMSE", "mape": "MAPE %", "mase": "MASE"}
_SKILLS = {"skill_vs_naive": "vs naive", "skill_vs_seasonal": "vs seasonal"}


def show(report: Report) -> None:
    """Print the leaderboard, the verdicts and the places."""
    console = Console(highlight=False, soft_wrap=False)
    result = report.result
    unit = f" ({result.fetched.unit})" if result.fetched.unit else ""
    console.print(f"\n[bold]{result.fetched.title}[/bold]{unit}, {_extent(report)}", markup=True)
    console.print(_table(result.leaderboard, result.chosen))
    console.print("* chosen on the validation range; the figures are of the test range\n")
    for verdict in result.verdicts:
        console.print(Padding(Text(verdict), (0, 0, 0, 2)))
    console.print()
    for line in _places(report):
        console.print(line, markup=False, soft_wrap=True)


def _extent(report: Report) -> str:
    result = report.result
    stamps = result.panel.stamps[list(result.split.test)[:: max(1, len(result.split.test) - 1)]]
    return (
        f"{result.parameters.horizon} steps ahead, {len(result.test.origins):,} origins from "
        f"{stamps[0]:%Y-%m-%d} to {stamps[-1]:%Y-%m-%d}"
    )


def _table(board: pd.DataFrame, chosen: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    table.add_column("model", no_wrap=True)
    columns = [column(board[key]) for key in _METRICS]
    columns += [[signed_percent(v) for v in board[key]] for key in _SKILLS]
    for title in (*_METRICS.values(), *_SKILLS.values()):
        table.add_column(title, justify="right", no_wrap=True)
    for name, *cells in zip(board.index, *columns, strict=True):
        style = "bold green" if name == chosen else ""
        table.add_row(f"{name} *" if name == chosen else name, *cells, style=style)
    return table


def _places(report: Report) -> list[str]:
    folder = _near(report.folder)
    lines = [f"Report    {folder / 'report.html'}"]
    if report.result.future is not None:
        lines.append(f"Forecast  {folder / 'forecast.csv'}")
    lines.append(f"Runs      {report.run.shown_uri}")
    lines.append(f"Open it   {report.run.link or _command(report.run.uri)}")
    return lines


def _command(uri: str) -> str:
    mlflow = _near(Path(sys.executable).with_name("mlflow"))
    return f"{shlex.quote(str(mlflow))} ui --workers 1 --backend-store-uri {shlex.quote(uri)}"


def _near(path: Path) -> Path:
    """The path from here, where it lies below the working folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
