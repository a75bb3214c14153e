"""Costs in their units, and counting against a slow, readable sum."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.text.characters import cost, counted

letters = st.text("abc", min_size=1, max_size=30)


def test_a_fair_guess_among_eight_is_three_bits() -> None:
    found = cost(np.full(10, math.log(8)))
    assert found.characters == 10
    assert found.bits == pytest.approx(3)
    assert found.perplexity == pytest.approx(8)


def test_the_cost_is_a_mean_of_logarithms() -> None:
    found = cost(-np.log([0.5, 0.125]))
    assert found.bits == pytest.approx(2)
    assert found.perplexity == pytest.approx(4)


def slow(train: str, context: str, character: str, order: int) -> float:
    """p(character | context), one definition at a time; `order` characters are looked at."""
    if order == 0:
        return 1 / (len(set(train)) + 1)
    known = context[len(context) - order + 1 :] if order > 1 else ""
    after = [
        train[k + len(known)]
        for k in range(len(train) - len(known))
        if train[k : k + len(known)] == known
    ]
    shorter = slow(train, context, character, order - 1)
    if not after:
        return shorter
    different = len(set(after))
    return (after.count(character) + different * shorter) / (len(after) + different)


@given(letters, st.text("abcd", min_size=2, max_size=12), st.integers(0, 4))
def test_counting_is_the_interpolation_that_it_says(train: str, held: str, order: int) -> None:
    expected = [
        -math.log(slow(train, held[:k], held[k], min(order, k + 1))) for k in range(1, len(held))
    ]
    assert counted(train, held, order) == pytest.approx(expected)


@given(letters, st.text("abc", min_size=1, max_size=6), st.integers(1, 4))
def test_all_that_may_follow_sums_to_one(train: str, context: str, order: int) -> None:
    every = [*sorted(set(train)), "?"]  # whatever was never seen shares one probability
    p = [math.exp(-counted(train, context + each, order)[-1]) for each in every]
    assert sum(p) == pytest.approx(1)


def test_counting_longer_contexts_helps_where_they_tell_more() -> None:
    train, held = "abcabdabcabd" * 20, "abcabdabc"
    costs = [cost(counted(train, held, order)).nats for order in range(6)]
    assert costs == sorted(costs, reverse=True)
    assert costs[5] < 0.2 < costs[3]
