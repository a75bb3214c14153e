"""Figures of attention itself: its scores by width, and places that it is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.palette import INK
from evaluation.text.drawing import DIVERGING, labelled, legend, look, panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_scores(table: pd.DataFrame, title: str) -> Figure:
    """What each score gives and costs, over the width D of queries and keys.

    Args:
        table: score, width, spread (standard deviation of the scores), largest (mean of the largest
            weight of a query), slope (norm of the softmax's derivative, mean of the queries) and
            milliseconds (of a step forward and backward).
        title: of the figure.
    """
    figure, grid = panels(2, 2, 10.5, 6.6)
    columns = {
        "spread": ("standard deviation", "Scores, of queries and keys with variance 1"),
        "largest": ("largest weight, mean", "Softmax over them: 1 is one key alone"),
        "slope": ("norm of its derivative, mean", "Slope of the softmax: to learn from"),
        "milliseconds": ("ms, forward and backward", "Cost of a step"),
    }
    widths = sorted(table["width"].unique())
    for axes, (column, (unit, name)) in zip(grid, columns.items(), strict=True):
        for place, (score, rows) in enumerate(table.groupby("score", sort=False)):
            axes.plot(rows["width"], rows[column], label=score, **look(place))
        labelled(axes, "width D of queries and keys", unit, name)
        axes.set_xscale("log", base=2)
        axes.set_xticks(widths, [str(width) for width in widths])
        if column in ("spread", "milliseconds"):
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter("{x:g}")
        else:
            axes.set_ylim(bottom=0)
    legend(grid[-1], title="local is general, in a window", alignment="left")
    return titled(figure, title)


def plot_positions(
    table: Floats,
    sums: Mapping[int, Floats],
    turns: Mapping[int, Floats],
    moved: Mapping[str, float],
) -> Figure:
    """How places are told, and what they are good for.

    Args:
        table: [T, D] sinusoidal positions.
        sums: for some starts, [K] product of a word there with the same word k steps on, the
            sinusoidal position of each added to it.
        turns: the same of a word that is turned by its places.
        moved: for each way to tell places, how far self-attention's output of a sentence is from
            that of the same words in the opposite order, in units of its own size.
    """
    figure, (pattern, summed, turned, told) = panels(2, 2, 10.5, 6.8)
    image = pattern.imshow(table, cmap=DIVERGING, aspect="auto", vmin=-1, vmax=1)
    bar = figure.colorbar(image, ax=pattern, pad=0.02)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    labelled(pattern, "column", "place", "Sinusoidal positions: added to the words", grid=False)
    for axes, found, name in (
        (summed, sums, "Waves added: the score of a word depends on the place too"),
        (turned, turns, "Turned (rotary): only the distance counts, all lines are one"),
    ):
        for place, (start, values) in enumerate(found.items()):
            style = look(place, marked=False)
            if found is turns:  # they lie upon each other
                style["lw"] = 5 - 1.7 * place
            axes.plot(np.arange(len(values)), values, label=f"from place {start}", **style)
        labelled(axes, "steps to the same word further on", "product, 1 at no distance", name)
        legend(axes)
    bars = told.barh(list(moved), list(moved.values()), height=0.55, color=look(0)["color"])
    told.bar_label(bars, fmt=" {:.2f}", fontsize=9, color=INK)
    labelled(told, "change, relative", "", "Outputs, when the words are turned round", grid=False)
    told.invert_yaxis()
    told.set_xlim(0, 1.2 * max(*moved.values(), 0.1))
    return titled(figure, "Attention by itself knows no order: places have to be told")
