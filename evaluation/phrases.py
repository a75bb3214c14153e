"""How a comparison of two models is put into words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import numpy as np

from evaluation.comparison import ALPHA, Comparison
from evaluation.numbers import NOTHING, apart, number


def outcome(one: Comparison, reference: str, origins: int, needed: int) -> str:
    """The verb, what the reference is called, and the steps ahead at which it holds."""
    if one.better:
        return f"beats {reference}{_where(one, one.better_steps, 'worse', one.worse_steps)}"
    if one.worse:
        return f"loses to {reference}{_where(one, one.worse_steps, 'better', one.better_steps)}"
    if one.difference == 0:
        return f"equals {reference}"
    if math.isnan(one.difference):
        return f"diverged, and so did {reference}"
    if math.isnan(one.p):
        place = "ahead of" if one.difference < 0 else "behind"
        return f"is {place} {reference}, but {too_few(origins, needed)}"
    pieces = [("better", one.better_steps), ("worse", one.worse_steps)]
    some = " and ".join(f"{word} {at_steps(steps)}" for word, steps in pieces if steps)
    told = f"cannot be told from {reference}"
    return f"{told} over all steps, but is {some}" if some else told


def too_few(origins: int, needed: int, what: str = "") -> str:
    """So many origins cannot tell what is asked."""
    few = f"{count(origins, 'origin')} {'is' if origins == 1 else 'are'} too few to tell"
    return f"{few}{what}, it takes {needed:,}"


def _where(one: Comparison, steps: list[int], other: str, others: list[int]) -> str:
    horizon = len(one.by_step)
    if horizon == 1 or math.isnan(one.p):
        return ""
    if len(steps) == horizon:
        return " at every step"
    if others:
        return f" over all steps, but is {other} {at_steps(others)}"
    if not steps:
        return " over all steps, at none by itself"
    beyond = "beyond" if steps == list(range(1, len(steps) + 1)) else "at the others"
    return f" {at_steps(steps)}, not {beyond}"


def at_steps(steps: list[int]) -> str:
    """`at steps 1–3 and 7`."""
    return f"at step{'s' if len(steps) > 1 else ''} {listed(_runs(steps))}"


def _runs(steps: list[int]) -> Iterator[str]:
    for run in np.split(np.array(steps), np.flatnonzero(np.diff(steps) > 1) + 1):
        yield f"{run[0]}" if len(run) == 1 else f"{run[0]}\u2013{run[-1]}"


def listed(words: Iterable[str]) -> str:
    """`a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def count(n: int, thing: str) -> str:
    """`1 origin`, `1,000 origins`."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def effect(one: Comparison) -> str:
    """` (3.4 % lower, 95 % interval 1.1 to 5.6 %; p = 0.004)`; nothing without a difference."""
    if one.difference == 0 or not math.isfinite(one.skill * one.difference):
        return ""
    return f" ({size(one)}{'' if math.isnan(one.p) else f', {doubt(one)}'})"


def size(one: Comparison) -> str:
    """`3.4 % lower`."""
    share = abs(100 * one.skill)
    told = f"{share:.1f} %" if share >= 0.05 else "less than 0.1 %"
    return f"{told} {'lower' if one.difference < 0 else 'higher'}"


def doubt(one: Comparison) -> str:
    """`95 % interval 1.1 to 5.6 %; p = 0.004`; p is the adjusted one."""
    p = "p < 0.001" if one.p_adjusted < 0.001 else f"p = {probability(one.p_adjusted)}"
    sign = 100 if one.difference < 0 else -100
    ends = sorted(sign * end for end in one.interval)
    if not all(map(math.isfinite, ends)):
        return p
    low, high = (number(round(end, 1) + 0.0, 1, 0.1) for end in ends)
    return f"95 % interval {low} to {high} %; {p}"


def probability(p: float) -> str:
    """A p-value in three decimals, or as many as it takes to tell it from the level.

    `<0.001` rather than a zero; a dash for NaN.
    """
    if math.isnan(p):
        return NOTHING
    if p < 0.001:
        return "<0.001"
    return apart(p, ALPHA)[0] if f"{p:.3f}" == f"{ALPHA:.3f}" else f"{p:.3f}"
