"""Where a writer looked: attention weights over tokens, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluation.palette import GREY
from evaluation.text.drawing import SEQUENTIAL, labelled, panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Alignment:
    """How much each token that was written took of each token that was read."""

    read: Sequence[str]
    """[N]."""
    written: Sequence[str]
    """[T]."""
    weights: Floats
    """[T, N]."""
    title: str = ""

    @property
    def focus(self) -> float:
        """How sharply it looks: 1 where each step takes one token, 0 where it takes all alike.

        One minus the mean entropy of a step, in units of the entropy of an even look.
        """
        if len(self.read) < 2:
            return 1.0
        share = self.weights / self.weights.sum(1, keepdims=True)
        entropy = -(share * np.log(np.maximum(share, 1e-12))).sum(1)
        return float(1 - entropy.mean() / np.log(len(self.read)))


def plot_alignments(alignments: Sequence[Alignment], title: str, columns: int = 2) -> Figure:
    """A map a sentence, or a head: a row each token written, a column each token read.

    Args:
        alignments: at least one.
        title: of the figure.
        columns: of maps.
    """
    columns = min(columns, len(alignments))
    rows = -(-len(alignments) // columns)
    widest = max(len(one.read) for one in alignments)
    tallest = max(len(one.written) for one in alignments)
    width, height = max(3.6, 0.3 * widest + 1.2), max(2.6, 0.22 * tallest + 1.2)
    figure, grid = panels(rows, columns, width * columns + 0.9, height * rows + 0.5)
    for axes, one in zip(grid, alignments, strict=False):
        image = axes.imshow(one.weights, cmap=SEQUENTIAL, aspect="auto", vmin=0, vmax=1)
        axes.set_xticks(range(len(one.read)), one.read, rotation=90)
        axes.set_yticks(range(len(one.written)), one.written)
        labelled(axes, "read", "written", one.title, grid=False)
        axes.tick_params(length=0)
    for axes in grid[len(alignments) :]:
        axes.set_axis_off()
    bar = figure.colorbar(image, ax=grid, shrink=0.7, pad=0.02)
    bar.set_label("attention weight", fontsize=9)
    bar.ax.tick_params(labelsize=8, color=GREY)
    bar.outline.set_visible(False)
    return titled(figure, title)
