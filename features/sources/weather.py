"""Weather: live, or Seattle, daily 2012-2015, from the file inside package vega_datasets."""

from __future__ import annotations

import pandas as pd

from features.optional import need
from features.panel import Covariates
from features.sources.live import live_weather
from features.sources.source import Fetched, Query, narrow


def fetch_weather(query: Query) -> Fetched:
    """Each day's highest and lowest temperature as two series, with precipitation and wind.

    Live where the query says so, else the sample.
    """
    if query.live is not None:
        return live_weather(query, query.live)
    table: pd.DataFrame = need("vega_datasets", "the weather sample").local_data.seattle_weather()
    frame = table.melt(
        ["date", "precipitation", "wind"],
        ["temp_max", "temp_min"],
        var_name="unique_id",
        value_name="y",
    )
    frame = frame.rename(columns={"date": "ds"})
    sample = Fetched(
        frame[["unique_id", "ds", "y", "precipitation", "wind"]],
        title="Seattle weather, daily",
        unit="°C",
        calendar="D",
        covariates=Covariates(past=("precipitation", "wind")),
        experiment="weather",
    )
    return narrow(sample, query)
