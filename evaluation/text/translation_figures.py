"""Figures of translators: by length, by width of the beam, by schedule, by vocabulary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluation.palette import GREY, INK, NETWORKS, PAPER
from evaluation.text.drawing import SEQUENTIAL, labelled, legend, look, panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_by_length(table: pd.DataFrame, title: str) -> Figure:
    """BLEU and loss over the length of the source, a line a model.

    Args:
        table: from `evaluation.text.translation.by_length`.
        title: of the figure.
    """
    figure, (left, right) = panels(1, 2, 10, 4.2)
    for place, (model, rows) in enumerate(table.groupby("model", sort=False)):
        left.plot(rows["length"], rows["bleu"], label=model, **look(place))
        right.plot(rows["length"], rows["loss"], label=model, **look(place))
    labelled(left, "tokens of the source, mean of the band", "BLEU in %", "more is better")
    labelled(right, "tokens of the source, mean of the band", "nats per token", "less is better")
    left.set_ylim(bottom=0)
    right.set_ylim(bottom=0)
    legend(left)
    return titled(figure, title)


def plot_forcing(
    shares: Mapping[str, Sequence[float]],
    losses: Mapping[str, Sequence[float]],
    scores: Mapping[str, float],
) -> Figure:
    """What each schedule feeds, what it learns by it, and what it writes in the end.

    Args:
        shares: [epochs] share of true tokens of each schedule.
        losses: [epochs] validation loss of each, in nats per token.
        scores: BLEU of each on its own words, in percent.
    """
    figure, (fed, learned, written) = panels(1, 3, 12, 4.2)
    for place, name in enumerate(shares):
        epochs = np.arange(1, len(shares[name]) + 1)
        fed.plot(epochs, [100 * share for share in shares[name]], label=name, **look(place, False))
        learned.plot(epochs[: len(losses[name])], losses[name], **look(place, False))
        written.barh(place, scores[name], color=look(place)["color"], height=0.6)
        written.text(scores[name], place, f" {scores[name]:.1f}", va="center", fontsize=9)
    labelled(fed, "epoch", "true tokens fed, in %", "What the decoder is fed")
    labelled(learned, "epoch", "nats per token", "Validation loss, true words fed")
    labelled(written, "BLEU in %", "", "What it writes by itself", grid=False)
    fed.set_ylim(0, 105)
    for axes in (fed, learned):
        axes.locator_params(axis="x", integer=True)
    written.set_yticks(range(len(scores)), list(scores), fontsize=8.5, color=INK)
    written.invert_yaxis()
    written.set_xlim(0, 1.15 * max(*scores.values(), 1.0))
    legend(fed, loc="lower left")
    return titled(figure, "Teacher forcing: the true words, or its own")


def plot_widths(table: pd.DataFrame) -> Figure:
    """What a wider beam finds: BLEU, log-probability and length.

    Args:
        table: width, alpha, bleu, log_p (mean of a sentence, in nats), ratio (tokens written for
            each of the references).
    """
    figure, (score, found, length) = panels(1, 3, 12, 4)
    for place, (alpha, rows) in enumerate(table.groupby("alpha", sort=False)):
        name = f"alpha {alpha:g}"
        score.plot(rows["width"], rows["bleu"], label=name, **look(place))
        found.plot(rows["width"], rows["log_p"], **look(place))
        length.plot(rows["width"], rows["ratio"], **look(place))
    labelled(score, "beam width", "BLEU in %", "Quality")
    labelled(found, "beam width", "log-probability of a sentence, in nats", "What is found")
    labelled(length, "beam width", "tokens written per token of the reference", "Length")
    length.axhline(1, color=GREY, lw=0.9, ls="--")
    widths = sorted(table["width"].unique())
    for axes in (score, found, length):
        axes.set_xscale("log", base=2)
        axes.set_xticks(widths, [str(width) for width in widths])
    legend(score)
    return titled(figure, "Greedy (width 1) against beam search, by width and length penalty")


def plot_vocabularies(table: pd.DataFrame) -> Figure:
    """Long sequences or unknown words: vocabularies of characters, sub-words and words.

    Args:
        table: kind, size (entries), length (tokens of a held-out sentence), unknown (share of the
            held-out words that hold an unknown token).
    """
    figure, (long, unknown) = panels(1, 2, 10, 4.2)
    for place, (kind, rows) in enumerate(table.groupby("kind", sort=False)):
        long.plot(rows["size"], rows["length"], label=kind, **look(place))
        unknown.plot(rows["size"], 100 * rows["unknown"], **look(place))
    labelled(
        long, "entries of the vocabulary", "tokens of a sentence", "Steps that a network takes"
    )
    labelled(unknown, "entries of the vocabulary", "words in %", "Held-out words not written whole")
    ticks = [size for size in (50, 100, 200, 500, 1000, 2000, 5000) if size < table["size"].max()]
    for axes in (long, unknown):
        axes.set_xscale("log")
        axes.set_xticks(ticks, [str(size) for size in ticks])
        axes.minorticks_off()
    long.set_ylim(bottom=0)
    unknown.set_ylim(bottom=-0.5)  # so that what lies on zero is seen
    legend(long)
    return titled(figure, "Sub-words: between characters and words")


def plot_contexts(points: Floats, texts: Sequence[str], lengths: Sequence[int]) -> Figure:
    """Context vectors [R, 2] of sentences, coloured by their length; some with their text.

    Args:
        points: two principal components.
        texts: [R]; an empty one is not written.
        lengths: [R] tokens.
    """
    figure, (axes,) = panels(1, 1, 9.5, 6)
    most = max(float(np.quantile(lengths, 0.95)), min(lengths) + 1)  # a few are much longer
    dots = axes.scatter(
        points[:, 0], points[:, 1], c=lengths, s=16, cmap=SEQUENTIAL, vmax=most, lw=0
    )
    for (x, y), text in zip(points, texts, strict=True):
        if text:
            axes.plot(x, y, "o", ms=6, mfc="none", mec=NETWORKS[1])
            paper = {"boxstyle": "square,pad=0.1", "fc": PAPER, "ec": "none", "alpha": 0.75}
            style: dict[str, Any] = {"fontsize": 7.5, "color": INK, "bbox": paper}
            said = axes.annotate(text, (x, y), (5, 4), textcoords="offset points", **style)
            said.set_in_layout(False)
    bar = figure.colorbar(dots, ax=axes, shrink=0.8, extend="max")
    bar.set_label("tokens of the sentence", fontsize=9)
    bar.ax.tick_params(labelsize=8)
    labelled(axes, "first principal component", "second principal component", grid=False)
    low, high = points[:, 0].min(), points[:, 0].max()
    wide = (high - low) or 1.0
    axes.set_xlim(low - 0.05 * wide, high + 0.45 * wide)
    return titled(figure, "A sentence as one vector: all that the decoder knows of it")


def plot_rouge(scores: Mapping[str, Mapping[str, float]]) -> Figure:
    """ROUGE-1, -2 and -L of each way to summarise, as bars."""
    figure, (axes,) = panels(1, 1, 8, 4.2)
    kinds, width = list(next(iter(scores.values()))), 0.8 / len(scores)
    for place, (name, score) in enumerate(scores.items()):
        left = np.arange(len(kinds)) + (place - (len(scores) - 1) / 2) * width
        values = [score[kind] for kind in kinds]
        axes.bar(left, values, 0.94 * width, label=name, color=look(place)["color"])
        for x, value in zip(left, values, strict=True):
            axes.text(x, value, f"{value:.0f}", ha="center", va="bottom", fontsize=8)
    axes.set_xticks(range(len(kinds)), kinds)
    labelled(axes, "", "F1 in %")
    legend(axes, loc="upper right", ncols=len(scores), bbox_to_anchor=(1, 1.12))
    return titled(figure, "Summaries against the first sentence")
