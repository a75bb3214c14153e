"""Figures of tagging."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evaluation.text.drawing import labelled, legend_beside, look, panels, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_entity_f1(found: Mapping[str, Mapping[str, float]]) -> Figure:
    """F1 of each kind of entity.

    Args:
        found: by model, and in it by kind.
    """
    kinds = list(next(iter(found.values())))
    figure, (axes,) = panels(1, 1, 7.5, 3.8)
    step = 0.7 / len(found)
    for place, (model, scores) in enumerate(found.items()):
        shift = (place - (len(found) - 1) / 2) * step
        style = look(place)
        axes.bar(
            [k + shift for k in range(len(kinds))],
            [scores[kind] for kind in kinds],
            width=0.9 * step,
            color=style["color"],
            label=model,
        )
    axes.set_xticks(range(len(kinds)), kinds)
    axes.set_ylim(0, 1)
    labelled(axes, "kind of entity", "F1: higher is better")
    legend_beside(figure, axes)
    return titled(figure, "Entities found whole, with their kind")
