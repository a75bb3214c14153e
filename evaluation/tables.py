"""Tables as text, for the report: numbers in readable digits, columns with headings."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from evaluation.metrics import METRICS
from evaluation.numbers import NOTHING, column, number, signed_percent
from evaluation.plots import metric_label

SKILLS = {"skill_vs_naive": "vs naive", "skill_vs_seasonal": "vs seasonal-naive"}


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
    """A leaderboard, one row a model."""
    head, rows = _scores(scores, unit)
    names = [[Cell(str(model))] for model in scores.index]
    return Table(caption, ["model", *head], [a + b for a, b in zip(names, rows, strict=True)])


def series_scores(caption: str, scores: pd.DataFrame, unit: str = "") -> Table:
    """The leaderboard of each series, best first; decimals are chosen for each series alone."""
    head: list[str] = []
    rows: list[list[Cell]] = []
    for name, part in scores.groupby(level="unique_id", sort=False):
        ranked = part.droplevel("unique_id").sort_values("mae", kind="stable")
        head, cells = _scores(ranked, unit)
        rows += [
            [Cell(str(name)), Cell(str(m)), *c] for m, c in zip(ranked.index, cells, strict=True)
        ]
    return Table(caption, ["series", "model", *head], rows, headings=2)


def plain_table(caption: str, frame: pd.DataFrame) -> Table:
    """A frame with its index as row headings; numbers in four digits, nothing as a dash."""
    rows = [
        [Cell(str(index)), *(_plain(value) for value in row)]
        for index, row in zip(frame.index, frame.itertuples(index=False), strict=True)
    ]
    return Table(caption, [str(frame.index.name or ""), *map(str, frame.columns)], rows)


def _scores(scores: pd.DataFrame, unit: str) -> tuple[list[str], list[list[Cell]]]:
    """Headings and rows of the metric columns, in the order in which they are best read."""
    columns: dict[str, list[Cell]] = {}
    mae, *others = METRICS
    _add_metric(columns, mae, scores, unit)
    for name, heading in SKILLS.items():
        if scores[name].notna().any():
            columns[heading] = [_skill(value) for value in scores[name]]
    for name in others:
        _add_metric(columns, name, scores, unit)
        if name == "mape":
            columns["points MAPE used"] = [_share(value) for value in scores["mape_share"]]
    if "crps" in scores:
        columns["CRPS" + (f" ({unit})" if unit else "")] = _numbers(scores["crps"])
        columns["wQL"] = _numbers(scores["wql"])
        columns["inside 90 % interval"] = [_share(value) for value in scores["coverage_90"]]
        columns["its mean width"] = _numbers(scores["width_90"])
    return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def _add_metric(columns: dict[str, list[Cell]], name: str, scores: pd.DataFrame, unit: str) -> None:
    columns[metric_label(name, unit)] = _numbers(scores[name])


def _numbers(values: pd.Series[float]) -> list[Cell]:
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
