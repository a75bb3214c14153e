"""The backtest: every model forecasts the same origins and is judged on the same points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.protocol import Forecaster
from evaluation.spread import local_spread
from features.calendars import Calendar
from features.levels import LEVELS, MEDIAN
from features.normalize import forward_fill
from features.panel import Floats, Integers, Panel


@dataclass(frozen=True)
class Margins:
    """How far a model's calibrated quantiles lie from its own, in units of the local spread.

    One for each of the P pairs of levels about the median, the innermost first; made by
    `evaluation.conformal`.
    """

    values: Floats  # [B, S, P, H], NaN where there were too few errors
    block: Integers  # [O] which of the B margins an origin has


@dataclass(frozen=True)
class Backtest:
    """Forecasts of all models from the same O origins, beside what was then observed."""

    ids: tuple[str, ...]
    calendar: Calendar
    origins: Integers  # [O]
    y: Floats  # [S, O, H], NaN where nothing was observed or the target is still to come
    last: Floats  # [S, O] the last value observed up to each origin, NaN where there is none
    spread: Floats  # [S, O] how far each series lately moved a step, as known at each origin
    forecasts: dict[str, Floats]  # model -> [S, O, H]
    raw: dict[str, Floats] = field(default_factory=dict)
    """model -> [S, O, H, Q] the quantiles that it gave itself, where it did."""
    margins: dict[str, Margins] = field(default_factory=dict)
    """Of the models whose quantiles have been calibrated."""

    @property
    def horizon(self) -> int:
        """H."""
        return int(self.y.shape[2])

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models, in the order they were given."""
        return tuple(self.forecasts)

    @cached_property
    def forecast_by_all(self) -> NDArray[np.bool_]:
        """[S, O, H] where every model has a forecast. An infinite one is a forecast too."""
        there: NDArray[np.bool_] = np.ones(self.y.shape, dtype=bool)
        for forecast in self.forecasts.values():
            there &= ~np.isnan(forecast)
        return there

    @cached_property
    def judged_points(self) -> NDArray[np.bool_]:
        """[S, O, H] the points that count: observed, and forecast by every model."""
        return np.isfinite(self.y) & self.forecast_by_all

    @cached_property
    def judged(self) -> Floats:
        """[S, O, H] y at the points that count, NaN elsewhere: what every metric is given."""
        return np.where(self.judged_points, self.y, np.nan)

    def quantile(self, model: str, level: int) -> Floats:
        """[S, O, H] the calibrated quantile at `LEVELS[level]`; quantiles do not cross."""
        out, margins = self.forecasts[model], self.margins[model]
        sign, further = (1, np.maximum) if level > MEDIAN else (-1, np.minimum)
        for pair in range(abs(level - MEDIAN)):
            own = self.forecasts[model]
            if model in self.raw:
                own = self.raw[model][..., MEDIAN + sign * (pair + 1)]
            margin = margins.values[margins.block, :, pair].swapaxes(0, 1)  # [S, O, H]
            with np.errstate(invalid="ignore"):  # an infinite forecast
                out = further(out, own + sign * margin * self.spread[:, :, None])
        return out

    def interval(self, model: str) -> tuple[Floats, Floats]:
        """[S, O, H] the lower and the upper end of the 90 % interval."""
        return self.quantile(model, 0), self.quantile(model, len(LEVELS) - 1)

    def frame(self) -> pd.DataFrame:
        """The long cross-validation frame of the points that count.

        Columns `unique_id, ds, cutoff, y, <model>` with `<model>-lo-90` and `<model>-hi-90` where
        the model has intervals; `cutoff` is the stamp of the origin.
        """
        return self._long(self.judged_points, with_y=True)

    def forecast_frame(self) -> pd.DataFrame:
        """The long frame of every forecast, also of dates still to come: `frame` without `y`."""
        return self._long(self.forecast_by_all, with_y=False)

    def _long(self, points: NDArray[np.bool_], with_y: bool) -> pd.DataFrame:
        series, origin, step = np.nonzero(points)
        stamps = self._stamps()
        columns: dict[str, object] = {
            "unique_id": np.asarray(self.ids, dtype=object)[series],
            "ds": stamps[self.origins[origin] + step + 1],
            "cutoff": stamps[self.origins[origin]],
        }
        if with_y:
            columns["y"] = self.y[points]
        for model, forecast in self.forecasts.items():
            columns[model] = forecast[points]
            if model in self.margins:
                low, high = self.interval(model)
                columns[f"{model}-lo-90"], columns[f"{model}-hi-90"] = low[points], high[points]
        return pd.DataFrame(columns)

    def _stamps(self) -> pd.DatetimeIndex:
        """The calendar's stamps, continued to the furthest target."""
        stamps = self.calendar.stamps
        ahead = int(self.origins.max(initial=0)) + self.horizon + 1 - len(stamps)
        return stamps.append(self.calendar.ahead(ahead)) if ahead > 0 else stamps


def backtest(forecasters: Sequence[Forecaster], panel: Panel, origins: Integers) -> Backtest:
    """Judge fitted forecasters: one pass each over all origins, without refit.

    Origins whose targets lie past the panel's last step are allowed: their forecasts have no
    observation (this is how a forecast of the future is made).
    """
    check(forecasters, panel, origins)
    given = {f.name: forecast_origins(f, panel, origins) for f in forecasters}
    return beside_targets(panel, origins, forecasters[0].horizon, given)


def targets(panel: Panel, origins: Integers, horizon: int) -> Floats:
    """[S, O, H] the values at steps t + 1 … t + H of each origin t, NaN past the last step."""
    steps = origins[:, None] + np.arange(1, horizon + 1)  # [O, H]
    inside = steps < panel.steps
    return np.where(inside, panel.y[:, np.where(inside, steps, 0)], np.nan)


def check(forecasters: Sequence[Forecaster], panel: Panel, origins: Integers) -> None:
    """Refuse, before anything is forecast, what cannot be judged.

    Raises:
        ValueError: origins outside the panel, no forecaster, or two of one name.
    """
    if not len(origins) or origins.min() < 0 or origins.max() >= panel.steps:
        raise ValueError(f"a backtest needs origins within 0 … {panel.steps - 1}, got {origins}")
    names = [forecaster.name for forecaster in forecasters]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"a backtest needs forecasters of different names, got {names}")


def forecast_origins(forecaster: Forecaster, panel: Panel, origins: Integers) -> Floats:
    """[S, O, H] forecasts in one pass, or [S, O, H, Q] quantiles of what gives them.

    Raises:
        ValueError: an array of another shape, or NaN everywhere.
    """
    given = forecaster.quantiles(panel, origins)
    values = (len(panel), len(origins), forecaster.horizon)
    expected = values if given is None else (*values, len(LEVELS))
    if given is None:
        given = forecaster.forecast(panel, origins)
    if given.shape != expected:
        raise ValueError(f"{forecaster.name} forecast {given.shape}, expected {expected}")
    observed = np.isfinite(panel.y[:, : int(origins.max()) + 1]).any()
    if observed and np.isnan(given).all():
        raise ValueError(f"{forecaster.name} gave no forecast at all, every value is NaN")
    return np.asarray(given, dtype=np.float64)


def beside_targets(
    panel: Panel, origins: Integers, horizon: int, given: dict[str, Floats]
) -> Backtest:
    """The backtest of what `forecast_origins` gave for each model.

    Raises:
        ValueError: models of different horizons.
    """
    widths = {name: one.shape[2] for name, one in given.items()}
    if set(widths.values()) != {horizon}:
        raise ValueError(f"all models of a backtest need one horizon, got {widths}")
    y = targets(panel, origins, horizon)
    groups = (panel.of(series) for series in panel.groups())  # of all steps, some are wanted
    spread = np.concatenate([local_spread(some)[:, origins] for some in groups])
    raw = {name: one for name, one in given.items() if one.ndim > y.ndim}
    forecasts = given | {name: one[..., MEDIAN] for name, one in raw.items()}
    last = forward_fill(panel.y)[:, origins]
    return Backtest(panel.ids, panel.calendar, origins, y, last, spread, forecasts, raw)
