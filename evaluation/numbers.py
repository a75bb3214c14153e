"""Numbers as people read them: no exponents, as many digits as it takes."""

from __future__ import annotations

import math
from collections.abc import Iterable

NOTHING = "\u2013"
"""The dash of an empty cell."""
MINUS, TIMES = "\u2212", "\u00d7"


def number(value: float, digits: int = 3, size: float | None = None) -> str:
    """`value` with the decimals that give a number of `size` (its own by default) `digits` digits.

    NaN, which means that there is nothing to tell, is a dash.
    """
    if math.isnan(value):
        return NOTHING
    size = abs(value) if size is None else size
    if not math.isfinite(value) or not math.isfinite(size) or size == 0:
        return f"{value:.{digits}g}".replace("-", MINUS)
    decimals = min(max(0, digits - 1 - math.floor(math.log10(size))), 12)
    return f"{value:,.{decimals}f}".replace("-", MINUS)


def column(values: Iterable[float], digits: int = 4) -> list[str]:
    """Numbers of one table column: the same decimals, those the largest needs."""
    values = list(values)
    size = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
    return [number(v, digits, size) for v in values]


def apart(a: float, b: float) -> tuple[str, str]:
    """Both numbers with three digits, or with as many as it takes to tell them apart."""
    size = max(abs(a), abs(b))
    texts = number(a, 3, size), number(b, 3, size)
    for digits in range(4, 16):
        if texts[0] != texts[1] or a == b:
            break
        texts = number(a, digits, size), number(b, digits, size)
    return texts


def signed_percent(share: float) -> str:
    """A share of 1 as a signed percentage with one decimal: 0.086 is `+8.6 %`."""
    if math.isnan(share):
        return NOTHING
    if not math.isfinite(share):
        return f"{MINUS}∞ %" if share < 0 else "+∞ %"
    if share == 0:
        return "0.0 %"
    return f"{100 * share:+,.1f} %".replace("-", MINUS)
