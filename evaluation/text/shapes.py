"""The shapes of a recurrent network as diagrams: which steps read, and which answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evaluation.palette import GREY, INK, NETWORKS
from evaluation.text.drawing import panels, titled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEPS = 4
"""Drawn of many."""
ROWS = ("reads", "state", "answers")


def plot_shapes(notes: Mapping[str, str]) -> Figure:
    """Networks unrolled in time, one panel a shape.

    Args:
        notes: below each shape, by its name: `one-to-many`.
    """
    figure, axes = panels(1, len(notes), 2.9 * len(notes) + 0.4, 3.7, sharey=True)
    for one, (shape, note) in zip(axes, notes.items(), strict=True):
        reads, answers = shape.split("-to-")
        steps = STEPS if "many" in (reads, answers) else 1
        _unrolled(one, steps, range(steps), _answering(reads, answers, steps), reads == "one")
        one.set_title(shape, fontsize=10, color=INK)
        one.text((STEPS - 1) / 2, -0.75, note, ha="center", va="top", fontsize=8.5, color=INK)
    for height, row in enumerate(ROWS):
        axes[0].text(-0.75, height, row, ha="right", va="center", fontsize=9, color=GREY)
    return titled(figure, "One network, four shapes: what it reads, and when it answers")


def _answering(reads: str, answers: str, steps: int) -> range:
    return range(steps) if answers == "many" else range(steps - 1, steps)


def _unrolled(axes: Axes, steps: int, reading: range, answering: range, same: bool) -> None:
    shift = (STEPS - steps) / 2
    for t in range(steps):
        x = t + shift
        _box(axes, x, 1, NETWORKS[0], f"$h_{t + 1}$")
        if t:
            _arrow(axes, (x - 1, 1), (x, 1))
        if t in reading:
            _box(axes, x, 0, NETWORKS[2], "$x$" if same else f"$x_{t + 1}$")
            _arrow(axes, (x, 0), (x, 1))
        if t in answering:
            _box(axes, x, 2, NETWORKS[1], f"$y_{t + 1}$" if len(answering) > 1 else "$y$")
            _arrow(axes, (x, 1), (x, 2))
    axes.set_xlim(-0.6, STEPS - 0.4)
    axes.set_ylim(-1.6, 2.5)
    axes.set_axis_off()


def _box(axes: Axes, x: float, y: float, colour: str, text: str) -> None:
    look: dict[str, Any] = {"boxstyle": "round,pad=0.35", "fc": colour, "ec": "none"}
    axes.text(x, y, text, ha="center", va="center", fontsize=9, color="white", bbox=look)


def _arrow(axes: Axes, begin: tuple[float, float], end: tuple[float, float]) -> None:
    look: dict[str, Any] = {"arrowstyle": "-|>", "color": GREY, "lw": 1, "shrinkA": 12}
    axes.annotate("", end, begin, arrowprops=look | {"shrinkB": 12})
