"""A forecast fan: the recent past, the forecasts from one origin, what then came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest, Margins
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

    def table(self) -> pd.DataFrame:
        """What is drawn ahead of the origin: one row a date."""
        columns = {"observed": self.actual} if np.isfinite(self.actual).any() else {}
        columns |= self.forecasts
        if self.banded:
            low, high = self.bands[self.banded]
            columns |= {f"{self.banded}, 5 %": low, f"{self.banded}, 95 %": high}
        dates = pd.Index([day(stamp) for stamp in self.stamps], name="date")
        return pd.DataFrame(columns, index=dates)

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
    return Fan(
        panel.ids[series],
        panel.stamps[step],
        panel.stamps[first : step + 1],
        panel.y[series, first : step + 1],
        stamps,
        backtest.y[series, origin],
        {model: backtest.forecasts[model][series, origin] for model in models},
        _bands(backtest, series, models, origin),
        styles(backtest.models),
    )


def _bands(
    backtest: Backtest, series: int, models: Sequence[str], origin: int
) -> dict[str, tuple[Floats, Floats]]:
    """The 90 % intervals of the models that have them, worked out at this origin alone."""
    at, one = backtest.origins[[origin]], [origin]
    narrow = replace(
        backtest,
        origins=at,
        y=backtest.y[:, one],
        last=backtest.last[:, one],
        spread=backtest.spread[:, one],
        forecasts={m: values[:, one] for m, values in backtest.forecasts.items()},
        raw={m: values[:, one] for m, values in backtest.raw.items()},
        margins={m: Margins(g.values, g.block[one]) for m, g in backtest.margins.items()},
    )
    ends = {m: narrow.interval(m) for m in models if m in narrow.margins}
    found = {m: (low[series, 0], high[series, 0]) for m, (low, high) in ends.items()}
    return {m: band for m, band in found.items() if np.isfinite(band[0]).any()}


def day(stamp: pd.Timestamp) -> str:
    """`2018-12-31`, with the time of day where it is not midnight."""
    return f"{stamp:%Y-%m-%d}" if stamp == stamp.normalize() else f"{stamp:%Y-%m-%d %H:%M}"
