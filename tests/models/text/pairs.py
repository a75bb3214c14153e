"""Pairs of numbers that a translator can learn: the target is the source from its end."""

from __future__ import annotations

import random

from features.text.batches import Ragged
from features.text.vocabulary import BEGIN, END
from models.text.translation import Parallel


def reversals(rows: int, words: int = 8, longest: int = 6, seed: int = 0) -> Parallel:
    """`rows` pairs over `words` words."""
    draw = random.Random(seed)
    texts = [
        [draw.randrange(4, 4 + words) for _ in range(draw.randint(1, longest))] for _ in range(rows)
    ]
    return Parallel(
        Ragged.of([[*one, END] for one in texts]),
        Ragged.of([[BEGIN, *reversed(one), END] for one in texts]),
    )
