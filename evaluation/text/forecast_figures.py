"""Figures of the course's fifth chapter: what scaling may know, and how sure an error is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evaluation.palette import ACTUAL, GRID, INK, NETWORKS
from evaluation.text.drawing import labelled, legend_beside, panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_scalings(
    stamps: pd.DatetimeIndex, scaled: Mapping[str, Floats], train: int, title: str
) -> Figure:
    """A series under several scalings, the training range on white.

    Args:
        stamps: [T].
        scaled: name of a scaling -> [T].
        train: steps of the training range, which comes first.
        title: of the figure.
    """
    figure, (axes,) = panels(1, 1, 9, 4.2)
    for colour, (name, values) in zip(NETWORKS, scaled.items(), strict=False):
        axes.plot(stamps, values, lw=1.2, color=colour, label=name)
    axes.axvspan(stamps[train], stamps[-1], color=GRID, alpha=0.5, lw=0)
    top = axes.get_xaxis_transform()
    axes.text(
        stamps[train], 0.98, " to be forecast", transform=top, va="top", color=INK, fontsize=8
    )
    axes.axhline(0, color=INK, lw=0.6)
    labelled(axes, "", "scaled value")
    legend_beside(figure, axes)
    return titled(figure, title)


def plot_intervals(table: pd.DataFrame, title: str, unit: str) -> Figure:
    """A dot and its 95 % interval a row, the best at the top.

    Args:
        table: indexed by name, with `value`, `lower` and `upper`.
        title: of the figure.
        unit: of the values.
    """
    table = table.sort_values("value", ascending=False)
    figure, (axes,) = panels(1, 1, 9, 1.2 + 0.45 * len(table))
    rows = np.arange(len(table))
    beyond = np.abs(table[["lower", "upper"]].to_numpy().T - table["value"].to_numpy())
    axes.errorbar(table["value"], rows, xerr=beyond, fmt="o", color=NETWORKS[0], capsize=3, lw=1.5)
    axes.set_yticks(rows, table.index)
    axes.set_ylim(-0.6, len(table) - 0.4)
    labelled(axes, unit, "", grid=False)
    axes.grid(axis="x", color=GRID, lw=0.6)
    return titled(figure, title)


def plot_monthly(table: pd.DataFrame, title: str, unit: str) -> Figure:
    """A line a column over the months of the index."""
    figure, (axes,) = panels(1, 1, 9, 4.2)
    marks = ("o", "s", "^", "D")
    for colour, mark, name in zip((*NETWORKS[:3], ACTUAL), marks, table.columns, strict=False):
        axes.plot(table.index, table[name], marker=mark, ms=4, color=colour, label=name)
    axes.set_ylim(bottom=0)
    labelled(axes, "", unit)
    legend_beside(figure, axes)
    return titled(figure, title)
