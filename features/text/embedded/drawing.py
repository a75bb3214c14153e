"""Examples drawn from a grammar."""

from __future__ import annotations

import random
from collections.abc import Callable, Hashable
from typing import TypeVar

E = TypeVar("E", bound=Hashable)


def drawn(make: Callable[[random.Random], E], count: int, seed: int = 0) -> list[E]:
    """Different examples, the same in every run.

    Args:
        make: draws one example.
        count: how many; the grammar has to hold some times as many.
        seed: of the drawing.
    """
    generator = random.Random(seed)
    found: dict[E, None] = {}
    while len(found) < count:
        found[make(generator)] = None
    return list(found)
