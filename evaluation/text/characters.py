"""What a character costs: nats, bits, perplexity, and what counting alone would reach."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evaluation.palette import GREY
from evaluation.text.drawing import labelled, legend, look, panels, titled
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Cost:
    """Of the characters of a text, each told from all before it: −log p, averaged."""

    characters: int
    nats: float
    """Natural logarithm; 0 is certainty, log V is a guess among V."""

    @property
    def bits(self) -> float:
        """Bits per character: nats / log 2."""
        return self.nats / math.log(2)

    @property
    def perplexity(self) -> float:
        """Equally likely characters that would cost as much: e^nats."""
        return math.exp(self.nats)


def cost(surprise: Floats) -> Cost:
    """The mean of [N] nats."""
    return Cost(len(surprise), float(np.mean(surprise, dtype=np.float64)))


def counted(train: str, held: str, order: int) -> Floats:
    """What is reached by counting: an n-gram model, interpolated as Witten & Bell (1991, method C).

    p(c | s) = (n(s c) + m(s) p(c | s')) / (n(s) + m(s)), where s is the `order` − 1 characters
    before c, s' is s without its first, n counts, and m(s) is how many different characters follow
    s. Before all contexts stands an even guess among the characters of `train` and one unknown.

    Args:
        train: the text to count.
        held: the text to judge by.
        order: n; 0 is the even guess.

    Returns:
        [len(held) − 1] nats of each character after the first.
    """
    followers: dict[str, Counter[str]] = defaultdict(Counter)
    for length in range(order):
        for k in range(length, len(train)):
            followers[train[k - length : k]][train[k]] += 1
    totals = {context: seen.total() for context, seen in followers.items()}
    even = 1 / (len(set(train)) + 1)
    nats = np.empty(len(held) - 1)
    for k in range(1, len(held)):
        p = even
        for length in range(min(order, k + 1)):
            context = held[k - length : k]
            if context not in totals:
                break
            seen, different = followers[context], len(followers[context])
            p = (seen[held[k]] + different * p) / (totals[context] + different)
        nats[k - 1] = -math.log(p)
    return nats


def plot_costs(bits: Mapping[str, Sequence[float]], counting: Mapping[str, float]) -> Figure:
    """Bits per character by epoch, one line a model, beside what counting reaches.

    Args:
        bits: of each model, one an epoch, on held-out text.
        counting: of each n-gram model.
    """
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = panels(1, 1, 8.2, 4.2)
    for place, (name, values) in enumerate(bits.items()):
        axes.plot(np.arange(1, len(values) + 1), values, label=name, **look(place))
    most = max(len(values) for values in bits.values())
    for value in counting.values():
        axes.axhline(value, color=GREY, lw=0.9, ls="--")
    low, high = axes.get_ylim()
    axes.set_ylim(low, high)
    below = low
    for name, value in sorted(counting.items(), key=lambda one: one[1]):
        below = max(value, below + 0.05 * (high - low))  # no label lies on another
        axes.text(
            1.01, below, name, transform=axes.get_yaxis_transform(), fontsize=8, color=GREY,
            va="center",
        )  # fmt: skip
    axes.set_xlim(0.5, most + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    labelled(axes, "epoch", "bits per character, held-out text")
    legend(axes)
    return titled(figure, "A character language model learns, beside counting alone")
