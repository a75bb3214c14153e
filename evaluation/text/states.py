"""A text and what goes on beside it: hidden states, surprise, the next character."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from evaluation.text.drawing import DIVERGING, SEQUENTIAL, labelled, panels, shown, titled
from features.panel import Floats, Integers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SURPRISING = 6.0
"""Nats that have the darkest colour of a text."""


def slowest(states: Floats, count: int) -> Integers:
    """Units from the slowest to the quickest, `count` of them at even distances.

    A unit is slow where its value says much of its next one: by the autocorrelation at one step.

    Args:
        states: [T, D].
        count: units to name.
    """
    centred = states - states.mean(axis=0)
    power = np.maximum((centred**2).sum(axis=0), 1e-12)
    slow = (centred[1:] * centred[:-1]).sum(axis=0) / power
    order = np.argsort(-slow, kind="stable")
    return order[np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)]


def plot_states(text: str, states: Floats, units: Sequence[int], title: str) -> Figure:
    """The values of some units after every character, from −1 to 1.

    Args:
        text: of T characters.
        states: [T, D].
        units: rows, from above.
        title: of the figure.
    """
    figure, (axes,) = panels(1, 1, max(6.0, 0.145 * len(text) + 1.6), 0.17 * len(units) + 1.5)
    image = axes.imshow(
        states[:, list(units)].T, cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    axes.set_xticks(range(len(text)), [shown(one) for one in text], family="monospace")
    axes.set_yticks(range(len(units)), [str(one) for one in units])
    labelled(axes, "the text, character by character", "unit, slow above quick", grid=False)
    axes.tick_params(length=0)
    axes.tick_params(axis="y", labelsize=6.5)
    bar = figure.colorbar(image, ax=axes, pad=0.01)
    bar.set_label("value after the character", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return titled(figure, title)


def plot_surprise(text: str, nats: Floats, width: int = 72) -> Figure:
    """A text on paper whose colour tells how much each character surprised.

    Args:
        text: of T characters.
        nats: [T] −log p of each.
        width: characters of a line; a line of the text that is longer goes on below.
    """
    lines = _wrapped(text, width)
    grid = np.full((len(lines), width), np.nan)
    figure, (axes,) = panels(1, 1, 0.125 * width + 1.3, 0.24 * len(lines) + 1.0)
    for row, line in enumerate(lines):
        for column, k in enumerate(line):
            grid[row, column] = nats[k]
            dark = nats[k] > 0.6 * SURPRISING
            axes.text(
                column, row, shown(text[k]) if text[k] == "\n" else text[k], ha="center",
                va="center", fontsize=8, family="monospace", color="white" if dark else "black",
            )  # fmt: skip
    image = axes.imshow(grid, cmap="Oranges", vmin=0, vmax=SURPRISING, aspect="auto")
    axes.set_axis_off()
    bar = figure.colorbar(image, ax=axes, pad=0.01, extend="max")
    bar.set_label("surprise in nats", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return titled(figure, "Where the model is surprised: −log p of each character")


def _wrapped(text: str, width: int) -> list[list[int]]:
    """Places of the characters of each line."""
    lines: list[list[int]] = [[]]
    for k in range(len(text)):
        if len(lines[-1]) == width or (k and text[k - 1] == "\n"):
            lines.append([])
        lines[-1].append(k)
    return lines


def plot_next(
    read: Sequence[str], letters: Sequence[str], expected: Mapping[str, Floats], title: str
) -> Figure:
    """What models expect after each character read, one panel a model.

    Args:
        read: T characters.
        letters: V characters that may follow.
        expected: of each model, [T, V] probabilities.
        title: of the figure.
    """
    count = len(expected)
    width, height = (0.62 * len(read) + 0.6) * count + 1.4, 0.42 * len(letters) + 1.6
    figure, axes = panels(1, count, width, height, sharey=True)
    for one, (name, p) in zip(axes, expected.items(), strict=True):
        image = one.imshow(p.T, cmap=SEQUENTIAL, vmin=0, vmax=1, aspect="auto")
        for t, v in np.ndindex(*p.shape):
            ink = "black" if p[t, v] > 0.6 else "white"
            one.text(t, v, f"{p[t, v]:.2f}", ha="center", va="center", fontsize=8, color=ink)
        one.set_xticks(range(len(read)), [shown(each) for each in read], family="monospace")
        one.set_yticks(range(len(letters)), [shown(each) for each in letters], family="monospace")
        labelled(one, "read so far, up to", "", name, grid=False)
        one.tick_params(length=0, labelsize=11)
    axes[0].set_ylabel("comes next", fontsize=9)
    bar = figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label("probability", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    return titled(figure, title)
