"""Tables with wild values after an origin, and what of two tables differs up to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

KEYS = ("model", "part", "unique_id", "cutoff", "ds")
"""Columns that name a row; all others hold values."""
WILD = 1000.0
"""How far beyond the largest value the wild ones lie: far, yet finite in float32."""
GONE = 4
"""Of so many rows after the origin one loses its values, so that missing ones are tried too."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Difference:
    """A column in which two tables differ, and the earliest row of it."""

    column: str
    series: str | None
    when: pd.Timestamp | None
    part: str | None
    """Model, or other part of the result, that the row is of."""


def poisoned(
    table: pd.DataFrame,
    origin: pd.Timestamp,
    columns: Collection[str] | None = None,
    ahead: Mapping[str, int | None] = {},
) -> pd.DataFrame:
    """The table with wild numbers, and some missing ones, in place of all after `origin`.

    Args:
        table: with a column `ds`; one without, and text and flags, stay as they are.
        origin: the last moment whose values are known.
        columns: those to change; None takes every column of numbers.
        ahead: steps after the origin up to which a column is known; None where for good.
    """
    if "ds" not in table:
        return table
    out, chosen = table.copy(), numbers(table) if columns is None else columns
    for column in chosen:
        lead = ahead.get(column, 0)
        if lead is None:
            continue
        last = origin if lead == 0 else _later(table["ds"], origin, lead)
        late = np.asarray(table["ds"] > last)
        out[column] = _wild(table, column, late, holes=column not in ahead)
    return out


def numbers(table: pd.DataFrame) -> list[str]:
    """The columns that hold numbers and name no row."""
    return [
        str(c)
        for c in table.columns
        if c not in KEYS
        and pd.api.types.is_numeric_dtype(table[c])
        and not pd.api.types.is_bool_dtype(table[c])
    ]


def _later(stamps: pd.Series, origin: pd.Timestamp, lead: int) -> pd.Timestamp:
    following = stamps[stamps > origin].drop_duplicates().sort_values()
    return origin if following.empty else following.iloc[:lead].iloc[-1]


def _wild(table: pd.DataFrame, column: str, late: Flags, holes: bool) -> pd.Series:
    values = table[column].copy()
    top = float(np.nanmax(np.abs(values.to_numpy("float64")), initial=1.0))
    kinds = 1 + np.arange(late.sum()) % 3
    wild = np.where(values[late].notna(), kinds * WILD * top, np.nan)
    if pd.api.types.is_integer_dtype(values.dtype):
        values[late] = wild.astype("int64").astype(values.dtype)
        return values
    if holes:  # not in the last rows of a series, whose end stays where it is
        wild[(np.arange(late.sum()) % GONE == 1) & (_from_end(table)[late] > 1)] = np.nan
    values[late] = wild
    return values


def _from_end(table: pd.DataFrame) -> NDArray[np.int64]:
    """[rows] How many rows of the same series follow."""
    ids = table["unique_id"] if "unique_id" in table else np.zeros(len(table))
    return table.groupby(ids, sort=False).cumcount(ascending=False).to_numpy()


def differences(clean: pd.DataFrame, other: pd.DataFrame, origin: pd.Timestamp) -> list[Difference]:
    """The columns in which two tables differ in what is of `origin` or earlier.

    A row is of its `cutoff` where it has one, else of its `ds`; one that is of no date counts at
    every origin. Values are equal to the bit or both missing.
    """
    keys = [key for key in KEYS if key in clean]
    a, b = (_known(table, keys, origin) for table in (clean, other))
    if len(a) != len(b) or not a[keys].equals(b[keys]):
        return [_row_in_one(a, b, keys)]
    found = []
    for column in (c for c in a.columns if c not in keys):
        moved = np.ones(len(a), bool) if column not in b else _moved(a[column], b[column])
        if moved.any():
            found.append(_earliest(a, str(column), moved))
    return found


def _known(table: pd.DataFrame, keys: list[str], origin: pd.Timestamp) -> pd.DataFrame:
    by = next((key for key in ("cutoff", "ds") if key in keys), None)
    rows = table if by is None else table[(table[by] <= origin) | table[by].isna()]
    return rows.sort_values(keys, kind="stable", ignore_index=True) if keys else rows


def _moved(a: pd.Series, b: pd.Series) -> Flags:
    one, two = a.to_numpy(), b.to_numpy()
    return ~((one == two) | (pd.isna(one) & pd.isna(two)))


def _row_in_one(a: pd.DataFrame, b: pd.DataFrame, keys: list[str]) -> Difference:
    joined = a[keys].merge(b[keys], how="outer", indicator="side") if keys else a[:0]
    alone = joined[joined["side"] != "both"] if keys else a
    return _earliest(alone, "ds", np.ones(len(alone), bool))


def _earliest(rows: pd.DataFrame, column: str, moved: Flags) -> Difference:
    time = next((key for key in ("cutoff", "ds") if key in rows), None)
    some = rows[moved]
    if some.empty:
        return Difference(column, None, None, None)
    row: Any = (some if time is None else some.sort_values(time, kind="stable")).iloc[0]
    part = next((str(row[key]) for key in ("model", "part") if key in rows), None)
    series = None if pd.isna(row.get("unique_id")) else str(row["unique_id"])
    when = None if time is None or pd.isna(row[time]) else row[time]
    return Difference(column, series, when, part)
