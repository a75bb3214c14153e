"""Versions of rows as columns of numbers: cut, sorted and compared without a loop over series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.optional import need
from features.panel import Floats, Integers
from features.store.segment import KEYS, PURPOSE, schema

Flags = NDArray[np.bool_]
EVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Cut:
    """Which versions are wanted; times are nanoseconds since 1970, both ends inclusive."""

    names: tuple[str, ...] | None = None
    """Sorted; None takes every series."""
    as_of: int = EVER
    start: int = -EVER
    end: int = EVER


@dataclass(frozen=True)
class Versions:
    """N versions of rows; those of the same row stand in the order in which they were fetched."""

    names: NDArray[np.object_]
    """Sorted."""
    code: Integers  # [N] which of `names`
    ds: Integers  # [N] nanoseconds
    fetched: Integers  # [N] nanoseconds
    values: dict[str, Floats]  # [N] each

    @classmethod
    def of(
        cls, tables: Sequence[Any], columns: Sequence[str], zone: str | None, cut: Cut
    ) -> Versions:
        """Those of all tables that `cut` wants; NaN where a table lacks a column."""
        pa = need("pyarrow", PURPOSE)
        empty = schema(columns, zone).empty_table().select([*KEYS, *columns])
        table = pa.concat_tables([empty, *tables], promote_options="default").unify_dictionaries()
        ids = table["unique_id"].combine_chunks()
        had = np.array(ids.dictionary.to_pylist(), dtype=object)
        names, rank = np.unique(had, return_inverse=True)
        code = rank.astype(np.int64)[ids.indices.to_numpy()]
        ds, fetched = (table[c].cast(pa.int64()).to_numpy() for c in ("ds", "fetched_at"))
        kept = (fetched <= cut.as_of) & (ds >= cut.start) & (ds <= cut.end)
        if cut.names is not None:
            kept &= np.isin(names, np.array(cut.names, dtype=object))[code]
        if not kept.all():
            code, ds, fetched, table = code[kept], ds[kept], fetched[kept], table.filter(kept)
        return cls(names, code, ds, fetched, {c: table[c].to_numpy() for c in columns})

    def __len__(self) -> int:
        return len(self.code)

    def take(self, which: Integers | Flags) -> Versions:
        """Some of them, by place or flag."""
        return Versions(
            self.names,
            self.code[which],
            self.ds[which],
            self.fetched[which],
            {column: values[which] for column, values in self.values.items()},
        )

    def order(self) -> tuple[Integers, Flags]:
        """The order by series, stamp and time of fetching, and what in it repeats the row before.

        Times of fetching need no sorting: they are in order for every row, and the sort is stable.
        """
        place, steps = pd.factorize(self.ds, sort=True)
        key = self.code * max(len(steps), 1) + place
        order = np.argsort(key, kind="stable")
        again = np.zeros(len(self), bool)
        again[1:] = np.diff(key[order]) == 0
        return order, again

    def in_order(self) -> Versions:
        """All of them, sorted."""
        return self.take(self.order()[0])

    def latest(self) -> Versions:
        """The last version of each row, sorted."""
        order, again = self.order()
        return self.take(order[~np.append(again[1:], False)[: len(self)]])

    def counts(self) -> dict[str, tuple[int, int]]:
        """How many rows each series has, and how many versions beyond the first of each."""
        order, again = self.order()
        size = len(self.names)
        versions = np.bincount(self.code, minlength=size)
        revisions = np.bincount(self.code[order[again]], minlength=size)
        pairs = zip((versions - revisions).tolist(), revisions.tolist(), strict=True)
        return dict(zip(self.names, pairs, strict=True))

    def changed(self, fetched: int) -> Versions:
        """Those fetched at that last moment that differ from the version before, sorted.

        Raises:
            ValueError: a row is among them twice.
        """
        order, again = self.order()
        versions = self.take(order)
        new = versions.fetched == fetched
        if (again[1:] & new[1:] & new[:-1]).any():
            raise ValueError("a table holds a stamp twice")
        same = again.copy()
        for values in versions.values.values():
            now, before = values[1:], values[:-1]
            same[1:] &= (now == before) | (np.isnan(now) & np.isnan(before))
        return versions.take(new & ~same)

    def table(self, columns: Sequence[str], zone: str | None) -> Any:
        """As rows of a segment."""
        pa = need("pyarrow", PURPOSE)
        kept = schema(columns, zone)
        ids = pa.DictionaryArray.from_arrays(
            pa.array(self.code, pa.int32()), pa.array(self.names, pa.string())
        )
        times = [
            pa.array(ns).cast(kept.field(i).type) for i, ns in ((1, self.ds), (2, self.fetched))
        ]
        nothing = [pa.nulls(len(self), kept.field(i).type) for i in (3, 4)]
        values = [pa.array(self.values[column]) for column in columns]
        return pa.Table.from_arrays([ids, *times, *nothing, *values], schema=kept)

    def frame(self, zone: str | None) -> pd.DataFrame:
        """As a long frame with `fetched_at`."""
        ds = pd.DatetimeIndex(self.ds.view("datetime64[ns]"))
        fetched = pd.DatetimeIndex(self.fetched.view("datetime64[ns]")).tz_localize("UTC")
        columns = {
            "unique_id": self.names[self.code],
            "ds": ds if zone is None else ds.tz_localize(zone),
            "fetched_at": fetched,
            **self.values,
        }
        return pd.DataFrame(columns, copy=False)


def stacked(
    tables: Mapping[str, pd.DataFrame], columns: Sequence[str], zone: str | None, fetched: int
) -> Versions:
    """One table a series, all fetched at that moment.

    Raises:
        ValueError: stamps that are NaT, or not naive or aware as the store's are.
    """
    names = np.array(sorted(name for name, table in tables.items() if len(table)), dtype=object)
    if not len(names):
        none = np.empty(0, np.int64)
        return Versions(names, none, none, none, {column: np.empty(0) for column in columns})
    table = pd.concat([tables[name] for name in names], ignore_index=True)
    code = np.repeat(np.arange(len(names)), [len(tables[name]) for name in names])
    return Versions(
        names,
        code,
        moments(pd.DatetimeIndex(table["ds"]), zone),
        np.full(len(code), fetched),
        {column: table[column].to_numpy(np.float64) for column in columns},
    )


def moments(stamps: pd.DatetimeIndex, zone: str | None) -> Integers:
    """Nanoseconds since 1970 of stamps that are naive or aware as the store's are."""
    if (stamps.tz is None) != (zone is None) or stamps.hasnans:
        raise ValueError(
            f"expected {'naive' if zone is None else 'UTC'} stamps, got {stamps.dtype}"
        )
    return stamps.as_unit("ns").asi8


def moment(stamp: pd.Timestamp, zone: str | None) -> int:
    """Nanoseconds since 1970 of one stamp."""
    return int(moments(pd.DatetimeIndex([stamp]), zone)[0])
