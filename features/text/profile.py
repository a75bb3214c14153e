"""What a corpus looks like: all but the sizes of its parts is known from the training part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from features.text.corpus import Corpus


def profile(corpus: Corpus[Any]) -> dict[str, float]:
    """Sizes of the parts; of the training part, tokens, their mean number and how many differ.

    Tokens are what spaces part, or the characters where the corpus is one text. `unseen_share` is
    the share of the test part's tokens that the training part does not hold.
    """
    known = list(_tokens(corpus.train))
    vocabulary = set(known)
    judged = list(_tokens(corpus.test))
    return {
        "train": len(corpus.train),
        "validation": len(corpus.validation),
        "test": len(corpus.test),
        "tokens": len(known),
        "mean_length": len(known) / len(corpus.train),
        "vocabulary": len(vocabulary),
        "unseen_share": sum(token not in vocabulary for token in judged) / max(1, len(judged)),
    }


def _tokens(examples: Sequence[Any]) -> Iterator[str]:
    """Of pairs, those of both sides; of tagged or labelled sentences, those of the sentence."""
    if isinstance(examples, str):
        yield from examples
        return
    for example in examples:
        if hasattr(example, "target"):
            yield from example.source.split()
            yield from example.target.split()
        else:
            yield from example.tokens if hasattr(example, "tokens") else example.text.split()
