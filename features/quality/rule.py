"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from features.panel import Floats, Integers
from features.quality.observations import Observations

Severity = Literal["severe", "warning"]
"""What is severe stops a run before training, a warning is reported."""


@dataclass(frozen=True)
class Hits:
    """K places, each one step or a stretch of them, in any of the series."""

    code: Integers  # [K] number of the series
    first: pd.DatetimeIndex  # [K]
    last: pd.DatetimeIndex  # [K]
    count: Integers  # [K] steps
    value: Floats  # [K] what was found there
    text: str
    """What was found, with {value} and {count} of the longest of the places."""
    column: str = ""


@dataclass(frozen=True)
class Rule:
    """One check. Its name is its key in the registry."""

    severity: Severity
    description: str
    """One line for the legend of a table."""
    expected: str
    """What a sentence says was expected; {calendar} stands for the calendar's name."""
    action: str
    """What to do."""
    find: Callable[[Observations], Iterable[Hits]]
    needs: tuple[str, ...] = ()
    """Columns without which it cannot be checked."""


def points(
    data: Observations,
    rows: Integers,
    text: str,
    value: Floats | None = None,
    column: str = "",
) -> Hits:
    """Hits at single rows, with what was found at each."""
    ds = data.ds[rows]
    value = np.full(len(rows), np.nan) if value is None else value
    return Hits(data.code[rows], ds, ds, np.ones(len(rows), np.int64), value, text, column)


def missing(
    data: Observations, gaps: tuple[Integers, Integers, Integers], text: str, column: str = "close"
) -> Hits:
    """Hits at steps without a row; the value is their number."""
    code, step, length = gaps
    first, last = data.stamps[step], data.stamps[step + length - 1]
    return Hits(code, first, last, length, length.astype(np.float64), text, column)
