"""Metrics in original units: a pointwise statistic, then an average, kept apart.

Every average leaves out the points where the observation or the forecast is NaN, and those where
the statistic is undefined; what share it could use is counted. An infinite forecast is a forecast,
and an infinitely bad one. The value of a panel is the plain mean over series of each series' own
value, so every series counts once, however many of its points are observed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.panel import Floats, Panel

TINY = 1e-8
"""Observations of at most this size count as zero: no percentage is taken of them."""


@dataclass(frozen=True)
class Scale:
    """In-sample errors of the seasonal naive forecast one season ahead, the unit of scaled metrics.

    NaN for a series whose training range has no two values a season apart, or whose every season
    repeats the one before: nothing can be scaled by zero.
    """

    absolute: Floats  # [S] mean |y(t) - y(t - m)|
    squared: Floats  # [S] mean (y(t) - y(t - m))²


def seasonal_scale(panel: Panel, train: range, season: int) -> Scale:
    """Scale of each series over the training range, with season m (m = 1: the naive forecast)."""
    y = panel.y[:, train.start : train.stop]
    change = y[:, season:] - y[:, :-season]
    absolute, squared = mean(np.abs(change), (1,)), mean(change**2, (1,))
    varies = absolute > 0
    return Scale(np.where(varies, absolute, np.nan), np.where(varies, squared, np.nan))


def absolute_error(y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """|y - f|. MAE is its mean: range [0, inf), in units of y."""
    return np.abs(y - forecast)


def squared_error(y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """(y - f)². RMSE is the root of its mean: range [0, inf), in units of y."""
    return np.square(y - forecast)


def absolute_percentage_error(y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """100 |y - f| / |y|. MAPE is its mean: range [0, inf), in %.

    Undefined (NaN) where |y| <= TINY. It grows without bound near zero, so it says little about
    a quantity that crosses zero, as a temperature in °C does.
    """
    size = np.abs(y)
    return 100 * np.abs(y - forecast) / np.where(size > TINY, size, np.nan)


def symmetric_percentage_error(y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """200 |y - f| / (|y| + |f|). sMAPE is its mean: range [0, 200], in %.

    This is the definition of the M4 competition (Makridakis et al. 2020, Int. J. Forecasting 36),
    twice the one that ends at 100 %. Where observation and forecast are both zero it is 0, and 200
    where the forecast is infinite.
    """
    size = np.abs(y) + np.abs(forecast)
    error = 200 * np.abs(y - forecast) / np.where(size > 0, size, 1)
    return np.where(np.isinf(size), 200.0, error)


def scaled_error(y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """|y - f| / in-sample MAE of the seasonal naive. MASE is its mean: [0, inf), no unit.

    NaN for a series without a scale. Hyndman and Koehler 2006, Int. J. Forecasting 22.
    """
    return np.abs(y - forecast) / _per_series(scale.absolute, y)


def scaled_squared_error(y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """(y - f)² / in-sample MSE of the seasonal naive. RMSSE is the root of its mean: no unit.

    NaN for a series without a scale. Hyndman and Koehler 2006; used in the M5 competition.
    """
    return np.square(y - forecast) / _per_series(scale.squared, y)


def _itself(value: Floats) -> Floats:
    return value


@dataclass(frozen=True)
class Metric:
    """A pointwise statistic and what is done to its mean. Lower is better for all of them."""

    label: str
    meaning: str
    """One sentence for the legend of a table."""
    pointwise: Callable[[Floats, Floats, Scale], Floats]
    finish: Callable[[Floats], Floats] = _itself
    unit: str | None = None
    """None means the unit of y."""


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
}


def by_series(metric: Metric, y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """[S] the metric of each series over all its points; NaN where none can be used."""
    return metric.finish(mean(points(metric, y, forecast, scale), (1, 2)))


def by_horizon(metric: Metric, y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """[H] the metric at each step ahead, the mean over series of each series' own value."""
    return mean(metric.finish(mean(points(metric, y, forecast, scale), (1,))), (0,))


def used_share(metric: Metric, y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """[S] share, in [0, 1], of the points with observation and forecast that the metric could use.

    NaN for a series without such points.
    """
    there = ~np.isnan(y) & ~np.isnan(forecast)
    used = ~np.isnan(points(metric, y, forecast, scale))
    return mean(np.where(there, used, np.nan), (1, 2))


def points(metric: Metric, y: Floats, forecast: Floats, scale: Scale) -> Floats:
    """[S, O, H] the pointwise statistic, NaN where it cannot be had."""
    with np.errstate(over="ignore", invalid="ignore"):  # a diverged forecast scores inf
        return metric.pointwise(y, forecast, scale)


def mean(values: Floats, axes: tuple[int, ...]) -> Floats:
    """The mean over `axes` of what is not NaN; NaN where all is."""
    there = ~np.isnan(values)
    count = there.sum(axis=axes)
    total = np.where(there, values, 0.0).sum(axis=axes)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def skill(value: float, reference: float) -> float:
    """1 - value / reference: range (-inf, 1], no unit; above 0 where the value is the better one.

    NaN where the reference is NaN or makes no error at all. Murphy 1988, Monthly Weather Rev. 116.
    """
    return 1 - value / reference if reference > 0 else float("nan")


def _per_series(scale: Floats, y: Floats) -> Floats:
    return scale.reshape(-1, *(1,) * (y.ndim - 1))  # [S] -> [S, 1, 1]
