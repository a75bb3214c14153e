"""What a person sees of earlier forecasts: what was forecast, what came, how good that was."""

from __future__ import annotations

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from evaluation.followup import CHOSEN
from evaluation.numbers import NOTHING, column, number, signed_percent
from flows.cli.terminal import near, needed, wrapped
from flows.score import Score

_SHOWN = 10
"""Latest values that are shown."""
_LONGEST = 14
"""Letters of a series' name that are shown."""
_CAME = ["interval", "error", "from"]
_SCORES = ["RMSE", "bias", "values"]
"""Columns that go, in this order, where numbers are too long for the terminal."""


def show(score: Score) -> None:
    """Print the record of the models and the latest values beside their forecasts."""
    console = Console(highlight=False, markup=False)
    followup = score.followup
    unit = f" ({followup.unit})" if followup.unit else ""
    console.print()
    console.print(wrapped(score.fetched.title + unit, console.width), style="bold")
    for sentence in followup.sentences:
        console.print(wrapped(sentence, console.width))
    if len(followup.overall):
        console.print()
        console.print(_table(_by_model(followup.overall), _SCORES, console.width))
        console.print(
            wrapped(f"{CHOSEN}: whichever model was chosen at each cutoff", console.width)
        )
        console.print()
        console.print(_table(_latest(followup.latest.points), _CAME, console.width))
    console.print()
    if others := followup.points["settings"].nunique() - 1:
        told = f"{others} other settings" if others > 1 else "forecasts with other settings"
        console.print(f"Only the settings last used are shown; {told} are in the file")
    console.print(f"Scores    {near(score.folder) / 'followup.csv'}", soft_wrap=True)
    if score.run.link:
        console.print(f"Run       {score.run.link}", soft_wrap=True)


def _by_model(overall: pd.DataFrame) -> dict[str, list[str]]:
    """Heading -> cells."""
    shares, gains = overall["coverage_90"], overall["skill_vs_naive"]
    return {
        "model": [str(name) for name in overall.index],
        "values": [f"{count:,}" for count in overall["points"]],
        "MAE": column(overall["mae"]),
        "RMSE": column(overall["rmse"]),
        "bias": column(overall["bias"]),
        "in 90 %": [NOTHING if np.isnan(v) else f"{100 * v:.1f} %" for v in shares],
        "vs naive": [signed_percent(v) for v in gains],
    }


def _latest(points: pd.DataFrame) -> dict[str, list[str]]:
    """The latest values beside the chosen model's forecast of shortest lead: heading -> cells."""
    came = points[points["y"].notna() & (points["model"] == points["chosen"])]
    came = came.sort_values(["ds", "series", "step"]).drop_duplicates(["ds", "series"])
    came = came.tail(_SHOWN)
    size = float(came[["y", "value"]].abs().max(axis=None))
    cells = {
        name: [number(v, 4, size) for v in came[name]] for name in ("value", "lo_90", "hi_90", "y")
    }
    ends = zip(cells["lo_90"], cells["hi_90"], strict=True)
    short = [
        name[: _LONGEST - 1] + "…" if len(name) > _LONGEST else name for name in came["series"]
    ]
    return {
        "series": short,
        "date": _dates(came["ds"]),
        "from": _dates(came["cutoff"]),
        "forecast": cells["value"],
        "interval": [NOTHING if lo == NOTHING else f"{lo} … {hi}" for lo, hi in ends],
        "came": cells["y"],
        "error": [number(v, 4, size) for v in came["value"] - came["y"]],
    }


def _dates(stamps: pd.Series[pd.Timestamp]) -> list[str]:
    whole_days = (stamps == stamps.dt.normalize()).all()
    return [f"{stamp:%Y-%m-%d}" if whole_days else f"{stamp:%m-%d %H:%M}" for stamp in stamps]


def _table(columns: dict[str, list[str]], dispensable: list[str], width: int) -> Table:
    for title in dispensable:
        if needed(columns) > width:
            del columns[title]
    table = Table(box=None, padding=(0, 1), header_style="bold", pad_edge=False)
    for title in columns:
        left = title in ("model", "series", "date", "from")
        table.add_column(title, justify="left" if left else "right", no_wrap=True)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table
