"""The panel: S series on one calendar, in original units, missing values as NaN."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.calendars import Calendar

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

GROUP = 2**21
"""Steps that the series treated at once hold together, so that temporaries stay small."""


@dataclass(frozen=True)
class Covariates:
    """Which columns of a long frame accompany `y`, by when their values are known."""

    past: tuple[str, ...] = ()
    """Known up to the origin only (volume, wind)."""
    future: tuple[str, ...] = ()
    """Known ahead of time (holidays, promotions, a weather forecast)."""
    static: tuple[str, ...] = ()
    """One number a series (latitude, sector code)."""


@dataclass(frozen=True)
class Panel:
    """S series over the T steps of one calendar. NaN is the one sign of a missing value.

    Past the last step T the known-future covariates go on for as many steps as the frame gave
    (K of them), which is how far ahead a forecast from the last step can reach with them.
    """

    ids: tuple[str, ...]
    calendar: Calendar
    y: Floats  # [S, T]
    past: Floats  # [S, T, P]
    future: Floats  # [S, T + K, F]
    static: Floats  # [S, G]
    covariates: Covariates = Covariates()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def steps(self) -> int:
        """T, the number of calendar steps that hold observations."""
        return int(self.y.shape[1])

    @property
    def stamps(self) -> pd.DatetimeIndex:
        """The T time stamps."""
        return self.calendar.stamps

    def groups(self) -> Iterator[slice]:
        """The series in turn, some at a time."""
        size = max(1, GROUP // self.steps)
        return (slice(s, s + size) for s in range(0, len(self), size))

    def of(self, series: slice) -> Panel:
        """The panel of some of the series."""
        return Panel(
            self.ids[series],
            self.calendar,
            self.y[series],
            self.past[series],
            self.future[series],
            self.static[series],
            self.covariates,
        )

    @cached_property
    def start(self) -> Integers:
        """[S] the first observed step of each series."""
        return np.isfinite(self.y).argmax(axis=1).astype(np.int64)

    @cached_property
    def digest(self) -> str:
        """A SHA-256 over ids, stamps and every value: equal data, equal digest."""
        sha = hashlib.sha256()
        sha.update("\x00".join(self.ids).encode())
        sha.update(repr((self.calendar.name, self.covariates)).encode())
        sha.update(self.stamps.asi8.tobytes())
        for values in (self.y, self.past, self.future, self.static):
            sha.update(np.ascontiguousarray(values).tobytes())
        return sha.hexdigest()

    def until(self, step: int) -> Panel:
        """The panel as it was known at calendar step `step` (inclusive).

        Known-future covariates stay whole, because they were known.
        """
        return Panel(
            self.ids,
            self.calendar.until(step),
            self.y[:, : step + 1],
            self.past[:, : step + 1],
            self.future,
            self.static,
            self.covariates,
        )

    @property
    def ahead(self) -> int:
        """K, the steps past the last one that have known-future covariates."""
        return max(int(self.future.shape[1]) - self.steps, 0) if self.covariates.future else 0

    def frame(self) -> pd.DataFrame:
        """The long frame (`unique_id, ds, y`, covariates) of every step since each series began.

        The rows of the K steps past the last one hold known-future covariates and no `y`, so that
        the frame makes the same panel again.
        """
        stamps = self.stamps.append(self.calendar.ahead(self.ahead)) if self.ahead else self.stamps
        return pd.concat([self._rows(s, stamps) for s in range(len(self))], ignore_index=True)

    def _rows(self, s: int, stamps: pd.DatetimeIndex) -> pd.DataFrame:
        """The long frame of series `s` at `stamps` [T + K]."""
        kept = slice(int(self.start[s]), len(stamps))
        still_to_come = ((0, self.ahead), (0, 0))
        seen = np.column_stack([self.y[s], self.past[s]])  # [T, 1 + P]
        seen = np.pad(seen, still_to_come, constant_values=np.nan)[kept]
        columns: dict[str, object] = {"unique_id": self.ids[s], "ds": stamps[kept]}
        columns |= {c: seen[:, i] for i, c in enumerate(("y", *self.covariates.past))}
        columns |= {c: self.future[s, kept, i] for i, c in enumerate(self.covariates.future)}
        columns |= {c: self.static[s, i] for i, c in enumerate(self.covariates.static)}
        return pd.DataFrame(columns)


def long_to_panel(
    frame: pd.DataFrame, calendar: Calendar, covariates: Covariates | None = None
) -> Panel:
    """Lay a validated long frame on `calendar`.

    Args:
        frame: `unique_id, ds, y` and covariate columns, as `features.schema.validate` returns it.
            Rows past the calendar's last stamp hold known-future covariates and no `y`.
        calendar: the T stamps of the observed span.
        covariates: which columns to take along.
    """
    covariates = covariates or Covariates()
    ids = tuple(sorted(frame["unique_id"].unique()))
    row = pd.Categorical(frame["unique_id"], categories=list(ids)).codes.astype(np.int64)
    last = frame["ds"].max()
    ahead = 0
    if last > calendar.stamps[-1]:
        ahead = int((calendar.ahead_until(last) <= last).sum())
    stamps = calendar.stamps.append(calendar.ahead(ahead)) if ahead else calendar.stamps
    step = stamps.get_indexer(pd.DatetimeIndex(frame["ds"]))

    def grid(columns: tuple[str, ...], steps: int) -> Floats:
        out = np.full((len(ids), steps, len(columns)), np.nan)
        inside = (step >= 0) & (step < steps)
        for i, column in enumerate(columns):
            out[row[inside], step[inside], i] = frame[column].to_numpy(np.float64)[inside]
        return out

    steps = len(calendar.stamps)
    static = (
        frame.groupby("unique_id", sort=True)[list(covariates.static)].first().to_numpy(np.float64)
        if covariates.static
        else np.zeros((len(ids), 0))
    )
    return Panel(
        ids,
        calendar,
        grid(("y",), steps)[:, :, 0],
        grid(covariates.past, steps),
        grid(covariates.future, steps + ahead),
        static,
        covariates,
    )
