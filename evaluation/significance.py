"""Which differences between models are more than luck, by default, and how large they are.

Every model is compared with naive, with seasonal-naive, with the best of the others and with the
best of those that are no networks; over all steps, at each step ahead and on each series. Tests are
of `evaluation.diebold_mariano`, on absolute errors, because the leaderboard ranks by MAE; the loss
of an origin is the mean over series, so series that err together count once (a panel's test).

That the best is known from the same origins makes it harder to beat, not easier; which models are
worse than the best is told by the model confidence set, which takes the choice into account.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from evaluation.bootstrap import Resamples, confidence_set, over_series, resamples
from evaluation.comparison import Comparison, compare
from evaluation.diebold_mariano import holm, origins_needed
from evaluation.kinds import REFERENCES, networks
from evaluation.losses import losses
from features.panel import Integers

OUTSIDE = 0.1
"""A model is called worse than the best below this p-value of the model confidence set."""


@dataclass(frozen=True)
class Significance:
    """What the origins of a backtest can tell of its models."""

    comparisons: tuple[Comparison, ...]
    best_set: dict[str, float]
    """Model -> p-value of the model confidence set; below 0.1 it is worse than the best."""
    without_network: str | None
    """Of the models that are no networks, the one with the lowest MAE."""
    origins: int
    """Where something was judged."""
    needed: int
    """Origins below which nothing is told."""
    ids: tuple[str, ...]
    """Of the series."""
    drawn: Resamples
    """The origins drawn again, for intervals of other metrics."""

    def of(self, model: str, reference: str) -> Comparison:
        """The comparison of the two; KeyError if they were not compared."""
        for one in self.comparisons:
            if (one.model, one.reference) == (model, reference):
                return one
        raise KeyError(f"{model} was not compared with {reference}")

    def against_naive(self) -> pd.DataFrame:
        """What stands beside a leaderboard, indexed by `model`.

        `p_vs_naive` is the adjusted p-value, `skill_lower` and `skill_upper` the interval of the
        skill against naive, `best_set` the p-value in the model confidence set.
        """
        found = pd.DataFrame({"best_set": self.best_set}).rename_axis("model")
        naive = [one for one in self.comparisons if one.reference == "naive"]
        rows = {one.model: (one.p_adjusted, *one.interval) for one in naive}
        columns = ["p_vs_naive", "skill_lower", "skill_upper"]
        told = pd.DataFrame.from_dict(rows, orient="index", columns=columns)
        return found.join(told)[[*columns, "best_set"]]

    def table(self) -> pd.DataFrame:
        """One row a comparison: effect, interval, raw and adjusted p, and where it is better.

        `best_set` is the p-value of the model in the model confidence set; steps are listed with
        blanks between them.
        """
        return pd.DataFrame([self._row(one) for one in self.comparisons], columns=list(_COLUMNS))

    def _row(self, one: Comparison) -> dict[str, object]:
        values: dict[str, object] = {name: getattr(one, name, None) for name in _COLUMNS}
        values["skill_lower"], values["skill_upper"] = one.interval
        values["better_steps"] = " ".join(map(str, one.better_steps))
        values["worse_steps"] = " ".join(map(str, one.worse_steps))
        values["best_set"], values["origins"] = self.best_set[one.model], self.origins
        return values

    def details(self) -> pd.DataFrame:
        """One row a comparison and step ahead (`step 1` …), and a series by its id.

        Columns `model`, `reference`, `part`, `difference`, `p`, `p_adjusted`.
        """
        return pd.concat([self._parts(one) for one in self.comparisons] or [_NO_PARTS])

    def _parts(self, one: Comparison) -> pd.DataFrame:
        steps = [f"step {h}" for h in range(1, len(one.by_step) + 1)]
        columns = {
            "part": [*steps, *self.ids],
            "difference": np.concatenate([one.step_differences, one.series_differences]),
            "p": np.concatenate([one.raw_by_step, one.raw_by_series]),
            "p_adjusted": np.concatenate([one.by_step, one.by_series]),
        }
        return pd.DataFrame({"model": one.model, "reference": one.reference, **columns})


_NO_PARTS = pd.DataFrame(columns=["model", "reference", "part", "difference", "p", "p_adjusted"])
_COLUMNS = (
    *("model", "reference", "origins", "mae", "reference_mae", "difference"),
    *("skill", "skill_lower", "skill_upper", "p", "p_adjusted"),
    *("better_steps", "worse_steps", "better_series", "best_set"),
)


def significance(backtest: Backtest) -> Significance:
    """Compare every model of a backtest with its references; some seconds for many models."""
    lags = _lags(backtest)
    found = {model: losses(backtest, model) for model in backtest.models}
    whole = np.column_stack([one.whole for one in found.values()])
    drawn = resamples(whole, int(lags[0]))
    inside = confidence_set(whole, int(lags[0]))
    ranked = sorted(found, key=lambda model: found[model].mae)
    maes = {model: over_series(one.tally, drawn.weights) for model, one in found.items()}
    raw = []
    for model, reference in _pairs(ranked):
        with np.errstate(divide="ignore", invalid="ignore"):  # a reference without errors
            interval = drawn.interval(1 - maes[model] / maes[reference])
        names = (model, reference)
        raw.append(compare(names, found[model], found[reference], lags, interval))
    return Significance(
        _adjusted(raw),
        dict(zip(found, map(float, inside), strict=True)),
        next(iter(_without_network(ranked)), None),
        int((~np.isnan(whole).any(axis=1)).sum()),
        origins_needed(int(lags[0])),
        backtest.ids,
        drawn,
    )


def _lags(backtest: Backtest) -> Integers:
    """[1 + H + S] of all steps, each step ahead, each series: later origins that share targets."""
    apart = int(np.diff(backtest.origins).min(initial=np.iinfo(np.int64).max))
    steps = (np.arange(1, backtest.horizon + 1) - 1) // apart
    return np.concatenate([steps[-1:], steps, np.repeat(steps[-1], len(backtest.ids))])


def _pairs(ranked: list[str]) -> list[tuple[str, str]]:
    """Model and reference, from the models by MAE."""
    pairs = []
    for model in ranked:
        others = [other for other in ranked if other != model]
        known = [reference for reference in REFERENCES if reference in others]
        wanted = dict.fromkeys([*known, *others[:1], *_without_network(others)[:1]])
        pairs += [(model, reference) for reference in wanted]
    return pairs


def _without_network(models: list[str]) -> list[str]:
    return [model for model in models if model not in networks(models)]


def _adjusted(raw: list[Comparison]) -> tuple[Comparison, ...]:
    """Holm over the models that are compared with one reference."""
    p, references = np.array([one.p for one in raw]), np.array([one.reference for one in raw])
    for reference in set(references):
        p[references == reference] = holm(p[references == reference])
    return tuple(replace(one, p_adjusted=float(own)) for one, own in zip(raw, p, strict=True))
