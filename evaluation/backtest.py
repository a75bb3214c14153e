"""The backtest: every model forecasts the same origins and is judged on the same points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.protocol import Forecaster
from evaluation.spread import local_spread
from features.calendars import Calendar
from features.levels import LEVELS, MEDIAN
from features.normalize import forward_fill
from features.panel import Floats, Integers, Panel

GROUP = 2**17
"""Points of one model that are judged at a time."""


@dataclass(frozen=True)
class Margins:
    """How far a model's calibrated quantiles lie from its own, in units of the local spread.

    One for each of the P pairs of levels about the median, the innermost first; made by
    `evaluation.conformal`.
    """

    values: Floats  # [B, S, P, H], NaN where there were too few errors
    block: Integers  # [O] which of the B margins an origin has

    def of(self, series: slice) -> Margins:
        """The margins of some of the series."""
        return Margins(self.values[:, series], self.block)


@dataclass(frozen=True, eq=False)
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

    def groups(self) -> Iterator[slice]:
        """The series in turn, some at a time, so that what is made of their points stays small."""
        size = max(1, GROUP // max(1, self.y[0].size))
        return (slice(s, s + size) for s in range(0, len(self.ids), size))

    def of(self, series: slice) -> Backtest:
        """The backtest of some of the series, which still judges by the same points."""
        return replace(
            self,
            ids=self.ids[series],
            y=self.y[series],
            last=self.last[series],
            spread=self.spread[series],
            forecasts={model: forecast[series] for model, forecast in self.forecasts.items()},
            raw={model: quantiles[series] for model, quantiles in self.raw.items()},
            margins={model: margins.of(series) for model, margins in self.margins.items()},
        )

    def quantile(self, model: str, level: int) -> Floats:
        """[S, O, H] the calibrated quantile at `LEVELS[level]`; quantiles do not cross."""
        return next(islice(self._outwards(model, level - MEDIAN), abs(level - MEDIAN), None))

    def quantiles(self, model: str) -> tuple[Floats, ...]:
        """Q times [S, O, H]: the calibrated quantiles at all `LEVELS`."""
        below, above = self._outwards(model, -1), self._outwards(model, 1)
        return (*reversed(tuple(below)), *islice(above, 1, None))

    def _outwards(self, model: str, side: int) -> Iterator[Floats]:
        """[S, O, H] the median, then the quantiles ever further above it (or below: side < 0)."""
        margins, raw = self.margins[model], self.raw.get(model)
        sign, further = (1, np.maximum) if side > 0 else (-1, np.minimum)
        own = out = self.forecasts[model]
        yield out
        for pair in range(MEDIAN):
            if raw is not None:
                own = raw[..., MEDIAN + sign * (pair + 1)]
            margin = margins.values[margins.block, :, pair].swapaxes(0, 1)  # [S, O, H]
            with np.errstate(invalid="ignore"):  # an infinite forecast
                out = further(out, own + sign * margin * self.spread[:, :, None])
            yield out

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
        stamps = self.stamps
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

    @cached_property
    def stamps(self) -> pd.DatetimeIndex:
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
