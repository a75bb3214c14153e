"""How good translations are: BLEU and chrF of a corpus, and by the length of what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from features.panel import Floats

Tokens = Literal["13a", "none", "char", "intl"]
"""How sacrebleu cuts a text: as WMT does, not at all beyond its own spaces, into characters, or at
every punctuation mark of Unicode."""


def bleu(written: Sequence[str], references: Sequence[str], tokens: Tokens = "13a") -> float:
    """BLEU of a corpus in percent (Papineni et al. 2002), by sacrebleu; more is better.

    Args:
        written: translations.
        references: one for each.
        tokens: how both are cut; `none` where they have a corpus's own tokens. The figure depends
            on it, so it is to be said beside it.
    """
    from sacrebleu.metrics.bleu import BLEU

    metric = BLEU(tokenize=tokens, force=True)
    return float(metric.corpus_score(list(written), [list(references)]).score)


def chrf(written: Sequence[str], references: Sequence[str]) -> float:
    """ChrF2 of a corpus in percent (Popović 2015), by sacrebleu: of characters, without spaces."""
    from sacrebleu.metrics.chrf import CHRF

    return float(CHRF().corpus_score(list(written), [list(references)]).score)


def length_ratio(written: Sequence[str], references: Sequence[str]) -> float:
    """Tokens written for each token of the references."""
    return sum(len(one.split()) for one in written) / sum(len(one.split()) for one in references)


def bands(lengths: Sequence[int], wanted: int) -> list[tuple[int, int]]:
    """Lengths from … to …, both included, of about as many sentences each; at most `wanted`."""
    ends = np.unique(np.quantile(lengths, np.arange(1, wanted + 1) / wanted, method="lower"))
    starts = [min(lengths), *(int(end) + 1 for end in ends[:-1])]
    return list(zip(starts, map(int, ends), strict=True))


def by_length(
    lengths: Sequence[int],
    written: Mapping[str, Sequence[str]],
    references: Sequence[str],
    losses: Mapping[str, Floats],
    wanted: int = 6,
    tokens: Tokens = "13a",
) -> pd.DataFrame:
    """BLEU and loss of some models, by the length of the source.

    Args:
        lengths: [R] tokens of each source.
        written: [R] translations of each model.
        references: [R].
        losses: [R] nats per token of each model's loss on the references.
        wanted: bands of length.
        tokens: how BLEU cuts.

    Returns:
        A row a model and band: model, from, to, length (its mean), sentences, bleu, loss.
    """
    size, found = np.asarray(lengths), []
    for low, high in bands(lengths, wanted):
        rows = np.flatnonzero((size >= low) & (size <= high)).tolist()
        chosen = [references[k] for k in rows]
        for model, texts in written.items():
            score = bleu([texts[k] for k in rows], chosen, tokens)
            loss = float(np.mean(np.asarray(losses[model])[rows]))
            mean = float(size[rows].mean())
            found.append((model, low, high, mean, len(rows), score, loss))
    columns = ["model", "from", "to", "length", "sentences", "bleu", "loss"]
    return pd.DataFrame(found, columns=columns)
