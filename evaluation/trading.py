"""What the forecasts of prices would have earned: a diagnostic, no advice and no strategy.

A rule without any freedom: hold a series until the next origin if the forecast for that step lies
above the last price, else hold nothing. What is known at an origin alone decides, and the return
that follows is earned. Sharpe ratios are of what is left after costs, without a risk-free rate.

The probabilistic Sharpe ratio is that of D. Bailey, M. López de Prado: The Sharpe Ratio Efficient
Frontier, Journal of Risk 15 (2012); the deflated one of the same: The Deflated Sharpe Ratio,
Journal of Portfolio Management 40 (2014).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from statistics import NormalDist

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from evaluation.metrics import mean
from evaluation.numbers import number
from features.panel import Floats

COST = 10.0
"""Basis points of what is bought or sold: a broker's fee and half the spread, generously."""
HOLD = "buy and hold"
LIMITS = (
    "Prices are closes, at which one cannot quite trade once they are known.",
    "An index is treated as if it could be bought; dividends count as far as prices hold them.",
    "Nothing is borrowed or sold short, cash earns nothing, no tax is due, no order moves a price.",
    "Series are held in equal parts at every origin; keeping them equal costs nothing here.",
    "The deflated ratio knows the models of this report, not the settings that were tried before.",
)
"""What the figures leave out, a sentence each."""


@dataclass(frozen=True)
class TrackRecord:
    """The moments of T returns that the distribution of their Sharpe ratio depends on."""

    sharpe: float
    """Mean over standard deviation, a period; NaN for returns that never differ."""
    periods: int
    skew: float
    kurtosis: float
    """3 for a normal distribution."""

    @classmethod
    def of(cls, returns: Floats) -> TrackRecord:
        """From returns [T], none of them NaN."""
        if len(returns) < 2 or np.ptp(returns) == 0:
            return cls(math.nan, len(returns), math.nan, math.nan)
        z = (returns - returns.mean()) / returns.std()
        sharpe = float(returns.mean() / returns.std(ddof=1))
        return cls(sharpe, len(returns), float((z**3).mean()), float((z**4).mean()))

    def probability_above(self, benchmark: float) -> float:
        """The probabilistic Sharpe ratio: that the true ratio, a period, is above `benchmark`.

        Equation 2 of the paper of 2014. NaN where the ratio is, or its variance is not above 0.
        """
        variance = 1 - self.skew * self.sharpe + (self.kurtosis - 1) / 4 * self.sharpe**2
        if not variance > 0:
            return math.nan
        gap = (self.sharpe - benchmark) * math.sqrt(self.periods - 1)
        return NormalDist().cdf(gap / math.sqrt(variance))


def luckiest(variance: float, trials: int) -> float:
    """The Sharpe ratio that the best of `trials` worthless rules is expected to show.

    Equation 1 of the paper of 2014, of ratios about 0 with this variance over the trials. 0 for a
    single trial.
    """
    if trials < 2:
        return 0.0
    normal, gamma = NormalDist(), float(np.euler_gamma)
    most = normal.inv_cdf(1 - 1 / trials)
    beyond = normal.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - gamma) * most + gamma * beyond)


@dataclass(frozen=True)
class Trading:
    """What each model's rule would have earned, all series in equal parts."""

    returns: pd.DataFrame
    """One column a model, then `buy and hold`; net returns by the stamp at which they are in."""
    turnover: dict[str, float]
    """What is bought and sold a year, as a multiple of what is invested."""
    held: dict[str, float]
    """Share of the periods in which a series is held, mean over series."""
    periods_a_year: float
    cost: float
    """Basis points of what is bought or sold."""

    @cached_property
    def records(self) -> dict[str, TrackRecord]:
        """Of each column of `returns`."""
        return {str(name): TrackRecord.of(self.returns[name].to_numpy()) for name in self.returns}

    @property
    def tried(self) -> list[str]:
        """The models whose rule traded, so that their ratio is one of those that compete."""
        return [m for m, r in self.records.items() if m != HOLD and not math.isnan(r.sharpe)]

    @property
    def hurdle(self) -> float:
        """The ratio, a period, that luck alone gives the best of the models tried."""
        ratios = [self.records[model].sharpe for model in self.tried]
        return luckiest(float(np.var(ratios, ddof=1)) if len(ratios) > 1 else 0.0, len(ratios))

    def table(self) -> pd.DataFrame:
        """One row a model by Sharpe ratio, then `buy and hold`.

        `return` (a year, compound), `sharpe` (a year), `probabilistic` (that the true ratio is
        above 0), `deflated` (above `hurdle`; NaN for `buy and hold`, which is no trial),
        `turnover` (a year), `held` (share of the time), `drawdown` (largest loss from a peak, as a
        share). NaN where a rule never traded.
        """
        rows = {name: self._row(name, record) for name, record in self.records.items()}
        table = pd.DataFrame.from_dict(rows, orient="index").rename_axis("rule")
        models = table.drop(index=HOLD).sort_values("sharpe", ascending=False, kind="stable")
        return pd.concat([models, table.loc[[HOLD]]])

    def _row(self, name: str, record: TrackRecord) -> dict[str, float]:
        deflated = math.nan if name == HOLD else record.probability_above(self.hurdle)
        wealth = np.cumprod(1 + self.returns[name].to_numpy())
        return {
            "return": float(wealth[-1] ** (self.periods_a_year / len(wealth)) - 1),
            "sharpe": record.sharpe * math.sqrt(self.periods_a_year),
            "probabilistic": record.probability_above(0.0),
            "deflated": deflated,
            "turnover": self.turnover[name],
            "held": self.held[name],
            "drawdown": drawdown(wealth),
        }

    @property
    def told(self) -> list[str]:
        """The result in words."""
        table = self.table()
        if not self.tried:
            return ["No model ever forecast a rise at one of these origins, so no rule traded."]
        best, hold = table.iloc[0], table.loc[HOLD]
        enough = "is unlikely to be luck" if best["deflated"] > 0.95 else "may well be luck"
        count = len(self.tried)
        return [
            f"After costs of {self.cost:g} basis points, the rule of {best.name} has the"
            f" highest Sharpe ratio, {number(best['sharpe'])} a year; buying and holding has"
            f" {number(hold['sharpe'])}.",
            f"Its deflated Sharpe ratio is {number(best['deflated'])}: as the best of {count}"
            f" {'rules' if count > 1 else 'rule'} that traded, its lead over nothing {enough}"
            " (0.95 would be asked for).",
        ]


def trading(test: Backtest, cost: float = COST) -> Trading | None:
    """The rule on the origins of a backtest, from one origin to the next.

    None where it makes no sense: a value at or below 0 or none at all, fewer than three origins,
    or origins that lie further apart than the horizon. A series is left out until its first
    observation. What a missing value hides is earned when the next one shows it. A missing
    forecast holds nothing.
    """
    apart = np.diff(test.origins)
    known = test.last[np.isfinite(test.last)]
    if len(apart) < 2 or apart.max() > test.horizon or not len(known) or known.min() <= 0:
        return None
    stamps = test.calendar.stamps[test.origins]
    a_year = len(apart) / ((stamps[-1] - stamps[0]) / pd.Timedelta(days=365.25))
    rules = {model: _positions(test, model) for model in test.models}
    rules[HOLD] = np.where(np.isnan(test.last[:, :-1]), np.nan, 1.0)
    net = {name: _net(test.last, held, cost) for name, held in rules.items()}
    return Trading(
        pd.DataFrame(net, index=stamps[1:]),
        {name: a_year * float(_together(_trades(held)).mean()) for name, held in rules.items()},
        {name: float(_together(held).mean()) for name, held in rules.items()},
        a_year,
        cost,
    )


def drawdown(wealth: Floats) -> float:
    """The largest loss from a peak, the 1 that one begins with included, as a share of the peak."""
    path = np.append(1.0, wealth)
    return float((1 - path / np.maximum.accumulate(path)).max())


def _positions(test: Backtest, model: str) -> Floats:
    """[S, O - 1] 1 where a rise until the next origin is forecast, else 0; NaN before a series."""
    ahead = np.diff(test.origins)
    now, at = test.last[:, :-1], np.arange(len(ahead))
    rises = test.forecasts[model][:, at, ahead - 1] > now
    return np.where(np.isnan(now), np.nan, rises)


def _net(last: Floats, held: Floats, cost: float) -> Floats:
    """[O - 1] the return until the next origin, less the cost of what was bought and sold."""
    gains = held * (last[:, 1:] / last[:, :-1] - 1)
    return _together(gains - cost / 10_000 * _trades(held))


def _trades(held: Floats) -> Floats:
    """[S, O - 1] the share of a series' part that is bought or sold at each origin."""
    before = np.concatenate([np.zeros_like(held[:, :1]), held[:, :-1]], axis=1)
    return np.abs(held - np.nan_to_num(before))


def _together(values: Floats) -> Floats:
    """[O - 1] the mean over the series that have begun, 0 where none has."""
    return np.nan_to_num(mean(values, (0,)))
