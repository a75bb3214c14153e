"""The comparison in plain words: what beats what, by how much, on which origins."""

from __future__ import annotations

import math

import numpy as np

from evaluation.backtest import Backtest
from evaluation.kinds import BASELINES, REFERENCES, networks
from evaluation.leaderboard import of_each_series, overall, select
from evaluation.metrics import skill
from evaluation.numbers import TIMES, apart, number


def headline(test: Backtest) -> str:
    """One sentence for the whole run: do the networks beat the naive forecast on these origins?"""
    mae, where = overall(test, "mae"), f"on these {len(test.origins):,} origins"
    learners = networks(mae)
    if not test.judged_points.any():
        return f"Nothing can be judged {where}: no target was observed and forecast by every model."
    if not learners:
        best = min(mae, key=lambda model: mae[model])
        return f"Of the baselines, {best} has the lowest MAE {where}; no network was run."
    if "naive" not in mae:
        return f"No naive forecast was run {where}, so nothing is said about beating it."
    winners = [model for model in learners if mae[model] < mae["naive"]]
    if not winners:
        return f"No network beats the naive forecast {where}."
    told = f"{_who(winners, learners)} the naive forecast {where}{_and_the_rest(winners, mae)}."
    return told + _by_rmse(winners, overall(test, "rmse"))


def choice(validation: Backtest, test: Backtest) -> str:
    """Which model to use, chosen on the validation range, and how it then did on the test range."""
    chosen, before, after = select(validation), overall(validation, "mae"), overall(test, "mae")
    sentence = (
        f"Use {chosen}: it has the lowest MAE of {len(before)} models on the validation range"
        f" ({number(before[chosen])})."
    )
    if math.isnan(after[chosen]):
        return f"{sentence} The test range holds no point to judge it on."
    best = min(after, key=lambda model: after[model])
    rank = 1 + sum(value < after[chosen] for value in after.values())
    place = "the lowest there too" if rank == 1 else f"rank {rank} of {len(after)}"
    return (
        f"{sentence} On the test range, which took no part in this choice, its MAE is"
        f" {number(after[chosen])}, {place}"
        + ("." if rank == 1 else f" (lowest: {best}, {number(after[best])}).")
    )


def verdicts(test: Backtest) -> list[str]:
    """One sentence a model: whether it beats naive and seasonal-naive, and by how much."""
    if not test.judged_points.any():
        return [headline(test)]
    mae = overall(test, "mae")
    return [_verdict(test, model) for model in sorted(mae, key=lambda model: mae[model])]


def _verdict(test: Backtest, model: str) -> str:
    mae, rmse = overall(test, "mae"), overall(test, "rmse")
    series = of_each_series(test, "mae")
    references = [r for r in REFERENCES if r in mae and r != model]
    parts = []
    for reference in references:
        won = int((series[model] < series[reference]).sum())
        judged = int((~np.isnan(series[model])).sum())
        on = f", better on {won} of {judged} series" if len(test.ids) > 1 else ""
        told = _compare(reference, mae[model], mae[reference])
        squares = _otherwise(rmse[model] - rmse[reference], mae[model] - mae[reference])
        parts.append(f"{told}{on}{squares}")
    role = "is the reference, with" if model in REFERENCES else "has no reference, and"
    told = "; ".join(parts) or f"{role} MAE {number(mae[model])}"
    return f"{model} {told}, over {_extent(test)}."


def _compare(reference: str, value: float, against: float) -> str:
    verb = "equals" if value == against else "beats" if value < against else "loses to"
    a, b = apart(value, against)
    share = 100 * skill(value, against)
    if not math.isfinite(share) or share == 0:
        return f"{verb} {reference}: MAE {a} against {b}"
    size = f"{abs(share):.1f} %" if abs(share) >= 0.05 else "less than 0.1 %"
    way = "lower" if share > 0 else "higher"
    return f"{verb} {reference}: MAE {a} against {b} ({size} {way})"


def _otherwise(rmse_gap: float, mae_gap: float) -> str:
    """A word of warning where RMSE, which weighs large errors more, says the opposite of MAE."""
    if rmse_gap * mae_gap >= 0 or not math.isfinite(rmse_gap):
        return ""
    return f", though its RMSE is {'higher' if rmse_gap > 0 else 'lower'}"


def _by_rmse(winners: list[str], rmse: dict[str, float]) -> str:
    """The same question by RMSE, where the answer differs."""
    also = sum(rmse[model] < rmse["naive"] for model in winners)
    if also == len(winners):
        return ""
    if len(winners) == 1:
        return " By RMSE, it does not."
    return f" By RMSE, {f'only {also}' if also else 'none'} of them does."


def _extent(test: Backtest) -> str:
    origins, series = len(test.origins), len(test.ids)
    return f"{origins:,} origins" + (f" {TIMES} {series:,} series" if series > 1 else "")


def _who(winners: list[str], learners: list[str]) -> str:
    if len(learners) == 1:
        return f"The network {learners[0]} beats"
    if len(winners) == len(learners):
        return f"{'Both' if len(learners) == 2 else f'All {len(learners)}'} networks beat"
    verb = "beats" if len(winners) == 1 else "beat"
    return f"{len(winners)} of {len(learners)} networks {verb}"


def _and_the_rest(winners: list[str], mae: dict[str, float]) -> str:
    """How many of those that beat naive also beat the other baselines."""
    others = [model for model in BASELINES if model in mae and model != "naive"]
    if not others:
        return ""
    best = min(mae[model] for model in others)
    also = sum(mae[model] < best for model in winners)
    names = " and ".join(", ".join(part) for part in (others[:-1], others[-1:]) if part)
    if also == len(winners):
        return f", and {names} as well"
    if also == 0:
        hardest = min(others, key=lambda model: mae[model])
        return f", but not {hardest}"
    return f"; {also} of them also beat{'s' if also == 1 else ''} {names}"
