"""Which leads are more than luck, in words, with the interval drawn beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from evaluation.comparison import ALPHA
from evaluation.numbers import NOTHING, column, signed_percent
from evaluation.phrases import at_steps, probability
from evaluation.significance import OUTSIDE
from evaluation.tables import Cell, Table
from evaluation.tally import AVERAGES


@dataclass(frozen=True)
class Whisker:
    """An interval on a line, in hundredths of its length."""

    low: float
    at: float
    high: float
    zero: float


@dataclass(frozen=True)
class Lead:
    """A model against the reference, as it is told."""

    model: str
    skill: str
    interval: str
    whisker: Whisker | None
    finding: str
    p: str
    steps: str
    best: str


def leads(table: pd.DataFrame, reference: str, horizon: int) -> list[Lead]:
    """Every model against `reference`; `table` has one row a comparison.

    Its columns: `model, reference, difference, skill, skill_lower, skill_upper, p_adjusted,
    better_steps, worse_steps, best_set`; steps with blanks between them.
    """
    rows = table[table["reference"] == reference]
    ends = rows[["skill", "skill_lower", "skill_upper"]].to_numpy(dtype=float)
    finite = ends[[all(map(math.isfinite, row)) for row in ends]]
    low, high = min(0.0, *finite.flat, -1e-9), max(0.0, *finite.flat, 1e-9)
    beaten = _beaten(table)
    return [
        _lead(row, low, high, horizon, row["model"] in beaten)
        for row in rows.to_dict(orient="records")
    ]


def _beaten(table: pd.DataFrame) -> set[str]:
    """The models that are worse than the best one, by their own comparison with it."""
    behind = table["difference"] > 0
    best = set(table["model"]) - set(table.loc[behind, "model"])
    lost = behind & (table["p_adjusted"] < ALPHA) & table["reference"].isin(best)
    return set(table.loc[lost, "model"])


def _lead(row: dict[str, float | str], low: float, high: float, horizon: int, beaten: bool) -> Lead:
    skill, lower, upper, p, best = (
        float(row[name])
        for name in ("skill", "skill_lower", "skill_upper", "p_adjusted", "best_set")
    )
    places = [100 * (value - low) / (high - low) for value in (lower, skill, upper, 0.0)]
    drawn = all(map(math.isfinite, places))
    return Lead(
        str(row["model"]),
        signed_percent(skill),
        _interval(lower, upper),
        Whisker(*places) if drawn else None,
        _finding(float(row["difference"]), p),
        probability(p),
        _steps(str(row["better_steps"]), str(row["worse_steps"]), horizon),
        "not told" if math.isnan(best) else "no" if beaten or best < OUTSIDE else "yes",
    )


def _finding(difference: float, p: float) -> str:
    if difference == math.inf:
        return "worse: it diverged"
    if math.isnan(p):
        return "too few origins to tell"
    if p >= ALPHA:
        return "may be luck"
    return "better" if difference < 0 else "worse"


def _steps(better: str, worse: str, horizon: int) -> str:
    told = []
    for word, given in (("better", better), ("worse", worse)):
        steps = [int(step) for step in given.split()]
        if steps:
            every = len(steps) == horizon > 1
            told.append(f"{word} {'at every step' if every else at_steps(steps)}")
    return "; ".join(told) or "none told apart"


def all_comparisons(table: pd.DataFrame, horizon: int) -> Table:
    """Every comparison as it was found."""
    rows = [
        [
            Cell(str(row["model"])),
            Cell(str(row["reference"])),
            Cell(signed_percent(row["skill"]), "number"),
            Cell(_interval(row["skill_lower"], row["skill_upper"])),
            Cell(probability(row["p"]), "number"),
            Cell(probability(row["p_adjusted"]), "number"),
            Cell(_steps(row["better_steps"], row["worse_steps"], horizon)),
            Cell(str(row["better_series"]), "number"),
        ]
        for row in table.to_dict(orient="records")
    ]
    head = ["model", "against", "skill", "95 % interval", "p", "adjusted p", "by step ahead"]
    caption = "Every comparison, by MAE; better on series: on how many by more than luck."
    return Table(caption, [*head, "better on series"], rows)


def _interval(lower: float, upper: float) -> str:
    there = math.isfinite(lower) and math.isfinite(upper)
    return f"{signed_percent(lower)} to {signed_percent(upper)}" if there else NOTHING


def intervals(table: pd.DataFrame, models: Iterable[str]) -> Table:
    """Every metric with its 95 % interval, one row a model, in the order of `models`.

    `table` is indexed by `model` and `metric`, with `value`, `lower` and `upper`.
    """
    metrics = table.index.unique("metric")
    cells: dict[str, list[Cell]] = {model: [] for model in models}
    for metric in metrics:
        part = table.xs(metric, level="metric").reindex(list(cells))
        texts = [column(part[name]) for name in ("value", "lower", "upper")]
        for model, value, low, high in zip(cells, *texts, strict=True):
            told = value if low == NOTHING else f"{value} ({low} to {high})"
            cells[model].append(Cell(told, "number"))
    head = ["model", *(AVERAGES[m].label for m in metrics)]
    rows = [[Cell(model), *of] for model, of in cells.items()]
    return Table("Every metric with its 95 % interval.", head, rows)
