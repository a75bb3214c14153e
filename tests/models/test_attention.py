import math
from typing import Literal

import pytest
import torch

from models.attention import Attention, band

Score = Literal["dot", "additive"]


def slow(attention: Attention, query: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor):  # type: ignore[no-untyped-def]
    """One query and one key at a time."""
    R, O, D = query.shape
    context, weights = torch.zeros(R, O, D), torch.zeros(R, O, memory.shape[1])
    for r in range(R):
        for o in range(O):
            allowed = [n for n in range(memory.shape[1]) if mask[o, n]]
            q, scores = attention.query(query[r, o]), []
            for n in allowed:
                k = attention.key(memory[r, n])
                if attention.vector is None:
                    scores.append(float(q @ k) / math.sqrt(D))
                else:
                    scores.append(float(attention.vector(torch.tanh(q + k))))
            total = sum(math.exp(s) for s in scores)
            for n, s in zip(allowed, scores, strict=True):
                weights[r, o, n] = math.exp(s) / total
                context[r, o] += weights[r, o, n] * memory[r, n]
    return context, weights


@pytest.mark.parametrize("score", ["dot", "additive"])
def test_equals_a_slow_loop(score: Score) -> None:
    torch.manual_seed(0)
    attention = Attention(6, score)
    query, memory, mask = (
        torch.randn(2, 3, 6),
        torch.randn(2, 8, 6),
        band(torch.tensor([2, 5, 7]), 8, 4),
    )
    with torch.no_grad():
        got = attention(query, attention.key(memory), memory, mask)
        expected = slow(attention, query, memory, mask)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_band_sees_the_last_steps_only() -> None:
    assert band(torch.tensor([0, 3]), 5, 3).int().tolist() == [[1, 0, 0, 0, 0], [0, 1, 1, 1, 0]]


@pytest.mark.parametrize("score", ["dot", "additive"])
def test_what_is_masked_weighs_nothing(score: Score) -> None:
    attention, memory = Attention(4, score), torch.randn(1, 5, 4)
    mask = band(torch.tensor([2]), 5, 3)
    query = torch.randn(1, 1, 4)
    other = memory.clone()
    other[:, 3:] = 1e6
    for m in (memory, other):
        context, weights = attention(query, attention.key(m), m, mask)
        assert (weights[..., 3:] == 0).all()
        torch.testing.assert_close(weights.sum(-1), torch.ones(1, 1))
    expected = attention(query, attention.key(memory), memory, mask)[0]
    assert torch.equal(context, expected)
