"""The forensic test: columns that were made with the future before anyone here saw them.

A past-only covariate is suspect where what came later determines it and what came before does not.
No test of a table alone can prove it: what it cannot decide it does not name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from evaluation.audit import explain
from evaluation.audit.fills import filled_backwards, interpolated
from evaluation.audit.leak import Leak, place
from features.panel import Covariates, Floats

STEP = "data"
"""The step that such columns are leaks of: they came with the data."""
ROWS = 3000
"""Latest rows of a series that are looked at."""
SERIES = 4
"""Series that are looked at, the first ones; a column is suspect where it is so in most of them."""
COLUMNS = 12
"""Most past-only covariates that are held against each other."""


@dataclass(frozen=True)
class _Series:
    """The latest rows of one series."""

    name: str
    table: pd.DataFrame

    def values(self, column: str) -> Floats:
        """[T]"""
        return self.table[column].to_numpy("float64")

    @cached_property
    def y(self) -> Floats:
        """[T] The target up to its last observation."""
        return self.values("y")


def suspects(frame: pd.DataFrame, covariates: Covariates, horizon: int = 1) -> list[Leak]:
    """Columns of a long frame that seem to know the future, each with what gives it away.

    Args:
        frame: `unique_id, ds, y` and the covariates' columns.
        covariates: past-only ones are held against what came after their step, known-future ones
            against what came after the step that lies a horizon before theirs.
        horizon: H, how long before its step a known-future covariate has to be known.
    """
    names = sorted(frame["unique_id"].unique(), key=str)[:SERIES]
    parts = [_series(frame, name) for name in names]
    found: list[Leak] = []
    for column in covariates.past:
        found += _most(parts, column, [_past_only(p, column, covariates.past) for p in parts])
    for column in covariates.future:
        said = [_known_ahead(p, column, covariates.past, horizon) for p in parts]
        found += _most(parts, column, said)
    for column in ("y", *covariates.past):
        found += _most(parts, column, [_filled(p, column) for p in parts], least=1)
    return found


def _series(frame: pd.DataFrame, name: object) -> _Series:
    rows = frame[frame["unique_id"] == name].sort_values("ds")
    last = rows.loc[rows["y"].notna(), "ds"].max()
    return _Series(str(name), rows[rows["ds"] <= last].tail(ROWS).reset_index(drop=True))


def _most(
    parts: list[_Series], column: str, said: list[str | None], least: int | None = None
) -> Iterator[Leak]:
    """One leak where most series say so (or as many as `least`), named after the first of them."""
    loud = [(part, why) for part, why in zip(parts, said, strict=True) if why]
    if len(loud) >= (least or len(parts) // 2 + 1):
        part, why = loud[0]
        more = f" (and {len(loud) - 1} more)" if len(loud) > 1 else ""
        sentence = f"{STEP}: {column!r}{place(part.name, None)}{more} {why}."
        yield Leak(STEP, column, part.name, None, sentence)


def _past_only(part: _Series, column: str, past: tuple[str, ...]) -> str | None:
    x = part.values(column)
    if not explain.varies(x):
        return None
    for kind, z in explain.forms(part.y).items():
        if explain.needs_later(x, z, own=True):
            return f"is {kind} after its step, which the past does not explain"
    if explain.holds_later(x, part.y):
        return "holds values of 'y' from after its step, as a centred median does"
    if explain.tells_sign(x, part.y):
        return "tells whether 'y' rises or falls after its step"
    for other in [name for name in past[:COLUMNS] if name != column]:
        z = part.values(other)
        if explain.ends_earlier(x, z) and explain.needs_later(x, z, own=False):
            return f"is made of {other!r} after its step, and ends before it does"
    return None


def _known_ahead(part: _Series, column: str, past: tuple[str, ...], horizon: int) -> str | None:
    f = part.values(column)
    if not explain.varies(f):
        return None
    if explain.needs_target(f, part.y, horizon):
        return "is declared known-future and is made of 'y' at its own step or later"
    for other in past:
        if explain.equal(f, part.values(other)) and not explain.repeats(f, horizon):
            return f"is declared known-future and is equal to {other!r}, which is past-only"
    return None


def _filled(part: _Series, column: str) -> str | None:
    x = part.values(column)
    if interpolated(x):
        return "has gaps that were filled by straight lines to the value after them"
    if filled_backwards(x):
        return "has gaps that were filled with the value after them"
    return None
