"""How good captions are, and what was looked at for each of their words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluation.palette import GREY, INK, NETWORKS
from evaluation.text.drawing import panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Described:
    """An image, what was said of it, and where each word was found."""

    image: Floats
    """[side, side], 0 to 1."""
    words: Sequence[str]
    """[T]."""
    weights: Floats
    """[T, L] over the regions of a square grid, row by row."""
    reference: str


def token_accuracy(written: Sequence[str], references: Sequence[str]) -> float:
    """Share of words that stand where the reference has them; in [0, 1].

    A place that only one of the two has counts as wrong, so length is judged too.
    """
    right = places = 0
    for a, b in zip(written, references, strict=True):
        got, wanted = a.split(), b.split()
        right += sum(x == y for x, y in zip(got, wanted, strict=False))
        places += max(len(got), len(wanted))
    return right / places if places else 1.0


def plot_described(found: Sequence[Described], title: str) -> Figure:
    """A row an image: the image with what is said of it, and over it where each word looked.

    The weights of a word are drawn in units of its largest one; a word that is wrong is coloured.
    """
    columns = 1 + max(len(one.words) for one in found)
    figure, grid = panels(len(found), columns, 1.12 * columns + 0.4, 1.5 * len(found) + 0.5)
    for axes in grid:
        axes.set(xticks=[], yticks=[], frame_on=False)
    for row, one in enumerate(found):
        side = len(one.image)
        first, *others = grid[row * columns : (row + 1) * columns]
        first.imshow(one.image, cmap="Greys", vmin=0, vmax=1)
        first.set_frame_on(True)
        first.set_title("image", fontsize=8.5, color=GREY)
        line = first.annotate(
            f"wanted: {one.reference}", (0, 0), (0, -4), xycoords="axes fraction",
            textcoords="offset points", va="top", fontsize=8, color=GREY,
        )  # fmt: skip
        line.set_in_layout(False)  # it runs below the words' maps
        wanted = one.reference.split()
        for place, (axes, word, weights) in enumerate(
            zip(others, one.words, one.weights, strict=False)
        ):
            regions = round(len(weights) ** 0.5)
            shape = (0, side, side, 0)
            axes.imshow(1 - one.image, cmap="Greys_r", vmin=0, vmax=1, extent=shape)
            axes.imshow(
                weights.reshape(regions, regions) / weights.max(),
                cmap="Oranges", alpha=0.62, vmin=0, vmax=1, extent=shape, interpolation="bilinear",
            )  # fmt: skip
            right = place < len(wanted) and wanted[place] == word
            axes.set_title(word, fontsize=9, color=INK if right else NETWORKS[1])
    return titled(figure, title)
