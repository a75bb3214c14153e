"""Panels and forecasters that are simple enough to check by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest, Margins
from evaluation.leaderboard import by_series
from evaluation.metrics import Scale
from features.calendars import Calendar
from features.levels import MEDIAN
from features.panel import Floats, Integers, Panel
from features.splits import Split


def panel_of(y: Floats, ids: tuple[str, ...] | None = None, freq: str = "D") -> Panel:
    series, steps = y.shape
    ids = ids or tuple(f"series-{s}" for s in range(series))
    calendar = Calendar(freq, pd.date_range("2020-01-01", periods=steps, freq=freq))
    empty = np.zeros((series, steps, 0))
    return Panel(ids, calendar, y, empty, empty, np.zeros((series, 0)))


def wavy_panel(steps: int = 200, seed: int = 0, missing: bool = False) -> Panel:
    """Two series with a season of 7; with `missing`, one starts late and both have holes."""
    rng = np.random.default_rng(seed)
    t = np.arange(steps)
    y = np.stack(
        [10 + np.cumsum(rng.normal(0, 0.3, steps)), 50 + 5 * np.sin(2 * np.pi * t / 7)]
    ) + rng.normal(0, 0.5, (2, steps))
    if missing:
        y[0, :9] = np.nan
        y[rng.random((2, steps)) < 0.1] = np.nan
    return panel_of(y, ("level", "season"))


class PointForecaster:
    """What forecasts one value alone."""

    def quantiles(self, panel: Panel, origins: Integers) -> None:
        return None


@dataclass
class Constant(PointForecaster):
    """Forecasts one number, and writes down what it was fitted on."""

    value: float
    horizon: int = 3
    name: str = "constant"
    fitted: list[tuple[int, Split]] = field(default_factory=list)

    def fit(self, panel: Panel, split: Split) -> None:
        self.fitted.append((panel.steps, split))

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        return np.full((len(panel), len(origins), self.horizon), self.value)


@dataclass
class LastPlus(PointForecaster):
    """The value at the origin plus a constant; NaN where that value is missing."""

    plus: float
    horizon: int = 3
    name: str = "last-plus"

    def fit(self, panel: Panel, split: Split) -> None:
        pass

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        return np.repeat(panel.y[:, origins, None] + self.plus, self.horizon, axis=2)


@dataclass(frozen=True)
class Loss:
    """A line of a loss curve."""

    number: int
    train_loss: float
    validation_loss: float


def backtest_of(y: Floats, **forecasts: Floats) -> Backtest:
    """A backtest straight from arrays [S, O, H]; `seasonal_naive` becomes `seasonal-naive`."""
    series, origins, horizon = y.shape
    panel = panel_of(np.zeros((series, origins + horizon)))
    named = {name.replace("_", "-"): forecast for name, forecast in forecasts.items()}
    spread = np.ones((series, origins))
    return Backtest(
        panel.ids, panel.calendar, np.arange(origins), y, panel.y[:, :origins], spread, named
    )


def unscaled(series: int) -> Scale:
    """A scale of 1 for each series."""
    return Scale(np.ones(series), np.ones(series))


def each_series(backtest: Backtest, model: str) -> dict[str, Floats]:
    """Column -> [S] of one model, scaled by 1."""
    table = by_series(backtest, unscaled(len(backtest.ids))).xs(model, level="model")
    return {str(column): table[column].to_numpy() for column in table}


def with_half_widths(backtest: Backtest, widths: dict[str, Floats]) -> Backtest:
    """Quantiles that all lie [S, H] above or below the forecast, where the spread is 1."""
    block = np.zeros(len(backtest.origins), dtype=np.int64)
    pairs = {m: np.repeat(width[None, :, None], MEDIAN, axis=2) for m, width in widths.items()}
    margins = {m: Margins(values, block) for m, values in pairs.items()}
    return replace(backtest, margins=margins)
