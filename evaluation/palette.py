"""One line style a model, the same in every figure.

Colours are those of Okabe and Ito, which people with any colour vision tell apart; baselines are
grey and differ by their dashes, so the eye finds the networks.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from evaluation.leaderboard import BASELINES

ACTUAL = "#000000"
NETWORKS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
GREY = "#6E6E6E"

Dash = Literal["solid", "dash", "dot", "dashdot"]
DASHES: tuple[Dash, ...] = ("solid", "dash", "dot", "dashdot")


@dataclass(frozen=True)
class Style:
    """How a model's line looks."""

    colour: str
    dash: Dash
    width: float


def styles(models: Iterable[str]) -> dict[str, Style]:
    """The style of each model, from its place among them."""
    models = list(models)
    networks = [model for model in models if model not in BASELINES]
    out = {
        model: Style(NETWORKS[i % len(NETWORKS)], DASHES[i // len(NETWORKS) % len(DASHES)], 2.0)
        for i, model in enumerate(networks)
    }
    grey = {name: Style(GREY, DASHES[i], 1.5) for i, name in enumerate(BASELINES, start=1)}
    return out | {model: grey[model] for model in models if model in grey}
