"""What became of earlier forecasts: their errors, once what they were about has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from evaluation.error_drift import RISEN, error_drift, error_sentences
from evaluation.metrics import skill
from evaluation.numbers import apart, number, signed_percent

CHOSEN = "(chosen)"
"""In place of a model's name: whichever was the chosen one at each cutoff."""
REFERENCE = "naive"
_POINT = ["settings", "series", "cutoff", "step"]
_PANEL = ["points", "mae", "rmse", "bias", "coverage_90", "skill_vs_naive"]


@dataclass(frozen=True)
class FollowUp:
    """Forecasts issued earlier, beside what then came."""

    points: pd.DataFrame
    """A row a forecast: `settings, series, model, chosen, cutoff, step, ds, value, lo_90, hi_90,
    spread, issued_at, y, known_at`. `chosen` is the name of the model that was to be used, `y` is
    NaN where nothing has come yet, `settings` tells apart what differed in settings."""
    unit: str = ""

    @cached_property
    def table(self) -> pd.DataFrame:
        """Scores by settings and model: of all points, by `step` ahead and by `cutoff`.

        `step` and `cutoff` are missing where a row is of all of them.
        """
        scopes: list[list[str]] = [[], ["step"], ["cutoff"]]
        parts = [scores(self.points, ["settings", "model", *scope]) for scope in scopes]
        table = pd.concat([part.reset_index() for part in parts], ignore_index=True)
        table = table.reindex(columns=["settings", "model", "step", "cutoff", *_PANEL])
        return table.astype({"step": "Int64", "cutoff": self.points["cutoff"].dtype})

    @cached_property
    def latest(self) -> FollowUp:
        """The part of the settings that were last forecast with."""
        if self.points.empty:
            return self
        last = self.points.sort_values("issued_at", kind="stable")["settings"].iloc[-1]
        return FollowUp(self.points[self.points["settings"] == last], self.unit)

    @cached_property
    def overall(self) -> pd.DataFrame:
        """Scores by model over all points of the latest settings, the best MAE first."""
        return scores(self.latest.points, ["model"]).sort_values("mae", kind="stable")

    @cached_property
    def drift(self) -> pd.DataFrame:
        """Whether the errors of each model rise, of the latest settings."""
        return error_drift(self.latest.points)

    @property
    def state(self) -> str:
        """`risen` where the errors of a model have risen, else `stable`."""
        return RISEN if (self.drift["state"] == RISEN).any() else "stable"

    @cached_property
    def sentences(self) -> list[str]:
        """In words, of the latest settings; nothing where nothing was forecast before."""
        points = self.latest.points
        if points.empty:
            return []
        cutoffs, come = points["cutoff"].unique(), points[points["y"].notna()]
        many = f"{len(cutoffs)} cutoffs" if len(cutoffs) > 1 else "one cutoff"
        said = f"Earlier forecasts from {many} since {cutoffs.min():%Y-%m-%d}: "
        if come.empty:
            return [f"{said}none of what they are about has come yet"]
        shown = self.overall.loc[CHOSEN]
        return [f"{said}{_versus_naive(shown, self.unit)}", *error_sentences(self.drift)]


def beside(forecasts: pd.DataFrame, actuals: pd.DataFrame, adjusted: bool) -> pd.DataFrame:
    """Issued forecasts beside the values that came: the columns `y` and `known_at`.

    Args:
        forecasts: a row a forecast, with `series, cutoff, ds, last`.
        actuals: `series, ds, value, known_at`, one version of each.
        adjusted: whether later events (splits, dividends) multiply the whole past of a series.
            Then `y` is put into the unit of the forecast, by the value at the cutoff as it was
            known then (`last`) and as it is known now.
    """
    came = actuals.rename(columns={"value": "y"})
    points = forecasts.merge(came, on=["series", "ds"], how="left")
    if adjusted:
        now = actuals.rename(columns={"ds": "cutoff", "value": "now"}).drop(columns="known_at")
        points = points.merge(now, on=["series", "cutoff"], how="left")
        points["y"] *= (points["last"] / points["now"]).fillna(1.0)
    return points.drop(columns=["last", "now"], errors="ignore")


def scores(points: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Scores of the points that have come, a row for each value of the columns `by`.

    `points` counts them; `mae`, `rmse`, `bias` (forecast minus observation) in the unit of the
    series; `coverage_90` in [0, 1], of those with an interval; `skill_vs_naive` is 1 - MAE / MAE of
    the naive forecast issued with the same settings at the same cutoff, over the points that have
    both. As in `evaluation.metrics` the value of several series is the mean of each one's own.
    """
    judged = _with_chosen(points[points["y"].notna()])
    error = judged["value"] - judged["y"]
    inside = (judged["lo_90"] <= judged["y"]) & (judged["y"] <= judged["hi_90"])
    reference = _of_naive(judged)
    judged = judged.assign(
        mae=error.abs(),
        rmse=error**2,
        bias=error,
        coverage_90=inside.where(judged["lo_90"].notna() & judged["hi_90"].notna()).astype(float),
        naive=reference,
        paired=error.abs().where(reference.notna()),
    )
    averaged = ["mae", "rmse", "bias", "coverage_90", "naive", "paired"]
    groups = judged.groupby([*by, "series"], sort=True)
    each = groups[averaged].mean().assign(points=groups.size())
    each["rmse"] = np.sqrt(each["rmse"])
    found = each.groupby(list(by), sort=True)
    table = found[averaged].mean().assign(points=found["points"].sum())
    pairs = zip(table["paired"], table["naive"], strict=True)
    return table.assign(skill_vs_naive=[skill(mae, naive) for mae, naive in pairs])[_PANEL]


def _with_chosen(points: pd.DataFrame) -> pd.DataFrame:
    """The points, and those of the chosen models once more under one name."""
    chosen = points[points["model"] == points["chosen"]].assign(model=CHOSEN)
    return pd.concat([points, chosen], ignore_index=True)


def _of_naive(points: pd.DataFrame) -> pd.Series[float]:
    """The absolute error of the naive forecast at each point, NaN where none was issued."""
    naive = points.loc[points["model"] == REFERENCE, [*_POINT, "value"]]
    beside = points[_POINT].merge(naive, on=_POINT, how="left")["value"]
    return (beside.set_axis(points.index) - points["y"]).abs()


def _versus_naive(row: pd.Series[float], unit: str) -> str:
    """The record of the chosen models against that of the naive forecast."""
    unit = f" {unit}" if unit else ""
    text = f"over {row['points']:,.0f} values that have come since, the chosen model's MAE is "
    gain = row["skill_vs_naive"]
    if np.isnan(gain):
        text += f"{number(row['mae'])}{unit}"
    else:
        mae, naive = apart(row["mae"], row["mae"] / (1 - gain) if gain < 1 else np.nan)
        text += f"{mae}{unit}, the naive forecast's {naive}{unit} ({signed_percent(gain)})"
    covered = row["coverage_90"]
    inside = "" if np.isnan(covered) else f"; {100 * covered:.0f} % lie in the 90 % interval"
    return text + inside
