"""Clean tables, simulated: prices on New York's sessions, weather by day or by hour."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd

from features.calendars import make_calendar
from features.quality import examine

NOW = pd.Timestamp("2024-06-28 20:00")


@lru_cache
def sessions(count: int) -> pd.DatetimeIndex:
    """The last sessions up to NOW."""
    return make_calendar("XNYS", pd.Timestamp("2020-01-01"), NOW.normalize()).stamps[-count:]


def prices(seed: int = 0, ids: Sequence[str] = ("A", "B", "C"), steps: int = 500) -> pd.DataFrame:
    """Heavy-tailed returns; each series has a split of 2 for 1 and quarterly dividends."""
    return pd.concat(
        [_prices(np.random.default_rng([seed, k]), name, steps) for k, name in enumerate(ids)],
        ignore_index=True,
    )


def _prices(rng: np.random.Generator, name: str, steps: int) -> pd.DataFrame:
    split = np.ones(steps)
    split[steps // 2 : steps // 2 + 1] = 2.0
    close = rng.uniform(20, 300) * np.exp(np.cumsum(0.012 * rng.standard_t(6, steps)))
    opened = close * np.exp(rng.normal(0, 0.004, steps))
    shares = np.cumprod(split)
    bar = {
        "open": opened,
        "high": np.maximum(opened, close) * np.exp(rng.exponential(0.005, steps)),
        "low": np.minimum(opened, close) * np.exp(-rng.exponential(0.005, steps)),
        "close": close,
    }
    rest = {
        "volume": (rng.lognormal(13, 0.3, steps) * shares).round(),
        "dividend": np.where(np.arange(steps) % 63 == 62, (close / shares * 0.006).round(2), 0.0),
        "split": split,
    }
    keys = {"unique_id": name, "ds": sessions(steps)}
    return pd.DataFrame(keys | {c: (v / shares).round(4) for c, v in bar.items()} | rest)


def weather(
    seed: int = 0, ids: Sequence[str] = ("A", "B", "C"), steps: int = 730, freq: str = "D"
) -> pd.DataFrame:
    """Seasons, a day's cycle by the hour, and weather that lasts some days."""
    stamps = pd.date_range(end=NOW.floor(freq), periods=steps, freq=freq)
    return pd.concat(
        [_weather(np.random.default_rng([seed, k]), name, stamps) for k, name in enumerate(ids)],
        ignore_index=True,
    )


def _weather(rng: np.random.Generator, name: str, stamps: pd.DatetimeIndex) -> pd.DataFrame:
    steps, hourly = len(stamps), len(set(stamps.hour)) > 1
    lasting = 0.99 if hourly else 0.75
    year = -np.cos(2 * np.pi * stamps.dayofyear.to_numpy() / 365.25)
    day = -np.cos(2 * np.pi * stamps.hour.to_numpy() / 24) if hourly else 0.0
    temp = 11 + 10 * year + 4 * day + 3.5 * _lasting(rng, steps, lasting)
    dry = rng.uniform(1, 9, steps)
    values = {
        "temp": temp,
        "tmin": temp - rng.uniform(1, 6, steps),
        "tmax": temp + rng.uniform(1, 6, steps),
        "dwpt": temp - dry - 0.5,
        "rhum": (100 - 6 * dry).clip(5, 100).round(),
        "prcp": np.where(rng.random(steps) < 0.3, rng.gamma(0.7, 6, steps), 0.0),
        "snwd": np.zeros(steps),
        "wdir": (10 * rng.integers(0, 36, steps)).astype(float),
        "wspd": rng.gamma(4, 3.5, steps),
        "wpgt": rng.gamma(6, 6, steps),
        "pres": 1015 + 8 * _lasting(rng, steps, lasting),
        "tsun": rng.uniform(0, 55, steps).round() * (1 if hourly else 10),
    }
    keys = {"unique_id": name, "ds": stamps}
    return pd.DataFrame(keys | {c: v.round(1) for c, v in values.items()})


def _lasting(rng: np.random.Generator, steps: int, share: float) -> np.ndarray:
    """An autoregression of unit spread."""
    news = rng.normal(0, np.sqrt(1 - share**2), steps)
    weights = share ** np.arange(min(steps, int(10 / (1 - share))))
    return np.convolve(news, weights)[:steps]


def found(table: pd.DataFrame, calendar: str) -> pd.DataFrame:
    """What `examine` finds in it; the kind shows by the columns."""
    kind = "prices" if {"close", "low"} & set(table) else "weather"
    out = examine(table, kind, calendar, NOW)
    return out[out["outcome"] == "found"].reset_index(drop=True)
