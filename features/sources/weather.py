"""Sample: daily weather in Seattle, 2012-2015, from the file inside package vega_datasets."""

from __future__ import annotations

import pandas as pd

from features.optional import need
from features.panel import Covariates
from features.sources.source import Fetched, Query, narrow


def fetch_weather(query: Query) -> Fetched:
    """Each day's highest and lowest temperature as two series, with precipitation and wind."""
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
