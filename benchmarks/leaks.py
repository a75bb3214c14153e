"""Leaks to plant, each as a user would: a column, a source, a function in the place of another."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

import features.lens
import features.normalize
import features.panel
import features.signal
import features.sources
import models.encoder
import models.forecaster
from benchmarks import impostors
from evaluation.leaderboard import select
from features.sources import SOURCES, Fetched, Query
from features.sources.source import narrow
from features.store import Shelf
from flows import steps
from flows.fanout import refits
from flows.results import Result
from models.registry import MODELS

STEPS = 420
PAST: dict[str, Any] = {"past": ["wind"]}
PRICES = ("open", "high", "low", "close", "volume", "dividend", "split")
SESSIONS = pd.bdate_range("2022-01-03", periods=STEPS)
FETCHED = (pd.Timestamp("2023-06-01", tz="UTC"), pd.Timestamp("2023-12-01", tz="UTC"))
"""When the store was filled, and when it was filled again: some origins lie between the two."""


@dataclass
class Garden:
    """Where a leak is planted."""

    folder: Path
    swap: Callable[[Any, str, Any], None]
    """Put a thing in the place of an attribute, or of an entry of a dict."""

    def csv(self, frame: pd.DataFrame, name: str = "series.csv") -> dict[str, Any]:
        """Parameters of a file."""
        frame.to_csv(self.folder / name, index=False)
        return {"source": str(self.folder / name)}


@dataclass(frozen=True)
class Plant:
    """A leak, and what an audit has to name."""

    name: str
    step: str
    column: str
    plant: Callable[[Garden], Mapping[str, Any]]
    """Plants it, and gives the parameters that differ."""


@contextmanager
def garden(folder: Path) -> Iterator[Garden]:
    """A place where all that is planted is gone in the end."""
    with ExitStack() as stack:

        def swap(owner: Any, name: str, value: Any) -> None:
            one = patch.dict(owner, {name: value}) if isinstance(owner, MutableMapping) else None
            stack.enter_context(one or patch.object(owner, name, value))

        swap(os.environ, "FORECASTLE_HOME", str(folder))
        yield Garden(folder, swap)


def series(holes: bool = False, seed: int = 0) -> pd.DataFrame:
    """Two series that wander, and the wind; in some series with holes."""
    parts = []
    for k, name in enumerate(("a", "b")):
        rng = np.random.default_rng(seed + k)
        y = 100 + 3 * np.sin(2 * np.pi * np.arange(STEPS) / 7) + rng.normal(size=STEPS).cumsum()
        wind = 5 + pd.Series(rng.normal(size=STEPS)).ewm(alpha=0.4).mean()
        if holes:
            y[np.arange(STEPS) % 25 // 6 == 2] = np.nan
        ds = pd.date_range("2022-01-01", periods=STEPS)
        parts.append(pd.DataFrame({"unique_id": name, "ds": ds, "y": y, "wind": wind}))
    return pd.concat(parts, ignore_index=True)


def column(make: Callable[[pd.DataFrame], pd.Series], name: str, **covariates: Any) -> Any:
    """Plant a column of a file that is made of each series."""

    def plant(at: Garden) -> dict[str, Any]:
        frame = series()
        frame[name] = pd.concat([make(part) for _, part in frame.groupby("unique_id")])
        asked = covariates or {"past": ["wind", name]}
        if name in asked.get("future", ()):  # it has no holes
            frame[name] = frame.groupby("unique_id")[name].transform(lambda x: x.bfill().ffill())
        return {**at.csv(frame), "covariates": asked}

    return plant


def source(make: Callable[[pd.DataFrame], pd.DataFrame]) -> Any:
    """Plant a source that makes something of each series in the span that is asked for."""

    def plant(at: Garden) -> dict[str, Any]:
        def fetch(query: Query) -> Fetched:
            given = Fetched(series(holes=True), title="planted", calendar="D")
            cut = narrow(given, query)
            parts = [make(part.copy()) for _, part in cut.frame.groupby("unique_id")]
            return replace(cut, frame=pd.concat(parts, ignore_index=True))

        at.swap(SOURCES, "planted", fetch)
        return {"source": "planted", "covariates": PAST}

    return plant


def swapped(owner: Any, name: str, value: Any, holes: bool = False, **fields: Any) -> Any:
    """Plant a thing in the place of another."""

    def plant(at: Garden) -> dict[str, Any]:
        at.swap(owner, name, value)
        return {**at.csv(series(holes)), "covariates": PAST, **fields}

    return plant


def model(name: str, value: Any) -> Any:
    """Plant a forecaster in the registry."""
    return swapped(MODELS, name, value)


def store(revise: Callable[[pd.DataFrame], pd.DataFrame], **fields: Any) -> Any:
    """Plant a store of live prices whose second fetch says something else."""

    def plant(at: Garden) -> dict[str, Any]:
        shelf = Shelf(at.folder / "store", "yahoo", "1d", PRICES)
        asked = {"AAA": (SESSIONS[0], SESSIONS[-1])}
        first, second = prices(), revise(prices())
        early = first[first["ds"] < FETCHED[0].tz_localize(None)]
        shelf.append({"AAA": early}, asked, FETCHED[0])
        shelf.append({"AAA": second}, asked, FETCHED[1])
        live = {"symbols": ["AAA"], "accept": ["unrecorded-split"]}
        as_of = FETCHED[1] + pd.Timedelta(days=1)
        common = {"live": live, "as_of": as_of.isoformat(), "calendar": "B"}
        return {"source": "stocks", "start": str(SESSIONS[0]), **common, **fields}

    return plant


def prices() -> pd.DataFrame:
    """As traded, without splits."""
    rng = np.random.default_rng(5)
    close = (100 * np.exp(rng.normal(0, 0.01, STEPS).cumsum())).round(2)
    bars = {"open": close, "high": close * 1.01, "low": close * 0.99, "close": close}
    volume = rng.integers(1_000, 100_000, STEPS) * 10.0
    return pd.DataFrame({"ds": SESSIONS, **bars, "volume": volume, "dividend": 0.0, "split": 1.0})


def revised_bar(table: pd.DataFrame) -> pd.DataFrame:
    """One close is another, fetched again months later."""
    bars = ["open", "high", "low", "close"]
    table.loc[table.index[360], bars] *= 1.02
    return table


def split_later(table: pd.DataFrame) -> pd.DataFrame:
    """A split two for one on a day of the test range, after most origins."""
    bars = ["open", "high", "low", "close"]
    table.loc[table.index[400] :, bars] /= 2
    table.loc[table.index[400], "split"] = 2.0
    return table


def _centred(part: pd.DataFrame) -> pd.Series:
    return part["y"].rolling(7, center=True).mean()


def _gaps(x: pd.Series, every: int = 14, long: int = 6) -> pd.Series:
    return x.where(np.arange(len(x)) % every >= long)


def _walk(part: pd.DataFrame) -> pd.Series:
    steps_taken = np.random.default_rng(len(part) + int(part.index[0])).normal(size=len(part))
    return pd.Series(steps_taken.cumsum(), part.index)


PLANTS = [
    Plant("whole-series scaler", "scaling", "y",
          swapped(features.normalize.Normalizer, "fit", impostors.whole_scaler)),
    Plant("scaler of a covariate", "scaling", "wind",
          swapped(features.lens.Lens, "fit", impostors.whole_past)),
    Plant("lens fitted on validation", "scaling", "y",
          swapped(features.lens.Lens, "fit", impostors.lens_too_long)),
    Plant("centred rolling mean, in a file", "data", "smooth", column(_centred, "smooth")),
    Plant("centred rolling median, in a file", "data", "smooth",
          column(lambda p: p["y"].rolling(7, center=True).median(), "smooth")),
    Plant("centred rolling mean, in a source", "fetch", "wind",
          source(lambda p: p.assign(wind=p["wind"].rolling(7, center=True).mean()))),
    Plant("centred rolling mean, in the features", "features", "y",
          swapped(features.lens.Lens, "signal", impostors.smoothed)),
    Plant("back-filled gaps, in a file", "data", "x",
          column(lambda p: _gaps(_walk(p)).bfill().ffill(), "x")),
    Plant("back-filled gaps, in a source", "fetch", "y",
          source(lambda p: p.assign(y=p["y"].bfill()))),
    Plant("back-filled gaps, at the door", "validation", "y",
          swapped(steps, "to_panel", impostors.back_filled, holes=True)),
    Plant("interpolated gaps, in a file", "data", "x",
          column(lambda p: _gaps(_walk(p)).interpolate().bfill(), "x")),
    Plant("gaps filled with the mean of all", "validation", "y",
          swapped(steps, "to_panel", impostors.mean_filled, holes=True)),
    Plant("clipped at quantiles of all", "fetch", "y",
          source(lambda p: p.assign(y=p["y"].clip(*p["y"].quantile([0.05, 0.95]))))),
    Plant("scaled over the whole file", "fetch", "y",
          swapped(features.sources, "read_file", impostors.whole_file)),
    Plant("tomorrow's weather as past", "data", "tomorrow",
          column(lambda p: p["wind"].shift(-1), "tomorrow")),
    Plant("tomorrow's target as past", "data", "next", column(lambda p: p["y"].shift(-1), "next")),
    Plant("return of the next week as past", "data", "ahead",
          column(lambda p: np.log(p["y"]).diff(5).shift(-5), "ahead")),
    Plant("label of the next move as past", "data", "up",
          column(lambda p: (p["y"].shift(-1) > p["y"]) * 1.0, "up")),
    Plant("target declared known-future", "data", "f",
          column(lambda p: p["y"].rolling(3).mean(), "f", future=["f"])),
    Plant("weather declared known-future", "data", "f",
          column(lambda p: p["wind"], "f", past=["wind"], future=["f"])),
    Plant("look-ahead in what stands beside", "covariates beside", "smooth",
          swapped(features.sources, "beside_file", impostors.smooth_beside, known_ahead="any.csv",
                  covariates={"past": ["wind", "smooth"]})),
    Plant("target in its own input", "forecast", "y",
          swapped(features.signal.Signal, "points", impostors.next_points)),
    Plant("encoder that looks ahead", "forecast", "y",
          swapped(models.encoder.Encoder, "forward", impostors.both_ways)),
    Plant("forecaster that reads tomorrow", "forecast", "y",
          model("drift", lambda recipe: impostors.Peeking(recipe.horizon))),
    Plant("forecaster that reads tomorrow's wind", "forecast", "wind",
          model("drift", lambda recipe: impostors.Windy(recipe.horizon))),
    Plant("fit that reads everything", "fit", "y",
          model("drift", lambda recipe: impostors.Climate(recipe.horizon))),
    Plant("early stop on the test range", "fit", "y",
          lambda at: _stop_late(at)),
    Plant("calibration on the whole test range", "calibration", "y",
          swapped(steps, "calibrated", impostors.final_margins)),
    Plant("selection on the test range", "selection", "y",
          swapped(Result, "chosen", property(lambda result: select(result.test)))),
    Plant("test range handed on as validation", "selection", "y",
          swapped(steps, "compare", impostors.tested)),
    Plant("refits on the whole series", "refit", "y",
          swapped(refits, "rolling_backtest", impostors.all_known, refit_every=40)),
    Plant("price revised after the origin", "fetch", "close", store(revised_bar)),
    Plant("split after the origin, level shown", "fetch", "y",
          store(split_later, network={"level": True, "hidden": 4, "look_back": 14},
                scaling={"scaler": "none"})),
]  # fmt: skip
"""Every one must be found, by step and column."""


def _stop_late(at: Garden) -> dict[str, Any]:
    """An early stop on the validation and the test range."""
    at.swap(models.forecaster, "forecasting_task", impostors.late_judge)
    until = features.panel.Panel.until
    at.swap(features.panel.Panel, "until", lambda panel, step: until(panel, panel.steps - 1))
    return {**at.csv(series()), "covariates": PAST}
