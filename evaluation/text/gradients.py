"""Gradients drawn: how they fade or grow with the distance in time, and what a window cuts off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from evaluation.palette import GREY
from evaluation.text.drawing import labelled, legend, look, panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FLOOR = 1e-12
"""Where the scale of norms begins: what is smaller moves no weight in single precision."""


def half_distance(norms: Floats) -> float:
    """Steps back after which a gradient has halved for good.

    Args:
        norms: [T] by distance, from 0.

    Returns:
        The distance of the last norm that is at least half the first; infinite if it is the last.
    """
    above = np.flatnonzero(norms >= norms[0] / 2)
    return float("inf") if above[-1] == len(norms) - 1 else float(above[-1])


def plot_norms(
    sets: Mapping[str, Mapping[str, Floats]], title: str, lowest: float = FLOOR
) -> Figure:
    """Norms by distance on a scale of powers of ten, one panel a set, one line each.

    Args:
        sets: of each panel's title, the [T] norms of each line's name.
        title: of the figure.
        lowest: norm that the scale begins with.
    """
    figure, axes = panels(1, len(sets), 4.4 * len(sets), 4.0, sharey=True)
    for one, (name, lines) in zip(axes, sets.items(), strict=True):
        for place, (line, norms) in enumerate(lines.items()):
            style = look(place) | {"markevery": (place * 3, max(1, len(norms) // 8))}
            one.plot(np.arange(len(norms)), norms, label=line, **style)
        one.axhline(1, color=GREY, lw=0.8, ls=":")
        one.set_yscale("log", nonpositive="mask")
        labelled(one, "steps before the last", "", name)
        legend(one, loc="best")
    axes[0].set_ylim(bottom=lowest)  # of all panels, once all lines are drawn
    axes[0].set_ylabel("norm of the gradient by that state", fontsize=9)
    return titled(figure, title)


def plot_clipping(
    norms: Mapping[str, Sequence[float]], losses: Mapping[str, Sequence[float]], limit: float
) -> Figure:
    """A training with clipping and one without: the gradient's norm and the loss, by step.

    Args:
        norms: of each training's name, the norms before any clipping, one a step.
        losses: of each training's name, the validation losses in the adding problem, one an epoch;
            whoever guesses the mean of two draws from [0, 1] has their variance, 1/6.
        limit: the norm that is clipped to.
    """
    figure, (left, right) = panels(1, 2, 9.4, 3.8)
    for place, name in enumerate(norms):
        values = np.asarray(norms[name])
        style = look(place, marked=False) | {"lw": 0.8, "alpha": 0.85}
        left.plot(np.arange(1, len(values) + 1), np.maximum(values, FLOOR), label=name, **style)
        right.plot(np.arange(1, len(losses[name]) + 1), losses[name], label=name, **look(place))
    left.axhline(limit, color=GREY, lw=1, ls="--", label=f"limit {limit:g}")
    left.set_yscale("log")
    labelled(left, "step", "norm of the gradient", "before it is clipped")
    labelled(right, "epoch", "mean squared error", "what is learned (0.17: the mean is guessed)")
    legend(left)
    legend(right)
    return titled(figure, "Exploding gradients: a training with and without clipping")


def plot_truncation(
    windows: Sequence[int], cosine: Mapping[str, Sequence[float]], length: int
) -> Figure:
    """How much of the full gradient's direction a truncated one has, by its window.

    Args:
        windows: steps that it goes back.
        cosine: of each weight's name, the cosine between the two gradients at each window.
        length: steps that the full one goes back.
    """
    figure, (axes,) = panels(1, 1, 7.4, 4.0)
    for place, (name, values) in enumerate(cosine.items()):
        axes.plot(windows, values, label=name, **look(place))
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(windows), [str(one) for one in windows])
    labelled(axes, f"window in steps, of {length}", "cosine with the full gradient (1: the same)")
    legend(axes, loc="lower right")
    return titled(figure, "What truncated back-propagation leaves of a gradient, before training")


def plot_lags(
    losses: Mapping[str, Mapping[str, Mapping[int, float]]],
    solved: Mapping[str, float],
    steps: int,
) -> Figure:
    """Loss by lag, one panel a task, one line a cell, and the loss that counts as solved.

    Args:
        losses: of each task, of each cell, the loss at each length.
        solved: of each task, the loss under which it is solved.
        steps: of each training.
    """
    figure, axes = panels(1, len(losses), 4.7 * len(losses), 3.8)
    for one, (task, cells) in zip(axes, losses.items(), strict=True):
        for place, (cell, found) in enumerate(cells.items()):
            one.plot(list(found), np.maximum(list(found.values()), 1e-7), label=cell, **look(place))
        lengths = sorted({length for found in cells.values() for length in found})
        one.axhline(solved[task], color=GREY, lw=1, ls="--", label="solved below")
        one.set_xscale("log", base=2)
        one.set_yscale("log")
        one.set_xticks(lengths, [str(length) for length in lengths])
        one.minorticks_off()
        unit = "mean squared error" if task == "adding" else "nats a symbol"
        reached = ", ".join(
            f"{cell} {_reached(found, solved[task])}" for cell, found in cells.items()
        )
        lag = "length in steps" if task == "adding" else "lag in steps"
        labelled(one, lag, unit, f"{task}, longest solved: {reached}")
        legend(one)
    return titled(figure, f"How far back each cell learns to remember in {steps} updates")


def _reached(found: Mapping[int, float], solved: float) -> str:
    """The longest length that is solved."""
    return str(max((length for length, loss in found.items() if loss <= solved), default="none"))
