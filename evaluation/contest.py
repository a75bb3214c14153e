"""Champion against challenger: whether a new model is to take the place of the one in use.

The challenger has to win; without evidence the champion stays. It takes the champion's place where
both hold:

- It beats the champion by more than luck: lower MAE, Diebold-Mariano p below 0.05
  (`evaluation.significance`). The origins are the same, and neither was fitted or chosen on them.
- It is as honest about its doubt: the share inside its 90 % interval is at most `MARGIN` further
  from 90 % than the champion's, and its CRPS is not worse by more than luck.

A champion owes its place in part to luck on some of these origins, where it won before. That makes
it harder to beat, not easier: the error it can cause is to keep a model, not to change one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from evaluation.comparison import ALPHA, Comparison
from evaluation.diebold_mariano import diebold_mariano
from evaluation.metrics import Points, Scale, mean
from evaluation.numbers import apart
from evaluation.phrases import count, effect, outcome
from evaluation.probability import inside_interval, ranked_probability_score
from evaluation.significance import significance
from evaluation.tally import points_of
from features.panel import Floats

CHAMPION, CHALLENGER = "champion", "challenger"
PROMISED = 0.9
_CRPS = ranked_probability_score
MARGIN = 0.03
"""How much further from 90 % the challenger's coverage may be than the champion's."""


@dataclass(frozen=True)
class Evidence:
    """What was found on the origins that both forecast; NaN where they cannot tell."""

    origins: int
    needed: int
    """Origins below which nothing is told."""
    first: str
    """Date of the first origin."""
    last: str
    mae: float
    champion_mae: float
    skill: float
    """1 - MAE / MAE of the champion."""
    p: float
    coverage_90: float
    champion_coverage_90: float
    crps: float
    champion_crps: float
    p_crps: float

    @property
    def table(self) -> pd.DataFrame:
        """One row for each of the two."""
        found = pd.DataFrame(
            {
                "MAE": [self.mae, self.champion_mae],
                "inside 90 % interval": [self.coverage_90, self.champion_coverage_90],
                "CRPS": [self.crps, self.champion_crps],
            },
            [CHALLENGER, CHAMPION],
        )
        return found.rename_axis("role")


@dataclass(frozen=True)
class Decision:
    """Whether the challenger takes the champion's place, why, and on what evidence."""

    promoted: bool
    sentence: str
    evidence: Evidence | None = None
    """None where nothing was compared."""

    def plain(self) -> dict[str, Any]:
        """For JSON: numbers that are not there are None."""
        found = asdict(self.evidence) if self.evidence else {}
        known = {k: None if v != v or v in (np.inf, -np.inf) else v for k, v in found.items()}
        return {"promoted": self.promoted, "sentence": self.sentence, "evidence": known}


def decide(backtest: Backtest | None) -> Decision:
    """Decide on a calibrated backtest of the models `champion` and `challenger`.

    Args:
        backtest: over origins that neither was fitted or chosen on; None where there is none.
    """
    if backtest is None:
        told = "no origin lies after what both were fitted and chosen on"
        return Decision(False, f"The champion stays: {told}, so nothing could be compared.")
    found = significance(backtest)
    one = found.of(CHALLENGER, CHAMPION)
    evidence = _evidence(backtest, one, found.origins, found.needed)
    against = _objection(evidence) if one.better else ""
    promoted = one.better and not against
    said = f"the challenger {outcome(one, 'the champion', found.origins, found.needed)}"
    place = f"on {count(len(backtest.origins), 'origin')} from {evidence.first} to {evidence.last}"
    start = "The challenger is promoted" if promoted else "The champion stays"
    but = f", but {against}" if against else f"; {_coverages(evidence)}" if promoted else ""
    return Decision(promoted, f"{start}: {place}, {said}{effect(one)}{but}.", evidence)


def _evidence(backtest: Backtest, one: Comparison, origins: int, needed: int) -> Evidence:
    inside, scores = (_both(backtest, score) for score in (inside_interval, _CRPS))
    with np.errstate(invalid="ignore"):  # two diverged forecasts
        gap = mean(scores[CHALLENGER] - scores[CHAMPION], (0, 2))  # [O]
    lag = (backtest.horizon - 1) // int(np.diff(backtest.origins).min(initial=2**31))
    stamps = backtest.stamps[backtest.origins]
    return Evidence(
        *(origins, needed, f"{stamps[0]:%Y-%m-%d}", f"{stamps[-1]:%Y-%m-%d}"),
        *(one.mae, one.reference_mae, one.skill, one.p_adjusted),
        *(_average(inside[CHALLENGER]), _average(inside[CHAMPION])),
        *(_average(scores[CHALLENGER]), _average(scores[CHAMPION])),
        float(diebold_mariano(gap[:, None], np.array([lag]))[0]),
    )


def _both(backtest: Backtest, score: Callable[[Points], Floats]) -> dict[str, Floats]:
    """[S, O, H] of each, NaN where one of them has none."""
    unused = Scale(np.full(len(backtest.ids), np.nan), np.full(len(backtest.ids), np.nan))
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast
        found = {m: score(points_of(backtest, m, unused)) for m in (CHALLENGER, CHAMPION)}
    there = ~np.isnan(found[CHALLENGER]) & ~np.isnan(found[CHAMPION])
    return {model: np.where(there, values, np.nan) for model, values in found.items()}


def _average(values: Floats) -> float:
    """The mean over series of each series' own mean."""
    return float(mean(mean(values, (1, 2)), (0,)))


def _objection(found: Evidence) -> str:
    """What speaks against a challenger that has the lower MAE; empty where nothing does."""
    if np.isnan(found.coverage_90):
        return "too few errors are known to judge its intervals"
    if _off(found.coverage_90) > _off(found.champion_coverage_90) + MARGIN:
        return f"it is worse calibrated: {_coverages(found)}"
    if found.crps < np.inf == found.champion_crps:
        return ""
    if np.isnan(found.p_crps):
        return "too few of these origins have intervals to judge them"
    if found.p_crps < ALPHA and found.crps > found.champion_crps:
        crps, other = apart(found.crps, found.champion_crps)
        return f"its CRPS is {crps}, the champion's {other} (p = {found.p_crps:.3f})"
    return ""


def _off(coverage: float) -> float:
    return abs(coverage - PROMISED)


def _coverages(found: Evidence) -> str:
    own, other = 100 * found.coverage_90, 100 * found.champion_coverage_90
    return f"its 90 % interval holds {own:.1f} % of the values, the champion's {other:.1f} %"
