"""Figures of what the gates do: over a sentence, and by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from evaluation.palette import GREY
from evaluation.text.drawing import (
    DIVERGING,
    SEQUENTIAL,
    labelled,
    legend_beside,
    look,
    panels,
    titled,
)
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGNED = ("candidate", "cell", "hidden")
"""What may be negative; all else is between 0 and 1."""


def plot_gates(
    tokens: Sequence[str], parts: Mapping[str, Floats], said: Floats, title: str, claim: str
) -> Figure:
    """Gates and states of a walk over a sentence: a column a token, a row a unit.

    Args:
        tokens: T of them.
        parts: [T, D] by name, as the cell by hand gives them; the units of all are in the order in
            which the last part ends, the highest at the top.
        said: [T] probability of a class, if the sentence ended there.
        title: of the figure.
        claim: what is probable, for its axis.
    """
    order = np.argsort(-list(parts.values())[-1][-1])
    width, rows = max(7.0, 0.4 * len(tokens) + 2.2), len(parts) + 1
    figure, (top, *below) = panels(rows, 1, width, 1.25 * rows + 1.3, sharex=True)
    top.plot(said, **look(0))
    top.axhline(0.5, color=GREY, lw=0.8, ls=":")
    top.set_ylim(-0.05, 1.05)
    labelled(top, "", claim, "what is said, if the sentence ended here")
    for axes, (name, values) in zip(below, parts.items(), strict=True):
        _draw_units(figure, axes, name, values.T[order])
    below[-1].set_xticks(
        range(len(tokens)), tokens, rotation=45, ha="right", rotation_mode="anchor"
    )
    below[-1].tick_params(axis="x", labelsize=8.5, length=0)
    return titled(figure, title)


def plot_retention(kept: Mapping[float, Floats], slopes: Mapping[float, Floats]) -> Figure:
    """What an LSTM keeps of a cell state, and how far back an error reaches.

    Args:
        kept: [T] share of the first cell state that is left after 1 … T steps, by the bias of the
            forget gate.
        slopes: [T] size of the derivative of the last cell state by that 1 … T steps before, by
            the same.
    """
    figure, (left, right) = panels(1, 2, 10, 3.8, sharey=True)
    for axes, lines in ((left, kept), (right, slopes)):
        _draw_lines(axes, lines, "forget bias {:g}", first=1)
        axes.set_yscale("log")
        axes.set_ylim(1e-4, 10)
    labelled(
        left,
        "steps after it was written",
        "share that is left",
        "forward: what is left of a cell state",
    )
    labelled(
        right, "steps back", "norm of the derivative", "backward: how much of an error arrives"
    )
    legend_beside(figure, left)
    return titled(figure, "A forget gate near 1 carries the cell state, and the error, far")


def plot_settling(answers: Mapping[float, Floats], candidate: Floats) -> Figure:
    """How soon a GRU follows its input.

    Args:
        answers: [T] hidden state, by the bias of the update gate.
        candidate: [T] what the state would be if nothing of the old one were kept.
    """
    figure, (axes,) = panels(1, 1, 9.0, 3.8)
    axes.step(range(len(candidate)), candidate, where="mid", color=GREY, ls=":", label="candidate")
    _draw_lines(axes, answers, "update bias {:g}", first=0)
    labelled(axes, "step", "hidden state")
    legend_beside(figure, axes)
    return titled(figure, "The update gate sets how soon a GRU follows what it reads")


def _draw_units(figure: Figure, axes: Axes, name: str, values: Floats) -> None:
    """[D, T] as colours."""
    signed = name in SIGNED
    reach = max(1.0, float(np.abs(values).max()))
    scale: dict[str, Any] = (
        {"cmap": DIVERGING, "vmin": -reach, "vmax": reach}
        if signed
        else {"cmap": SEQUENTIAL, "vmin": 0, "vmax": 1}
    )
    image = axes.imshow(values, aspect="auto", interpolation="nearest", **scale)
    bar = figure.colorbar(image, ax=axes, pad=0.01, aspect=10)
    bar.ax.tick_params(labelsize=7)
    bar.outline.set_visible(False)
    state = "state" if name in ("cell", "hidden") else "" if signed else "gate"
    labelled(axes, "", "unit", f"{name} {state}".strip(), grid=False)
    axes.set_yticks([])
    axes.spines[["left", "bottom"]].set_visible(False)


def _draw_lines(axes: Axes, lines: Mapping[float, Floats], label: str, first: int) -> None:
    for place, (value, line) in enumerate(lines.items()):
        style = look(place, marked=False)
        axes.plot(range(first, first + len(line)), line, label=label.format(value), **style)
