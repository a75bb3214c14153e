"""How much of a batch is padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from evaluation.palette import NETWORKS
from evaluation.text.drawing import labelled, legend, look, panels, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_padding(lengths: Sequence[int], shares: pd.DataFrame) -> Figure:
    """The lengths of the sentences, and the padding of their batches.

    Args:
        lengths: in tokens.
        shares: `tokens` that a batch holds at most, and by any name of a way to make batches, the
            share of padding in [0, 1].
    """
    figure, (left, right) = panels(1, 2, 9.5, 3.6)
    bins = [k + 0.5 for k in range(min(lengths) - 1, max(lengths) + 1)]
    left.hist(lengths, bins=bins, color=NETWORKS[0])
    labelled(left, "tokens in a sentence", "sentences", "Lengths")
    for place, way in enumerate(name for name in shares if name != "tokens"):
        right.plot(shares["tokens"], 100 * shares[way], label=way, **look(place))
    right.set_xscale("log", base=2)
    right.set_xticks(shares["tokens"], [str(n) for n in shares["tokens"]])
    right.minorticks_off()
    right.set_ylim(bottom=0)
    labelled(right, "most tokens in a batch", "padding (% of a batch)", "Padding")
    legend(right)
    return titled(figure, "Sentences of like length together leave little to pad")
