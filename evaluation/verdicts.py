"""The comparison in plain words: what beats what, by how much, and whether it may be luck.

A model beats only what it beats at the 5 % level, with p-values adjusted for all the models, steps
or series that were looked at (`evaluation.significance`).
"""

from __future__ import annotations

import math

from evaluation.backtest import Backtest
from evaluation.comparison import Comparison
from evaluation.kinds import REFERENCES, networks
from evaluation.leaderboard import of_each_series, overall, select
from evaluation.numbers import TIMES, apart, number
from evaluation.phrases import count, doubt, effect, outcome, size, too_few
from evaluation.significance import Significance


def headline(test: Backtest, found: Significance, champion: str | None = None) -> str:
    """Whether a network beats the naive forecast, by how much, and then the best without one.

    Where a champion forecasts and nothing was trained, whether it does.
    """
    mae, where = overall(test, "mae"), _where(test)
    ranked = sorted(mae, key=lambda model: mae[model])
    learners = networks(ranked)
    if not test.judged_points.any():
        return f"Nothing can be judged {where}: no target was observed and forecast by every model."
    if champion is not None:
        return _of_the_champion(champion, ranked[0], found, where)
    if not learners:
        return f"No network was run; {ranked[0]} has the lowest MAE {where}."
    if "naive" not in mae:
        return f"No naive forecast was run {where}, so nothing is said about beating it."
    against = [found.of(model, "naive") for model in learners]
    winners = [one for one in against if one.better]
    if not winners:
        return _no_winner(against[0], found, where) + _but_without(found)
    best = winners[0]
    its = "its MAE" if len(learners) == 1 else f"the MAE of {best.model}"
    told = f"{_who(winners, learners)} the naive forecast {where}: {its} is {size(best)}"
    return f"{told} ({doubt(best)}).{_by_rmse(winners, test)}{_and_without(best.model, found)}"


def choice(validation: Backtest, test: Backtest, found: Significance) -> str:
    """Which model to use, chosen on the validation range, and how it then did on the test range."""
    chosen, before, after = select(validation), overall(validation, "mae"), overall(test, "mae")
    sentence = (
        f"Use {chosen}: it has the lowest MAE of {count(len(before), 'model')} on the validation"
        f" range ({number(before[chosen])})."
    )
    if math.isnan(after[chosen]):
        return f"{sentence} The test range holds no point to judge it on."
    rank = 1 + sum(value < after[chosen] for value in after.values())
    place = "the lowest there too" if rank == 1 else f"rank {rank} of {_behind(chosen, found)}"
    return (
        f"{sentence} On the test range, which took no part in this choice, its MAE is"
        f" {number(after[chosen])}, {place}."
    )


def verdicts(test: Backtest, found: Significance) -> list[str]:
    """One sentence a model: how it does against the references and the best of the others."""
    if not test.judged_points.any():
        return [headline(test, found)]
    mae = overall(test, "mae")
    return [_verdict(test, found, model) for model in sorted(mae, key=lambda model: mae[model])]


def _of_the_champion(champion: str, best: str, found: Significance, where: str) -> str:
    if champion == "naive":
        lead = "it" if best == champion else best
        return f"The champion is the naive forecast; {lead} has the lowest MAE {where}."
    one = found.of(champion, "naive")
    told = f"the champion {champion} {_outcome(one, 'the naive forecast', found)}{effect(one)}"
    return f"{where.capitalize()}, {told}."


def _where(test: Backtest) -> str:
    n = len(test.origins)
    return f"on {'this' if n == 1 else 'these'} {count(n, 'origin')}"


def _verdict(test: Backtest, found: Significance, model: str) -> str:
    compared = [one for one in found.comparisons if one.model == model]
    parts = [_in_full(test, found, one) for one in compared if one.reference in REFERENCES]
    rival = min(compared, key=_of_reference, default=None)
    if rival and rival.reference not in REFERENCES:
        called = f"the best of the others ({rival.reference})"
        parts.append(f"{_outcome(rival, called, found)}{effect(rival)}")
    extent = count(len(test.origins), "origin")
    if len(test.ids) > 1:
        extent += f" {TIMES} {len(test.ids):,} series"
    role = "is the reference, with" if model in REFERENCES else "has no reference, and"
    alone = f"{role} MAE {number(overall(test, 'mae')[model])}"
    return f"{model} {'; '.join(parts) or alone}, over {extent}."


def _outcome(one: Comparison, reference: str, found: Significance) -> str:
    return outcome(one, reference, found.origins, found.needed)


def _in_full(test: Backtest, found: Significance, one: Comparison) -> str:
    maes = " against ".join(apart(one.mae, one.reference_mae))
    told = f"{_outcome(one, one.reference, found)}: MAE {maes}{effect(one)}"
    return f"{told}{_series(test, one)}{_otherwise(test, one)}"


def _series(test: Backtest, one: Comparison) -> str:
    if len(test.ids) == 1:
        return ""
    series = of_each_series(test, "mae")
    won = int((series[one.model] < series[one.reference]).sum())
    judged = int((series[one.model] == series[one.model]).sum())
    sure = f" ({one.better_series} beyond luck)" if 0 < one.better_series < won else ""
    return f", better on {won} of {judged} series{sure}"


def _otherwise(test: Backtest, one: Comparison) -> str:
    """A word of warning where RMSE, which weighs large errors more, says the opposite of MAE."""
    rmse = overall(test, "rmse")
    gap = rmse[one.model] - rmse[one.reference]
    if gap * one.difference >= 0 or not math.isfinite(gap):
        return ""
    return f", though its RMSE is {'higher' if gap > 0 else 'lower'}"


def _by_rmse(winners: list[Comparison], test: Backtest) -> str:
    """The same question by RMSE, where the answer differs."""
    rmse = overall(test, "rmse")
    also = sum(rmse[one.model] < rmse["naive"] for one in winners)
    if also == len(winners):
        return ""
    if len(winners) == 1:
        return " By RMSE, it does not."
    return f" By RMSE, {f'only {also}' if also else 'none'} of them does."


def _behind(chosen: str, found: Significance) -> str:
    """How many models there are, which is the best, and whether it is better by more than luck."""
    best = min((one for one in found.comparisons if one.model == chosen), key=_of_reference)
    apart = "better beyond luck" if best.worse else "the two cannot be told apart"
    if math.isnan(best.p) and not best.worse:
        apart = too_few(found.origins, found.needed)
    lowest = f"{best.reference}, {number(best.reference_mae)}"
    return f"{len(found.best_set)} (lowest: {lowest}; {apart})"


def _of_reference(one: Comparison) -> float:
    return one.reference_mae


def _who(winners: list[Comparison], learners: list[str]) -> str:
    if len(learners) == 1:
        return f"The network {learners[0]} beats"
    if len(winners) == len(learners):
        return f"{'Both' if len(learners) == 2 else f'All {len(learners)}'} networks beat"
    return f"{len(winners)} of {len(learners)} networks beat{'s' if len(winners) == 1 else ''}"


def _no_winner(best: Comparison, found: Significance, where: str) -> str:
    """What keeps the best of the networks from beating the naive forecast."""
    told = f"No network beats the naive forecast {where}"
    if best.difference == 0:
        return f"{told}: {best.model} equals it."
    if not math.isfinite(best.skill):
        return f"{told}."
    if math.isnan(best.p):
        few = too_few(found.origins, found.needed, " whether a network beats the naive forecast")
        return f"{few}: {_mae(best)}."
    luck = " by more than luck" if best.difference < 0 else ""
    return f"{told}{luck}: {_mae(best)} ({doubt(best)})."


def _but_without(found: Significance) -> str:
    """The best of those that are no network and beat naive, where no network does."""
    others = [one for one in found.comparisons if one.reference == "naive" and one.better]
    if not others:
        return ""
    best = min(others, key=lambda one: one.mae)
    return f" Of the others, {best.model} does: its MAE is {size(best)} ({doubt(best)})."


def _mae(one: Comparison) -> str:
    return f"the MAE of {one.model} is {size(one)}"


def _and_without(winner: str, found: Significance) -> str:
    """How the best network does against the best of the models that are none."""
    if found.without_network in (None, "naive"):
        return ""
    one = found.of(winner, str(found.without_network))
    verb = "beats" if one.better else "loses to" if one.worse else "cannot be told from"
    rival = f"{one.reference}, the best of the baselines and classical models"
    return f" {winner} {verb} {rival}{effect(one)}."
