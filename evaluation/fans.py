"""A forecast fan: the recent past, the forecasts from one origin, what then came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from evaluation.palette import Style, styles
from features.panel import Floats, Panel


@dataclass(frozen=True)
class Fan:
    """What a fan plot shows of one series, in original units."""

    series: str
    origin: pd.Timestamp
    past_stamps: pd.DatetimeIndex  # [L], the last is the origin
    past: Floats  # [L]
    stamps: pd.DatetimeIndex  # [H]
    actual: Floats  # [H], NaN where not observed or still to come
    forecasts: dict[str, Floats]  # model -> [H]
    bands: dict[str, tuple[Floats, Floats]]  # model -> lower and upper end, [H] each
    styles: dict[str, Style]

    @property
    def banded(self) -> str | None:
        """The first model with a 90 % band: the one whose band is drawn."""
        return next((m for m in self.forecasts if m in self.bands), None)

    @property
    def ahead(self) -> pd.DatetimeIndex:
        """[1 + H] the origin and the targets: lines start from the last observation."""
        return pd.DatetimeIndex([self.origin]).append(self.stamps)

    def from_origin(self, path: Floats) -> Floats:
        """[1 + H] the value at the origin, then `path` [H]."""
        return np.concatenate([self.past[-1:], path])

    @property
    def summary(self) -> str:
        """What is seen, in a sentence."""
        then = " and what was then observed" if np.isfinite(self.actual).any() else ""
        return f"{self.series}: forecast from {day(self.origin)}{then}"


def fan(
    backtest: Backtest, panel: Panel, series: int, models: Sequence[str], origin: int = -1
) -> Fan:
    """The fan of one series from the backtest's `origin`-th origin (the last by default)."""
    step, horizon = int(backtest.origins[origin]), backtest.horizon
    first = max(int(panel.start[series]), step + 1 - max(3 * horizon, 40), 0)
    stamps = panel.stamps[step + 1 : step + 1 + horizon]
    if len(stamps) < horizon:
        stamps = stamps.append(panel.calendar.ahead(horizon - len(stamps)))
    bands = {
        model: (low[series, origin], high[series, origin])
        for model, (low, high) in ((m, backtest.interval(m)) for m in backtest.margins)
        if np.isfinite(low[series, origin]).any()
    }
    return Fan(
        panel.ids[series],
        panel.stamps[step],
        panel.stamps[first : step + 1],
        panel.y[series, first : step + 1],
        stamps,
        backtest.y[series, origin],
        {model: backtest.forecasts[model][series, origin] for model in models},
        bands,
        styles(backtest.models),
    )


def day(stamp: pd.Timestamp) -> str:
    """`2018-12-31`, with the time of day where it is not midnight."""
    return f"{stamp:%Y-%m-%d}" if stamp == stamp.normalize() else f"{stamp:%Y-%m-%d %H:%M}"
