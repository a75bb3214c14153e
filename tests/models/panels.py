"""Panels and forecasters that the model tests share."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Literal

import numpy as np
import pandas as pd

from features.calendars import Calendar
from features.normalize import Scaling
from features.panel import Covariates, Panel
from features.splits import Split
from models.registry import AnyForecaster, Recipe, build
from models.settings import NetworkSettings, TrainingSettings

STEPS, HORIZON = 130, 5
SPLIT = Split(range(0, 90), range(90, 110), range(110, 130))
NETWORKS = [f"{c}-{s}" for c in ("lstm", "gru") for s in ("direct", "recursive", "seq2seq")]
ENSEMBLE = "gru-direct, 2 members"
QUANTILES = [f"{c}-{s} quantiles" for c in ("lstm", "gru") for s in ("direct", "seq2seq")]
PLAIN = Scaling()
TRAINING = TrainingSettings(epochs=1, batch_rows=16, chunk_origins=8)


@lru_cache
def rich_panel() -> Panel:
    """Three positive series with different starts, gaps, and covariates of every kind."""
    rng = np.random.default_rng(3)
    walk = rng.normal(size=(3, STEPS)).cumsum(axis=1)
    y = 30 + 4 * np.sin(np.arange(STEPS) / 3.5) + walk
    y[1, :17] = np.nan
    y[2, [40, 41, 55, 100, 117]] = np.nan
    past = rng.normal(size=(3, STEPS, 1)).cumsum(axis=1)
    past[0, 50:53] = np.nan
    return Panel(
        ("a", "b", "c"),
        Calendar("D", pd.date_range("2020-01-01", periods=STEPS)),
        np.abs(y) + 1,
        past,
        rng.normal(size=(3, STEPS + HORIZON, 1)),
        np.array([[1.0], [2.0], [4.0]]),
        Covariates(("volume",), ("promotion",), ("sector",)),
    )


def fit(
    name: str,
    scaling: Scaling,
    panel: Panel,
    segment: int = 1,
    attention: Literal["dot", "additive"] = "dot",
) -> AnyForecaster:
    """A forecaster after one epoch on `panel`.

    A name may end in the number of members, or in `quantiles` of what is trained for them.
    """
    name, _, members = name.removesuffix(" members").partition(", ")
    training = replace(TRAINING, members=int(members or 1))
    if name.endswith(" quantiles"):
        name, training = name.removesuffix(" quantiles"), replace(training, loss="quantile")
    network = NetworkSettings(
        layers=2,
        hidden=8,
        segment=segment,
        look_back=12,
        dropout=0.2,
        attention=attention,
        level=segment > 1,
        highway=segment > 1,
    )
    forecaster = build(name, Recipe(HORIZON, 1, network, training, scaling))
    forecaster.fit(panel, SPLIT)
    return forecaster


@lru_cache
def fitted(
    name: str,
    scaling: Scaling = PLAIN,
    segment: int = 1,
    attention: Literal["dot", "additive"] = "dot",
) -> AnyForecaster:
    """A forecaster after one epoch on the rich panel."""
    return fit(name, scaling, rich_panel(), segment, attention)
