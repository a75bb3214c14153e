"""Forecasts beside what came, error by step ahead, training and attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation import interactive
from evaluation.backtest import Backtest
from evaluation.fans import fan
from evaluation.metrics import METRICS
from evaluation.plots import attention_title, horizon_table, horizon_title
from evaluation.protocol import EpochRecord
from evaluation.sections.drawing import Drawing, drawing
from evaluation.tables import plain_table
from features.panel import Floats, Panel


def fans(
    panel: Panel, parts: Sequence[Backtest], series: int, models: Sequence[str], unit: str
) -> list[Drawing]:
    """The forecast of one series from the last origin of each part."""
    drawings = []
    for part in parts:
        one = fan(part, panel, series, models)
        table = plain_table(one.summary, one.table())
        drawings.append(drawing(interactive.fan_figure(one, unit), one.summary, table))
    return drawings


def by_step(table: pd.DataFrame, unit: str) -> Drawing:
    """MAE by step ahead; `table` is from `leaderboard.by_horizon`."""
    title = horizon_title("mae")
    wide = horizon_table(table, "mae").rename_axis("step ahead")
    caption = f"{METRICS['mae'].label} by step ahead" + (f", {unit}" if unit else "")
    figure = interactive.horizon_figure(table, "mae", unit)
    return drawing(figure, title, plain_table(caption, wide))


def losses(
    histories: Mapping[str, Sequence[EpochRecord]], trained_on: Mapping[str, str]
) -> Drawing | None:
    """The loss of each network by epoch; None where none was trained."""
    trained = {model: epochs for model, epochs in histories.items() if epochs}
    if not trained:
        return None
    caption = "Loss by epoch: solid is validation, dotted is training, the dot is the epoch kept"
    for model in trained:
        if model in trained_on:
            caption += f"; training of {model} is of the {trained_on[model]} only"
    columns: dict[str, pd.Series[float]] = {}
    for model, epochs in trained.items():
        numbers = [epoch.number for epoch in epochs]
        columns[f"{model}, validation"] = pd.Series([e.validation_loss for e in epochs], numbers)
        columns[f"{model}, training"] = pd.Series([e.train_loss for e in epochs], numbers)
    table = plain_table("Loss by epoch", pd.DataFrame(columns).rename_axis("epoch"))
    return drawing(interactive.loss_figure(trained, trained_on), caption, table)


def attention(
    weights: Floats, model: str, series: str, origin: pd.Timestamp, segment: int
) -> Drawing:
    """Where a decoder looked: the map, and for each piece the state that it looked at most."""
    caption = attention_title(model, series, origin)
    pieces, span = weights.shape
    first = 1 + segment * np.arange(pieces)
    rows = {
        "looked at most (steps before the origin)": segment * (span - 1 - weights.argmax(axis=1)),
        "weight there": weights.max(axis=1),
        "weight of the last quarter": weights[:, -max(1, span // 4) :].sum(axis=1),
    }
    names = [str(f) if segment == 1 else f"{f}\u2013{f + segment - 1}" for f in first]
    frame = pd.DataFrame(rows, index=pd.Index(names, name="step ahead"))
    table = plain_table(f"Where {model} looked, by step ahead", frame)
    return drawing(interactive.attention_figure(weights, segment), caption, table)
