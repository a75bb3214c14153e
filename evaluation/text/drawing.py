"""What the figures of the course have in common: their paper, their titles, their lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evaluation.palette import GREY, GRID, INK, NETWORKS
from evaluation.plots import DPI

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = "osD^vX"
DIVERGING, SEQUENTIAL = "RdBu_r", "cividis"
"""Scales of colours: of values on both sides of zero, and of amounts."""


def panels(
    rows: int, columns: int, width: float = 9.0, height: float = 4.2, **shared: Any
) -> tuple[Figure, list[Axes]]:
    """A figure and its axes, row by row; `shared` goes to `Figure.subplots`."""
    from matplotlib.figure import Figure

    figure = Figure((width, height), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, **shared)
    return figure, list(grid.flat)


def titled(figure: Figure, title: str) -> Figure:
    """The figure under a title of its own."""
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold", color=INK)
    return figure


def labelled(axes: Axes, x: str, y: str, title: str = "", grid: bool = True) -> None:
    """Labels with units, and no more frame than is needed."""
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    if title:
        axes.set_title(title, fontsize=9.5, loc="left", color=INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, color=GREY)
    if grid:
        axes.grid(axis="y", color=GRID, lw=0.6)
        axes.set_axisbelow(True)


def look(place: int, marked: bool = True) -> dict[str, Any]:
    """The line of whatever has a place in an order: its colour, and its marker."""
    style: dict[str, Any] = {"color": NETWORKS[place % len(NETWORKS)], "lw": 1.8}
    return style | ({"marker": MARKERS[place % len(MARKERS)], "ms": 4.5} if marked else {})


def legend(axes: Axes, **where: Any) -> None:
    """What the lines of these axes are."""
    style: dict[str, Any] = {"fontsize": 8.5, "title_fontsize": 8.5}
    axes.legend(frameon=False, **style | where)


def legend_beside(figure: Figure, axes: Axes) -> None:
    """What the lines of these axes are, to the right of them all."""
    lines = axes.get_legend_handles_labels()
    figure.legend(*lines, loc="outside right center", frameon=False, fontsize=8.5)


def shown(character: str) -> str:
    """A character as one can see it."""
    return {"\n": "↵", " ": "␣", "\t": "⇥"}.get(character, character)
