"""Schedules of teacher forcing: the share of target tokens that are the true ones, by epoch.

Scheduled sampling (Bengio et al. 2015, arXiv 1506.03099, section 2.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable

Forcing = Callable[[int], float]
"""Epoch, from 0 → share in [0, 1]."""


def always(epoch: int) -> float:
    """The true tokens, all of them."""
    return 1.0


def linear(last: float, epochs: int) -> Forcing:
    """From 1 to `last` in `epochs`, and no further."""
    return lambda epoch: max(last, 1 - (1 - last) * epoch / max(1, epochs - 1))


def exponential(base: float) -> Forcing:
    """base^epoch, with base below 1."""
    return lambda epoch: base**epoch


def inverse_sigmoid(k: float) -> Forcing:
    """k / (k + exp(epoch / k)), with k of at least 1: slow at first, then fast, then slow."""
    return lambda epoch: k / (k + math.exp(min(epoch / k, 700.0)))
