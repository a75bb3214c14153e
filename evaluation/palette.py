"""One line style a model, the same in every figure.

Colours are those of Okabe and Ito, which people with any colour vision tell apart, the light ones
darkened to a contrast of 3 on white. Baselines and rivals are grey and differ by their dashes, so
the eye finds the networks; a network's line has a symbol too, so colour alone tells nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from evaluation.kinds import BASELINES, RIVALS
from evaluation.kinds import networks as networks_of

ACTUAL = "#000000"
NETWORKS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B87F00", "#3A95CB")
GREY = "#6E6E6E"
GREYS = (GREY, "#929292")
INK, GRID, AXIS, PAPER = "#222222", "#DDDDDD", "#999999", "#FFFFFF"
DARK = {
    ACTUAL: "#F2F2F2",
    NETWORKS[0]: "#4FA8E0",
    NETWORKS[1]: "#F0803A",
    NETWORKS[2]: "#2DB88C",
    NETWORKS[3]: "#E0A0C4",
    NETWORKS[4]: "#F0B840",
    NETWORKS[5]: "#8FD0F5",
    GREY: "#A8A8A8",
    GREYS[1]: "#7E7E7E",
    INK: "#E4E6E8",
    GRID: "#32383E",
    AXIS: "#767C82",
    PAPER: "#14171A",
}
"""What each colour of a figure becomes on a dark page."""

Dash = Literal["solid", "dash", "dot", "dashdot"]
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot", "dashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "triangle-down", "x")


@dataclass(frozen=True)
class Style:
    """How a model's line looks."""

    colour: str
    dash: Dash
    width: float
    symbol: str = ""
    """Of the markers on the line, by Plotly's name; without one it has none."""


def styles(models: Iterable[str]) -> dict[str, Style]:
    """The style of each model: a network's from its place among them, any other's its own.

    24 networks and the 8 others look different; after that the styles begin again.
    """
    models = list(models)
    networks = networks_of(models)
    C, D = len(NETWORKS), len(DASHES)
    look = {
        model: Style(NETWORKS[i % C], DASHES[i // C % D], 2.0, SYMBOLS[i % C])
        for i, model in enumerate(networks)
    }
    for i, model in enumerate((*BASELINES, *RIVALS)):
        if model in models:  # dashed first: the observed values are a solid line
            look[model] = Style(GREYS[i // D % len(GREYS)], DASHES[(i + 1) % D], 1.5)
    return look
