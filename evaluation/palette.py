"""One line style a model, the same in every figure.

Colours are those of Okabe and Ito, which people with any colour vision tell apart; baselines and
rivals are grey and differ by their dashes, so the eye finds the networks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from evaluation.kinds import BASELINES, RIVALS
from evaluation.kinds import networks as networks_of

ACTUAL = "#000000"
NETWORKS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#6E6E6E"
GREYS = (GREY, "#A6A6A6")

Dash = Literal["solid", "dash", "dot", "dashdot"]
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Style:
    """How a model's line looks."""

    colour: str
    dash: Dash
    width: float


def styles(models: Iterable[str]) -> dict[str, Style]:
    """The style of each model: a network's from its place among them, any other's its own.

    24 networks and the 8 others look different; after that the styles begin again.
    """
    models = list(models)
    networks = networks_of(models)
    C, D = len(NETWORKS), len(DASHES)
    look = {
        model: Style(NETWORKS[i % C], DASHES[i // C % D], 2.0) for i, model in enumerate(networks)
    }
    for i, model in enumerate((*BASELINES, *RIVALS)):
        if model in models:  # dashed first: the observed values are a solid line
            look[model] = Style(GREYS[i // D % len(GREYS)], DASHES[(i + 1) % D], 1.5)
    return look
