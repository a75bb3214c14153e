"""Do forecast distributions keep what they promise: coverage by step, PIT, slices of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from evaluation import interactive
from evaluation.palette import styles
from evaluation.plots import metric_label
from evaluation.sections.drawing import Drawing, drawing
from evaluation.tables import plain_table
from features.levels import LEVELS
from features.panel import Floats


def coverage(by_step: pd.DataFrame, models: Sequence[str]) -> Drawing | None:
    """The share inside the 90 % interval by step ahead; None where no model has one."""
    if "coverage_90" not in by_step:
        return None
    told = by_step["coverage_90"].groupby(level="model").any()
    models = [model for model in models if told.get(model, False)]
    if not models:
        return None
    caption = "Inside the 90 % interval, by step ahead: the dashed line is what was promised"
    wide = (100 * by_step["coverage_90"]).unstack("model")[models].rename_axis("step ahead")
    table = plain_table("Share of the observations inside the 90 % interval, in %", wide)
    return drawing(interactive.coverage_figure(by_step, models), caption, table)


def pit(shares: Mapping[str, Floats], models: Sequence[str]) -> Drawing | None:
    """The histogram of the probability integral transform; `shares`: model -> [Q + 1]."""
    models = [model for model in models if model in shares]
    if not models:
        return None
    edges = [0.0, *LEVELS, 1.0]
    names = [f"{100 * low:.0f}\u2013{100 * high:.0f} %" for low, high in pairwise(edges)]
    columns = {"promised": np.diff(edges)} | {model: shares[model] for model in models}
    frame = 100 * pd.DataFrame(columns, index=pd.Index(names, name="between levels"))
    caption = "Where observations fell in the forecast distribution: level with 1 is honest"
    table = plain_table("Share of the observations between levels, in %", frame)
    return drawing(interactive.pit_figure(shares, models), caption, table)


def slices(table: pd.DataFrame, models: Sequence[str], unit: str) -> list[Drawing]:
    """The MAE of `models` by month, weekday and so on; one drawing a kind.

    `table` is indexed by `kind`, `slice` and `model`; its column `mae` is shown.
    """
    look = styles(table.index.unique("model"))
    drawings = []
    for kind in table.index.unique("kind"):
        part = table["mae"].xs(kind, level="kind")
        order = part.index.unique("slice")
        wide = part.unstack("model").loc[order, [m for m in models if m in look]]
        figure = interactive.slice_figure(wide, look, metric_label("mae", unit))
        caption = f"{metric_label('mae', unit)} by {kind}"
        drawings.append(drawing(figure, caption, plain_table(caption, wide.rename_axis(kind))))
    return drawings
