"""The points of a backtest in groups: by step ahead, by the calendar, by how its series moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from features.calendars import DAY, typical_step
from features.panel import Floats, Integers

_YEAR = pd.date_range("2001-01-01", "2001-12-31")  # begins on a Monday
NAMES: dict[str, tuple[str, ...]] = {
    "month": tuple(_YEAR.month_name().unique()),
    "weekday": tuple(_YEAR.day_name().unique()),
    "hour": tuple(f"{hour:02d}:00" for hour in range(24)),
    "regime": ("calm", "usual", "turbulent"),
}
"""Kind of slice -> the names of its groups."""
LEAST = 20
"""Origins until a regime is told: fewer are no past to compare with."""


@dataclass(frozen=True)
class Partition:
    """One way of putting every point into at most one of G groups."""

    kind: str
    groups: int  # G
    group: Integers  # [S, O, H], of size 1 along what it does not depend on; -1 is no group

    def sums(self, values: Floats) -> Floats:
        """[S, O, H] → [S, G] the sum of each series over each group."""
        alike = tuple(axis for axis in (1, 2) if self.group.shape[axis] == 1)
        with np.errstate(over="ignore", invalid="ignore"):  # a forecast that diverged both ways
            values = values.sum(axis=alike, keepdims=True)
        cells = self.groups + 1  # -1 is the last of them
        place = self.group % cells + cells * np.arange(len(values))[:, None, None]
        found = np.bincount(place.ravel(), values.ravel(), len(values) * cells)
        return found.reshape(-1, cells)[:, :-1].astype(np.float64)


def partitions(backtest: Backtest) -> list[Partition]:
    """`all` in one group, by `step` ahead, and those of `NAMES` that suit the calendar."""
    return [
        Partition("all", 1, np.zeros((1, 1, 1), np.int64)),
        Partition("step", backtest.horizon, np.arange(backtest.horizon)[None, None]),
        *_by_calendar(backtest),
        _by_regime(backtest),
    ]


def _by_calendar(backtest: Backtest) -> list[Partition]:
    """By month of the target, and by its weekday where steps are days, its hour where shorter."""
    targets = backtest.origins[:, None] + np.arange(1, backtest.horizon + 1)  # [O, H]
    stamps, step = backtest.stamps, typical_step(backtest.calendar.name)
    groups = {"month": stamps.month - 1}
    if step == DAY:
        groups["weekday"] = stamps.dayofweek
    if step < DAY:
        groups["hour"] = stamps.hour
    return [
        Partition(kind, len(NAMES[kind]), group.to_numpy(np.int64)[targets][None])
        for kind, group in groups.items()
    ]


def _by_regime(backtest: Backtest) -> Partition:
    """By how much each series had lately moved, as known at the origin.

    Calm where the local spread (`evaluation.spread`) is in the lowest third of that series' spreads
    at the origins of this backtest up to and including this one, turbulent where it is in the
    highest third, usual otherwise. So no regime knows what comes after its origin. None at the
    first `LEAST` - 1 origins of a series that moves.
    """
    order = np.argsort(backtest.origins, kind="stable")
    rank = np.empty(backtest.spread.T.shape)  # [O, S] in (0, 1], equals in the middle
    rank[order] = pd.DataFrame(backtest.spread.T[order]).expanding(LEAST).rank(pct=True)
    third = (rank > 1 / 3).astype(np.int64) + (rank > 2 / 3)
    return Partition("regime", 3, np.where(np.isnan(rank), -1, third).T[:, :, None])
