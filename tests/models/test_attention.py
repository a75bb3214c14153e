import math
from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.attention import Attention, Score, band
from models.network import Shape
from models.seq2seq import Seq2Seq
from models.settings import NetworkSettings

SCORES: tuple[Score, ...] = get_args(Score)


def slow(attention: Attention, query: torch.Tensor, memory: torch.Tensor, mask: torch.Tensor):  # type: ignore[no-untyped-def]
    """One query and one key at a time, from the formulas."""
    R, O, D = query.shape
    context, weights = torch.zeros(R, O, D), torch.zeros(R, O, memory.shape[1])
    w = dict(attention.named_parameters())
    for r in range(R):
        for o in range(O):
            allowed, q = [n for n in range(memory.shape[1]) if mask[o, n]], query[r, o]
            factor = dict.fromkeys(allowed, 1.0)
            if attention.score == "local":
                hidden = torch.tanh(w["place.0.weight"] @ q)
                centre = len(allowed) / (1 + math.exp(-float(w["place.2.weight"] @ hidden)))
                near = {n: place - centre for place, n in enumerate(allowed)}
                allowed = [n for n in allowed if abs(near[n]) <= attention.window]
                sigma = attention.window / 2
                factor = {n: math.exp(-(near[n] ** 2) / (2 * sigma**2)) for n in allowed}
            scores = []
            for n in allowed:
                m = memory[r, n]
                if attention.score == "dot":
                    scores.append(float(q @ m))
                elif attention.score == "scaled":
                    k = w["key.weight"] @ m
                    scores.append(float(w["query.weight"] @ q @ k) / math.sqrt(D))
                elif attention.score == "additive":
                    both = torch.tanh(w["query.weight"] @ q + w["key.weight"] @ m)
                    scores.append(float(w["vector.weight"] @ both))
                else:
                    scores.append(float(q @ w["key.weight"] @ m))
            total = sum(math.exp(s) for s in scores)
            for n, s in zip(allowed, scores, strict=True):
                weights[r, o, n] = math.exp(s) / total * factor[n]
                context[r, o] += weights[r, o, n] * memory[r, n]
    return context, weights


@pytest.mark.parametrize("score", SCORES)
def test_equals_a_slow_loop(score: Score) -> None:
    torch.manual_seed(0)
    attention = Attention(6, score, window=2)
    query, memory, mask = (
        torch.randn(2, 3, 6),
        torch.randn(2, 8, 6),
        band(torch.tensor([2, 5, 7]), 8, 7),
    )
    with torch.no_grad():
        got = attention(query, attention.key(memory), memory, mask)
        expected = slow(attention, query, memory, mask)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, atol=1e-6, rtol=1e-5)


def test_band_sees_the_last_steps_only() -> None:
    assert band(torch.tensor([0, 3]), 5, 3).int().tolist() == [[1, 0, 0, 0, 0], [0, 1, 1, 1, 0]]


@pytest.mark.parametrize("score", SCORES)
@given(wild=st.floats(-(2.0**50), 2.0**50, width=32), seed=st.integers(0, 99))
def test_what_is_masked_weighs_nothing_and_learns_nothing(
    score: Score, wild: float, seed: int
) -> None:
    torch.manual_seed(seed)
    attention, memory = Attention(4, score, window=2), torch.randn(2, 5, 4)
    mask = torch.rand(2, 3, 5) < 0.5
    mask[..., 1], mask[..., 4] = True, False
    query = torch.randn(2, 3, 4)
    other = memory.clone()
    other[:, 4] = wild
    found = []
    for m in (memory, other):
        m.requires_grad_()
        attention.zero_grad()
        context, weights = attention(query, attention.key(m), m, mask)
        assert (weights[~mask] == 0).all()
        context.square().sum().backward()
        assert m.grad is not None
        assert (m.grad[:, 4] == 0).all()
        assert (m.grad[:, 1] != 0).any()
        found.append([context, *(p.grad for p in attention.parameters())])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("score", SCORES)
def test_weights_are_a_distribution_which_the_local_score_lowers(score: Score) -> None:
    torch.manual_seed(0)
    attention, memory = Attention(4, score, window=2), torch.randn(3, 9, 4)
    mask = torch.ones(3, 1, 9, dtype=torch.bool)
    total = attention(torch.randn(3, 5, 4), attention.key(memory), memory, mask)[1].sum(-1)
    if score == "local":
        assert (total < 1).all()
        assert (total > 0).all()
    else:
        torch.testing.assert_close(total, torch.ones(3, 5))


def test_local_looks_within_its_window_and_learns_where() -> None:
    torch.manual_seed(0)
    attention, memory = Attention(4, "local", window=2), torch.randn(6, 30, 4)
    mask = torch.ones(6, 1, 30, dtype=torch.bool)
    context, weights = attention(torch.randn(6, 2, 4), attention.key(memory), memory, mask)
    seen = (weights > 0).sum(-1)
    assert (seen >= 2).all()
    assert (seen <= 5).all()
    context.square().sum().backward()
    assert attention.place is not None
    assert all((p.grad != 0).any() for p in attention.place.parameters() if p.grad is not None)


def test_scaling_keeps_the_score_of_unit_numbers_of_unit_variance() -> None:
    torch.manual_seed(0)
    attention = Attention(256, "scaled")
    for layer in (attention.query, attention.key):
        torch.nn.init.orthogonal_(layer.weight)  # type: ignore[arg-type]
    with torch.no_grad():
        plain, scaled = (
            one.scores(torch.randn(1, 500, 256), one.key(torch.randn(1, 50, 256))).std()
            for one in (Attention(256, "dot"), attention)
        )
    assert float(plain) == pytest.approx(16, rel=0.05)
    assert float(scaled) == pytest.approx(1, rel=0.05)


def test_the_names_in_the_settings_of_forecasters_mean_what_they_meant() -> None:
    shape = Shape(horizon=3, series=1, channels=1, known=0, static=0)
    for name, score in {"dot": "scaled", "additive": "additive"}.items():
        settings = NetworkSettings(hidden=4, attention=name)  # type: ignore[arg-type]
        attention = Seq2Seq(shape, settings, "gru").attention
        kept = {"query.weight", "key.weight"} | ({"vector.weight"} if name == "additive" else set())
        assert (attention.score, set(attention.state_dict())) == (score, kept)
