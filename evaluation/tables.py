"""Tables as text, for the report: numbers in readable digits, columns with headings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.metrics import METRICS
from evaluation.numbers import NOTHING, column, number, signed_percent
from evaluation.plots import metric_label
from evaluation.tally import AVERAGES

SKILLS = {"skill_vs_naive": "vs naive", "skill_vs_seasonal": "vs seasonal-naive"}
SHARES = ("mape_share", "coverage_90")
FIRST = (
    "mae", *SKILLS, "rmse", "mape", "mape_share", "mase", "bias", "direction", "crps",
    "coverage_90",
)  # fmt: skip
"""Columns of a leaderboard that are read first, in this order."""


@dataclass(frozen=True)
class Cell:
    """One cell; `kind` is `number`, `good`, `bad` or empty and becomes its CSS class."""

    text: str
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """A table of text. The first cells of a row are its heading."""

    caption: str
    head: list[str]
    rows: list[list[Cell]]
    headings: int = 1
    """Leading columns that name the row."""


def score_table(caption: str, scores: pd.DataFrame, unit: str = "") -> Table:
    """A leaderboard, one row a model, in the columns that are read first."""
    return _by_model(caption, scores, unit, _first(scores))


def series_scores(caption: str, scores: pd.DataFrame, unit: str = "") -> Table:
    """The leaderboard of each series, best first; decimals are chosen for each series alone."""
    columns, rows = _first(scores), []
    for name, part in scores.groupby(level="unique_id", sort=False):
        ranked = part.droplevel("unique_id").sort_values("mae", kind="stable")
        rows += [[Cell(str(name)), *row] for row in _rows(ranked, columns)]
    return Table(caption, ["series", "model", *_head(columns, unit)], rows, headings=2)


def plain_table(caption: str, frame: pd.DataFrame) -> Table:
    """A frame with its index as row headings; numbers in four digits, nothing as a dash.

    Columns of a leaderboard are called and written as there.
    """
    cells = [[Cell(str(index)) for index in frame.index]]
    cells += [[_KINDS.get(str(name), _plain)(value) for value in frame[name]] for name in frame]
    head = [SKILLS[c] if c in SKILLS else _label(c) for c in map(str, frame.columns)]
    rows = [list(row) for row in zip(*cells, strict=True)]
    return Table(caption, [str(frame.index.name or ""), *head], rows)


def _label(column: str) -> str:
    return AVERAGES[column].label if column in AVERAGES else column


def _by_model(caption: str, scores: pd.DataFrame, unit: str, columns: Sequence[str]) -> Table:
    return Table(caption, ["model", *_head(columns, unit)], _rows(scores, columns))


def _first(scores: pd.DataFrame) -> list[str]:
    """Those of `FIRST` that tell something here: MAPE's share where it did not use all points."""
    told = {c for c in scores if c in METRICS or scores[c].notna().any()}
    if not (scores["mape_share"] < 1).any():
        told -= {"mape_share"}
    return [column for column in FIRST if column in told]


def _head(columns: Sequence[str], unit: str) -> list[str]:
    return [
        SKILLS[column] if column in SKILLS else metric_label(column, unit) for column in columns
    ]


def _rows(scores: pd.DataFrame, columns: Sequence[str]) -> list[list[Cell]]:
    """One row a model, its name first."""
    cells = [[Cell(str(model)) for model in scores.index]]
    cells += [_cells(column, scores) for column in columns]
    return [list(row) for row in zip(*cells, strict=True)]


def _cells(name: str, scores: pd.DataFrame) -> list[Cell]:
    values = scores[name].tolist()
    if name in SKILLS:
        return [_skill(value) for value in values]
    if name in SHARES:
        return [_share(value) for value in values]
    if name in ("bias", "direction"):  # small next to what they are read beside
        size = 100.0 if name == "direction" else scores["mae"].max()
        return [Cell(number(value, 4, size), "number") for value in values]
    return [Cell(text, "number") for text in column(values)]


def _skill(value: float) -> Cell:
    """The sign says who wins; the colour only says it again."""
    good = "good" if value > 0 else "bad" if value < 0 else "number"
    return Cell(signed_percent(value), good)


def _share(value: float) -> Cell:
    return Cell(NOTHING if math.isnan(value) else f"{100 * value:.1f} %", "number")


def _plain(value: object) -> Cell:
    if isinstance(value, bool | str):
        return Cell(str(value))
    if not isinstance(value, int | float):
        return Cell(str(value))
    whole = not math.isfinite(value) or float(value).is_integer()
    return Cell(f"{value:,.0f}" if whole and math.isfinite(value) else number(value, 4), "number")


_KINDS: dict[str, Callable[[Any], Cell]] = {
    **dict.fromkeys(SKILLS, _skill),
    **dict.fromkeys(SHARES, _share),
}
"""Columns that are not written as plain numbers."""
