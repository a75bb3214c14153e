"""Words by their spelling: hashed character n-grams, known even of words never seen before."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import torch
from torch import Tensor

SHORTEST, LONGEST = 3, 5
"""Characters of an n-gram, the marks < and > of a word's ends among them."""
MOST = 24
"""n-grams of a word; of more, those with the lowest numbers are kept."""


@lru_cache(maxsize=2**16)
def ngrams(word: str, buckets: int) -> tuple[int, ...]:
    """Numbers 1 … `buckets` of the n-grams of a word (Bojanowski et al. 2017, section 3.2).

    The number is that of the n-gram's CRC-32, so it needs no vocabulary and learns nothing from a
    text; some n-grams share a number.
    """
    marked = f"<{word}>"
    found = {
        zlib.crc32(marked[k : k + n].encode()) % buckets + 1
        for n in range(SHORTEST, LONGEST + 1)
        for k in range(len(marked) - n + 1)
    }
    return tuple(sorted(found)[:MOST])


def spelled(sentences: Iterable[Sequence[str]], buckets: int) -> list[Tensor]:
    """The n-grams of the words of each sentence: [T, MOST], 0 behind the last of a word."""
    found = []
    for words in sentences:
        rows = [
            [*grams, *[0] * (MOST - len(grams))] for grams in (ngrams(w, buckets) for w in words)
        ]
        found.append(torch.tensor(rows).view(-1, MOST))
    return found
