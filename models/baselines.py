"""Naive, seasonal-naive and drift forecasts: what every network has to beat.

All three read the observed values up to the origin and nothing else, so they learn nothing.
R. J. Hyndman, G. Athanasopoulos: Forecasting: Principles and Practice, 3rd ed., section 5.2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from features.panel import Floats, Integers, Panel
from features.splits import Split
from models.settings import require


@dataclass
class Baseline(ABC):
    """A forecast by rule over `horizon` steps."""

    horizon: int
    name = "baseline"

    def __post_init__(self) -> None:
        require(self.horizon >= 1, f"horizon must be at least 1, got {self.horizon}")

    def fit(self, panel: Panel, split: Split) -> None:  # noqa: B027 (a rule may leave it so)
        """There is nothing to learn."""

    @abstractmethod
    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] from `origins` ([O]); NaN for a series without an observation up to there."""

    def quantiles(self, panel: Panel, origins: Integers) -> Floats | None:
        """None: a rule gives one value alone."""
        return None

    def parameters(self) -> dict[str, object]:
        """The settings, flat, for logging."""
        return {"model": self.name, **asdict(self)}

    def state(self) -> dict[str, Any]:
        """The fields that make this forecaster again."""
        return asdict(self)


class Naive(Baseline):
    """The last value observed at or before the origin, for every step ahead."""

    name = "naive"

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H]; NaN for a series that has no observation up to the origin."""
        last = _last_observed(panel.y)[:, origins]  # [S, O]
        return np.repeat(_values_at(panel.y, last)[:, :, None], self.horizon, axis=2)


@dataclass
class SeasonalNaive(Baseline):
    """The last value observed at the target's place in the season.

    Where the last season misses it, the season before answers, and so on; where no season up to
    the origin has it, the last observed value does.
    """

    season: int = 1
    name = "seasonal-naive"

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self.season >= 1, f"season must be at least 1, got {self.season}")

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H]; NaN for a series that has no observation up to the origin."""
        ahead = np.arange(1, self.horizon + 1)
        seasons_back = -(-ahead // self.season)  # the whole seasons that reach the origin or before
        place = origins[:, None] + ahead - seasons_back * self.season  # [O, H]
        seasonal = _last_observed_in_season(panel.y, self.season)[:, np.maximum(place, 0)]
        seasonal = np.where(place >= 0, seasonal, -1)
        last = _last_observed(panel.y)[:, origins, None]
        return _values_at(panel.y, np.where(seasonal >= 0, seasonal, last))


class Drift(Baseline):
    """The line through the first and the last observed value, continued.

    y(l) + (t + h - l) (y(l) - y(f)) / (l - f) with f and l the first and last observed step up to
    the origin t. A single observation has no slope and is repeated.
    """

    name = "drift"

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H]; NaN for a series that has no observation up to the origin."""
        last = _last_observed(panel.y)[:, origins]  # [S, O]
        first = np.minimum(panel.start[:, None], last)
        level = _values_at(panel.y, last)
        rise = level - _values_at(panel.y, first)
        slope = rise / np.maximum(last - first, 1)
        away = origins[:, None] + np.arange(1, self.horizon + 1) - last[:, :, None]  # [S, O, H]
        return level[:, :, None] + away * slope[:, :, None]


def _last_observed(y: Floats) -> Integers:
    """[S, T] for each step the last observed step at or before it, -1 where there is none."""
    seen = np.where(np.isfinite(y), np.arange(y.shape[1]), -1)
    return np.maximum.accumulate(seen, axis=1)


def _last_observed_in_season(y: Floats, season: int) -> Integers:
    """[S, T] for each step the last observed one up to it, at the same place in the season."""
    series, steps = y.shape
    seen = np.full((series, -(-steps // season) * season), -1)
    seen[:, :steps] = np.where(np.isfinite(y), np.arange(steps), -1)
    seasons = seen.reshape(series, -1, season)  # [S, seasons, season]
    return np.maximum.accumulate(seasons, axis=1).reshape(series, -1)[:, :steps]


def _values_at(y: Floats, steps: Integers) -> Floats:
    """The values of [S, ...] steps of each series, NaN where the step is -1."""
    rows = np.arange(len(y)).reshape(-1, *(1,) * (steps.ndim - 1))
    return np.where(steps >= 0, y[rows, steps], np.nan)
