"""One fault a rule, planted into a clean table, and where it is to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tests.features.quality.tables import NOW

BAR = ["open", "high", "low", "close"]


@dataclass(frozen=True)
class Planted:
    """A table with a fault in series B, from stamp to stamp."""

    table: pd.DataFrame
    column: str
    first: pd.Timestamp
    last: pd.Timestamp
    count: int
    slack: pd.Timedelta = pd.Timedelta(0)


Plant = Callable[[pd.DataFrame, int], Planted]


def at(table: pd.DataFrame, column: str, row: int, last: int | None = None) -> Planted:
    last = row if last is None else last
    ds = table["ds"]
    return Planted(table, column, ds[row], ds[last], last - row + 1)


def cell(column: str, value: float) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        table.loc[row, column] = value
        return at(table, column, row)

    return plant


def repeat(table: pd.DataFrame, row: int) -> Planted:
    return at(pd.concat([table, table.loc[[row]]], ignore_index=True), "", row)


def ahead(table: pd.DataFrame, row: int) -> Planted:
    last = table[table["unique_id"] == "B"].iloc[[-1]]
    extra = last.assign(ds=(NOW + pd.Timedelta(days=3)).normalize())
    return at(pd.concat([table, extra], ignore_index=True), "", len(table))


def between(table: pd.DataFrame, row: int) -> Planted:
    extra = table.loc[[row]].assign(ds=table["ds"][row] + pd.Timedelta(minutes=30))
    return at(pd.concat([table, extra], ignore_index=True), "", len(table))


def saturday(table: pd.DataFrame, row: int) -> Planted:
    stamp = table["ds"][row]
    stamp += pd.Timedelta(days=5 - stamp.weekday())
    return at(pd.concat([table, table.loc[[row]].assign(ds=stamp)], ignore_index=True), "", 1500)


def level(factor: float, volume: float = 1.0) -> Plant:
    """All prices of B times a factor from the row on, with the row's volume times another."""

    def plant(table: pd.DataFrame, row: int) -> Planted:
        table.loc[row:999, BAR] *= factor
        table.loc[row, "volume"] *= volume
        return at(table, "close", row)

    return plant


def no_record(table: pd.DataFrame, row: int) -> Planted:
    row = int(table["split"].iloc[500:1000].gt(1).idxmax())
    table["split"] = 1.0
    kept = table["unique_id"] == "B"
    return at(table[kept].reset_index(drop=True), "close", row - 500)


def without(count: int) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        planted = at(table, "close", row, row + count - 1)
        table = table.drop(index=range(row, row + count))
        return Planted(table, "close", planted.first, planted.last, count)

    return plant


def above_high(table: pd.DataFrame, row: int) -> Planted:
    table.loc[row, "close"] = table.loc[row, "high"] * 1.01
    return at(table, "close", row)


def no_trade(table: pd.DataFrame, row: int) -> Planted:
    table.loc[row, "volume"] = 0.0
    return at(table, "close", row)


def same_bar(count: int) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        table.loc[row : row + count - 1, BAR] = table.loc[row, BAR].to_numpy(float)
        return at(table, "close", row, row + count - 1)

    return plant


def fahrenheit(table: pd.DataFrame, row: int) -> Planted:
    """Some weeks of winter, there and back."""
    rows = pd.RangeIndex(row + 225, row + 285)
    table.loc[rows, "temp"] = table.loc[rows, "temp"] * 1.8 + 32
    taken = table[["unique_id", "ds", "temp"]]
    return Planted(taken, "temp", table["ds"][rows[0]], table["ds"][rows[-1] + 1], 2)


def metres(table: pd.DataFrame, row: int) -> Planted:
    table.loc[row:1459, "wspd"] /= 3.6
    planted = at(table, "wspd", row)
    return Planted(table, "wspd", planted.first, planted.last, 1, pd.Timedelta(days=15))


def cold_day(table: pd.DataFrame, row: int) -> Planted:
    table.loc[row, "tmin"] = table.loc[row, "temp"] + 0.8
    return at(table, "tmin", row)


def stuck(column: str, count: int) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        # the values beside the stretch are not to continue it
        table.loc[row - 1 : row + count, column] = [7.0, *[8.0] * count, 9.0]
        return at(table, column, row, row + count - 1)

    return plant


def spike(column: str, by: float) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        table.loc[row - 1 : row + 1, column] = 1000.0 + np.array([0.0, by, 0.0])
        return at(table, column, row)

    return plant


def hole(column: str, count: int) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        table.loc[row : row + count - 1, column] = np.nan
        return at(table, column, row, row + count - 1)

    return plant


def holes(column: str, every: int) -> Plant:
    def plant(table: pd.DataFrame, row: int) -> Planted:
        rows = table.index[(table["unique_id"] == "B") & (table.index % every == 5)]
        table.loc[rows, column] = np.nan
        ds = table.loc[(table["unique_id"] == "B") & table[column].notna(), "ds"]
        return Planted(table, column, ds.iloc[0], ds.iloc[-1], len(rows))

    return plant


PLANTS: dict[str, dict[str, Plant]] = {
    "prices": {
        "duplicate-stamps": repeat,
        "future-dates": ahead,
        "infinite-values": cell("volume", np.inf),
        "off-calendar": saturday,
        "prices-not-positive": cell("low", 0.0),
        "impossible-amounts": cell("volume", -5.0),
        "unit-change": level(100.0),
        "split-not-in-prices": cell("split", 3.0),
        "unrecorded-split": no_record,
        "price-jump": level(0.5, volume=20.0),
        "missing-quarter": without(61),
        "missing-sessions": without(3),
        "outside-range": above_high,
        "stale-prices": same_bar(5),
        "move-without-volume": no_trade,
    },
    "weather": {
        "duplicate-stamps": repeat,
        "future-dates": ahead,
        "infinite-values": cell("prcp", -np.inf),
        "off-calendar": between,
        "unit-change": fahrenheit,
        "wind-unit-change": metres,
        "impossible-values": cell("rhum", 101.0),
        "disorder": cold_day,
        "stuck-sensor": stuck("wspd", 6),
        "spike": spike("pres", 45.0),
        "long-gap": hole("pres", 14),
        "missing-share": holes("pres", 8),
    },
}
