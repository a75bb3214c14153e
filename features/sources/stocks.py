"""Stocks: live, or the S&P 500 and NASDAQ Composite, daily 1999-2018, from package arch."""

from __future__ import annotations

import pandas as pd

from features.optional import need
from features.panel import Covariates
from features.sources.live import live_stocks
from features.sources.source import Fetched, Query, narrow

MODULES = {"SP500": "arch.data.sp500", "NASDAQ": "arch.data.nasdaq"}


def fetch_stocks(query: Query) -> Fetched:
    """Adjusted close as `y`, with open, high, low, close, volume and the day's range.

    Live where the query says so, else the sample.

    `range` is (high - low) / close. A volume of 0 on a day with trades is a hole in the record:
    it becomes NaN.
    """
    if query.live is not None:
        return live_stocks(query, query.live)
    frame = pd.concat([_series(name, module) for name, module in MODULES.items()])
    sample = Fetched(
        frame.reset_index(drop=True),
        title="S&P 500 and NASDAQ Composite, daily",
        unit="index points",
        calendar="XNYS",
        covariates=Covariates(past=("volume", "range")),
        log=True,
        experiment="stocks",
    )
    return narrow(sample, query)


def _series(name: str, module: str) -> pd.DataFrame:
    table: pd.DataFrame = need(module, "the stocks sample").load()
    table = table.rename(columns=str.lower).rename(columns={"adj close": "y"})
    frame = pd.DataFrame({"unique_id": name, "ds": table.index, "y": table["y"].to_numpy()})
    for column in ("open", "high", "low", "close", "volume"):
        frame[column] = table[column].to_numpy("float64")
    frame["volume"] = frame["volume"].where(frame["volume"] > 0)
    frame["range"] = (frame["high"] - frame["low"]) / frame["close"]
    return frame
