"""The few figures that a reader looks for first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from evaluation.numbers import number, signed_percent


@dataclass(frozen=True)
class Figure:
    """A label, a figure, and what is to be known of it."""

    label: str
    value: str
    note: str = ""


def glance(
    model: str, chosen: str, scores: pd.DataFrame, unit: str, leads: pd.DataFrame | None
) -> list[Figure]:
    """Of one model: its name, its MAE, its lead over naive and its interval, where there are.

    `chosen` says why it is the model to use; empty where it is just the best.
    """
    row = scores.loc[model]
    rank = 1 + int((scores["mae"] < row["mae"]).sum())
    found = [Figure("Model to use" if chosen else "Lowest MAE", model, chosen)]
    if math.isfinite(row["mae"]):
        size = f"{number(row['mae'])} {unit}".strip()
        found.append(Figure("MAE on the test range", size, f"rank {rank} of {len(scores)}"))
    if model != "naive" and math.isfinite(row["skill_vs_naive"]):
        lead = signed_percent(row["skill_vs_naive"])
        found.append(Figure("Skill against naive", lead, _interval(model, leads)))
    if math.isfinite(row.get("coverage_90", math.nan)):
        share = f"{100 * row['coverage_90']:.1f} %"
        found.append(Figure("Inside its 90 % interval", share, "90 % was promised"))
    return found


def _interval(model: str, leads: pd.DataFrame | None) -> str:
    note = "above 0 is better"
    if leads is None:
        return note
    one = leads[(leads["model"] == model) & (leads["reference"] == "naive")]
    if one.empty or not math.isfinite(one["skill_lower"].iloc[0]):
        return note
    low, high = (signed_percent(one[end].iloc[0]) for end in ("skill_lower", "skill_upper"))
    return f"95 % interval {low} to {high}"
