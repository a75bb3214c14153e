"""Metrics in original units: a pointwise statistic, then an average, kept apart.

Every average leaves out the points where the observation or the forecast is NaN, and those where
the statistic is undefined. An infinite forecast is a forecast, and an infinitely bad one. The value
of a panel is the plain mean over series of each series' own value, so every series counts once,
however many of its points are observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.panel import Floats, Panel

TINY = 1e-8
"""Observations of at most this size count as zero: no percentage is taken of them."""

Better = Literal["lower", "higher", "closer to 0", "closer to 90 %"]


@dataclass(frozen=True)
class Scale:
    """In-sample errors of the seasonal naive forecast one season ahead, the unit of scaled metrics.

    NaN for a series whose training range has no two values a season apart, or whose every season
    repeats the one before: nothing can be scaled by zero.
    """

    absolute: Floats  # [S] mean |y(t) - y(t - m)|
    squared: Floats  # [S] mean (y(t) - y(t - m))²

    def of(self, series: slice) -> Scale:
        """The scale of some of the series."""
        return Scale(self.absolute[series], self.squared[series])


def seasonal_scale(panel: Panel, train: range, season: int) -> Scale:
    """Scale of each series over the training range, with season m (m = 1: the naive forecast)."""
    y = panel.y[:, train.start : train.stop]
    change = y[:, season:] - y[:, :-season]
    absolute, squared = mean(np.abs(change), (1,)), mean(change**2, (1,))
    varies = absolute > 0
    return Scale(np.where(varies, absolute, np.nan), np.where(varies, squared, np.nan))


@dataclass(frozen=True)
class Points:
    """What a pointwise statistic of one model is made of."""

    y: Floats  # [S, O, H], NaN at points that do not count
    forecast: Floats  # [S, O, H]
    last: Floats  # [S, O] the last value observed up to the origin, NaN where there is none
    scale: Scale
    quantiles: tuple[Floats, ...] = ()
    """Q times [S, O, H], calibrated, at `features.levels.LEVELS`; empty without calibration."""

    @property
    def error(self) -> Floats:
        """[S, O, H] f - y: positive where the forecast is too high."""
        return self.forecast - self.y


def absolute_error(points: Points) -> Floats:
    """|f - y|. MAE is its mean: range [0, inf), in units of y."""
    return np.abs(points.error)


def squared_error(points: Points) -> Floats:
    """(f - y)². RMSE is the root of its mean: range [0, inf), in units of y."""
    return np.square(points.error)


def absolute_percentage_error(points: Points) -> Floats:
    """100 |f - y| / |y|. MAPE is its mean: range [0, inf), in %.

    Undefined (NaN) where |y| <= TINY. It grows without bound near zero, so it says little about
    a quantity that crosses zero, as a temperature in °C does.
    """
    size = np.abs(points.y)
    return 100 * np.abs(points.error) / np.where(size > TINY, size, np.nan)


def symmetric_percentage_error(points: Points) -> Floats:
    """200 |f - y| / (|y| + |f|). sMAPE is its mean: range [0, 200], in %.

    This is the definition of the M4 competition (Makridakis et al. 2020, Int. J. Forecasting 36),
    twice the one that ends at 100 %. Where observation and forecast are both zero it is 0, and 200
    where the forecast is infinite.
    """
    size = np.abs(points.y) + np.abs(points.forecast)
    error = 200 * np.abs(points.error) / np.where(size > 0, size, 1)
    return np.where(np.isinf(size), 200.0, error)


def scaled_error(points: Points) -> Floats:
    """|f - y| / in-sample MAE of the seasonal naive. MASE is its mean: [0, inf), no unit.

    NaN for a series without a scale. Hyndman and Koehler 2006, Int. J. Forecasting 22.
    """
    return np.abs(points.error) / points.scale.absolute[:, None, None]


def scaled_squared_error(points: Points) -> Floats:
    """(f - y)² / in-sample MSE of the seasonal naive. RMSSE is the root of its mean: no unit.

    NaN for a series without a scale. Hyndman and Koehler 2006; used in the M5 competition.
    """
    return np.square(points.error) / points.scale.squared[:, None, None]


def weighted_percentage_error(points: Points) -> Floats:
    """100 |f - y|. WAPE is its sum divided by Σ |y|: range [0, inf), in %.

    Points of size zero take part; NaN where all are. S. Kolassa, W. Schütz: Advantages of the
    MAD/Mean Ratio over the MAPE, Foresight 6 (2007).
    """
    return 100 * np.abs(points.error)


def signed_error(points: Points) -> Floats:
    """f - y. Bias is its mean, in units of y: positive where forecasts are too high."""
    return points.error


def right_direction(points: Points) -> Floats:
    """100 where f lies on the same side of the last observed value as y, else 0.

    Directional accuracy is its mean: the share of points, in %, range [0, 100]; a coin has 50. A
    forecast that stays at the last value has no direction and is wrong, so the naive forecast has
    0. NaN where the observation stayed, which is no direction to find, and without a last value.
    """
    last = points.last[:, :, None]
    moved, foretold = np.sign(points.y - last), np.sign(points.forecast - last)
    right = np.where(moved == foretold, 100.0, 0.0)
    return np.where(np.isnan(moved + foretold) | (moved == 0), np.nan, right)


def has_percentage(points: Points) -> Floats:
    """1 where |y| > TINY, else 0. Its mean is the share of points that MAPE used, in [0, 1]."""
    return np.where(np.isnan(points.error), np.nan, np.abs(points.y) > TINY)


def observed_size(points: Points) -> Floats:
    """|y|: what weighted errors are divided by."""
    return np.abs(points.y)


@dataclass(frozen=True)
class Metric:
    """What is summed over points, what the sum is divided by, and what is done to the quotient."""

    label: str
    meaning: str
    """One sentence for the legend of a table."""
    pointwise: Callable[[Points], Floats]
    """[S, O, H], NaN at points that it cannot use."""
    finish: Callable[[Floats], Floats] = np.asarray
    unit: str | None = None
    """None means the unit of y."""
    weight: Callable[[Points], Floats | float] = lambda _: 1.0
    """[S, O, H] what a point adds to the divisor: 1 for a mean."""
    better: Better = "lower"

    def terms(self, points: Points) -> tuple[Floats, Floats]:
        """[S, O, H] what each point adds to the sum and to the divisor, 0 where it is of no use.

        `average` of the sums of both over any points is the metric of those points.
        """
        with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast scores inf
            top = self.pointwise(points)
        used = ~np.isnan(top)
        return np.where(used, top, 0.0), np.where(used, self.weight(points), 0.0)

    def average(self, top: Floats, bottom: Floats) -> Floats:
        """The metric, of sums of `terms`; NaN where nothing counts."""
        return self.finish(ratio(top, bottom))

    def cost(self, values: Floats) -> Floats:
        """Values turned so that the least is the best."""
        return _COSTS[self.better](values)


_COSTS: dict[Better, Callable[[Floats], Floats]] = {
    "lower": np.positive,
    "higher": np.negative,
    "closer to 0": np.abs,
    "closer to 90 %": lambda share: np.abs(share - 0.9),
}

METRICS: dict[str, Metric] = {
    "mae": Metric("MAE", "Mean absolute error, in the unit of the series.", absolute_error),
    "rmse": Metric(
        "RMSE",
        "Root of the mean squared error, in the unit of the series; large errors weigh more.",
        squared_error,
        np.sqrt,
    ),
    "mape": Metric(
        "MAPE",
        "Mean absolute error in per cent of the observation, over the share of points that are"
        " not zero; of little use where values come close to zero.",
        absolute_percentage_error,
        unit="%",
    ),
    "smape": Metric(
        "sMAPE",
        "Error in per cent of the mean size of observation and forecast, from 0 to 200 %.",
        symmetric_percentage_error,
        unit="%",
    ),
    "mase": Metric(
        "MASE",
        "Mean absolute error divided by that of the one-season-ahead seasonal naive forecast in"
        " the training range.",
        scaled_error,
        unit="",
    ),
    "rmsse": Metric(
        "RMSSE",
        "Like MASE, from squared errors.",
        scaled_squared_error,
        np.sqrt,
        unit="",
    ),
    "wape": Metric(
        "WAPE",
        "Sum of the absolute errors in per cent of the sum of the sizes of the observations.",
        weighted_percentage_error,
        unit="%",
        weight=observed_size,
    ),
    "bias": Metric(
        "Bias",
        "Mean of forecast minus observation, in the unit of the series: positive where forecasts"
        " are too high.",
        signed_error,
        better="closer to 0",
    ),
    "direction": Metric(
        "Direction",
        "Share of points whose forecast lies on the same side of the last observed value as the"
        " observation, of those that moved; tossing a coin gives 50 %, a forecast that stays 0 %.",
        right_direction,
        unit="%",
        better="higher",
    ),
}
MAPE_SHARE = Metric(
    "points MAPE used",
    "Share of the points whose observation is not zero, over which MAPE is taken.",
    has_percentage,
    unit="",
    better="higher",
)


def by_series(metric: Metric, points: Points) -> Floats:
    """[S] the metric of each series over all its points; NaN where none can be used."""
    top, bottom = metric.terms(points)
    with np.errstate(over="ignore", invalid="ignore"):  # a forecast that diverged both ways
        return metric.average(top.sum(axis=(1, 2)), bottom.sum(axis=(1, 2)))


def mean(values: Floats, axes: tuple[int, ...]) -> Floats:
    """The mean over `axes` of what is not NaN; NaN where all is."""
    there = ~np.isnan(values)
    return ratio(np.where(there, values, 0.0).sum(axis=axes), there.sum(axis=axes))


def ratio(top: Floats, bottom: Floats) -> Floats:
    """Their quotient; NaN where `bottom` is 0."""
    return np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.nan)


def skill(value: float, reference: float) -> float:
    """1 - value / reference: range (-inf, 1], no unit; above 0 where the value is the better one.

    NaN where the reference is NaN or makes no error at all. Murphy 1988, Monthly Weather Rev. 116.
    """
    return 1 - value / reference if reference > 0 else float("nan")
