"""Pooling sees tokens, never padding."""

from __future__ import annotations

from typing import get_args

import pytest
import torch

from models.text.pooling import Pool, Pooling

LENGTHS = [4, 1, 3]
MASK = torch.arange(4) < torch.tensor(LENGTHS)[:, None]


def pooling(kind: Pool, both: bool = True) -> Pooling:
    torch.manual_seed(0)
    return Pooling(kind, 6, both)


@pytest.mark.parametrize("kind", get_args(Pool))
def test_padding_changes_nothing(kind: Pool) -> None:
    pool, states = pooling(kind), torch.randn(3, 4, 6)
    wild = states.masked_fill(~MASK[..., None], 1e6)
    assert torch.equal(pool(states, MASK), pool(wild, MASK))
    longer = torch.cat([states, torch.full((3, 2, 6), 9.0)], dim=1)
    mask = torch.cat([MASK, torch.zeros(3, 2, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(pool(longer, mask), pool(states, MASK))


@pytest.mark.parametrize("kind", get_args(Pool))
def test_a_sentence_of_one_token_is_that_token(kind: Pool) -> None:
    pool, states = pooling(kind), torch.randn(3, 4, 6)
    torch.testing.assert_close(pool(states, MASK)[1], states[1, 0])


def test_by_hand() -> None:
    states = torch.randn(3, 4, 6)
    for row, length in enumerate(LENGTHS):
        own = states[row, :length]
        expected = {
            "mean": own.mean(0),
            "max": own.max(0).values,
            "last": torch.cat([own[-1, :3], own[0, 3:]]),
        }
        for kind in ("mean", "max", "last"):
            torch.testing.assert_close(pooling(kind)(states, MASK)[row], expected[kind])
        torch.testing.assert_close(pooling("last", both=False)(states, MASK)[row], own[-1])


def test_attention_weights_are_a_softmax_over_the_tokens() -> None:
    pool, states = pooling("attention"), torch.randn(3, 4, 6)
    weights = pool.weights(states, MASK)
    assert not weights[~MASK].any()
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    scores = pool.vector(torch.tanh(pool.hidden(states[2, :3]))).flatten()
    torch.testing.assert_close(weights[2, :3], scores.softmax(0))
    torch.testing.assert_close(pool(states, MASK)[2], weights[2, :3] @ states[2, :3])
