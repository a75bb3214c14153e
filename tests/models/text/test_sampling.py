"""What may be drawn, what is drawn, and the limits of temperature."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from features.errors import UserError
from models.text.language_model import LanguageModel, LanguageSettings
from models.text.sampling import Choice, narrowed, write

V = 9
seeds = st.integers(0, 10_000)


def log_probabilities(seed: int, rows: int = 4) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return (3 * torch.randn(rows, V, generator=generator)).log_softmax(dim=-1)


def sums_to_one(log_p: Tensor) -> bool:
    return torch.allclose(log_p.exp().sum(dim=-1), torch.ones(len(log_p)))


@given(seeds, st.floats(0.1, 5), st.integers(1, 2 * V), st.floats(0.05, 1))
def test_what_is_left_is_a_distribution_that_keeps_the_order(
    seed: int, temperature: float, top_k: int, nucleus: float
) -> None:
    log_p = log_probabilities(seed)
    left = narrowed(log_p, Choice(temperature, top_k, nucleus))
    assert sums_to_one(left)
    assert torch.equal(left.argmax(dim=-1), log_p.argmax(dim=-1))
    kept = left.isfinite()
    lowest = log_p.masked_fill(~kept, math.inf).amin(dim=-1)
    highest_dropped = log_p.masked_fill(kept, -math.inf).amax(dim=-1)
    assert (lowest >= highest_dropped).all()


@given(seeds, st.integers(1, 2 * V))
def test_top_k_leaves_the_k_likeliest_in_proportion(seed: int, k: int) -> None:
    log_p = log_probabilities(seed)
    left = narrowed(log_p, Choice(top_k=k))
    assert (left.isfinite().sum(dim=-1) == min(k, V)).all()
    p = log_p.exp() * left.isfinite()
    torch.testing.assert_close(left.exp(), p / p.sum(dim=-1, keepdim=True))


@given(seeds, st.floats(0.01, 0.999))
def test_a_nucleus_has_its_mass_and_none_to_spare(seed: int, mass: float) -> None:
    log_p = log_probabilities(seed)
    kept = narrowed(log_p, Choice(nucleus=mass)).isfinite()
    p = log_p.exp()
    held = (p * kept).sum(dim=-1)
    assert (held >= mass - 1e-5).all()
    least = p.masked_fill(~kept, math.inf).amin(dim=-1)
    assert (held - least < mass).all()


def test_top_k_counts_before_the_nucleus_does() -> None:
    log_p = torch.tensor([[0.4, 0.3, 0.2, 0.1]]).log()
    left = narrowed(log_p, Choice(top_k=2, nucleus=0.5)).exp()  # of 4/7 and 3/7 the first has 0.5
    torch.testing.assert_close(left, torch.tensor([[1.0, 0, 0, 0]]))


@given(seeds)
def test_temperature_has_its_limits(seed: int) -> None:
    log_p = log_probabilities(seed)
    torch.testing.assert_close(narrowed(log_p, Choice()), log_p)
    greedy = narrowed(log_p, Choice(temperature=0)).exp()
    assert torch.equal(greedy.argmax(-1), log_p.argmax(-1))
    assert (greedy.amax(-1) == 1).all()
    torch.testing.assert_close(narrowed(log_p, Choice(1e-4)).exp(), greedy)
    even = torch.full_like(log_p, 1 / V)
    torch.testing.assert_close(narrowed(log_p, Choice(1e6)).exp(), even, atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"temperature": -0.1}, "temperature"),
        ({"top_k": 0}, "top_k"),
        ({"nucleus": 0.0}, "nucleus"),
        ({"nucleus": 1.1}, "nucleus"),
    ],
)
def test_impossible_choices_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        Choice(**settings)


class Chain:
    """The next token has probabilities of the last one alone; the state counts its steps."""

    def __init__(self) -> None:
        self.log_p = log_probabilities(3, rows=V)

    def step(self, tokens: Tensor, state: int) -> tuple[Tensor, int]:
        return self.log_p[tokens], state + 1

    def rows(self, state: int, rows: Tensor) -> int:
        return state


def test_what_is_drawn_has_the_probabilities_of_the_choice() -> None:
    chain, choice = Chain(), Choice(temperature=1.3, top_k=5, nucleus=0.95)
    prompts = torch.full((20_000, 1), 2)
    drawn = write(chain, prompts, 0, 1, choice, torch.Generator().manual_seed(0))
    seen = torch.bincount(drawn[:, 0], minlength=V) / len(drawn)
    p = narrowed(chain.log_p[2], choice).exp()
    torch.testing.assert_close(seen, p, atol=0.015, rtol=0)
    assert (seen[p == 0] == 0).all()


def test_the_likeliest_is_followed_from_the_prompts_last_token() -> None:
    chain = Chain()
    prompts = torch.tensor([[0, 1], [5, 4]])
    written = write(chain, prompts, 0, 3, Choice(temperature=0))
    for prompt, row in zip(prompts, written, strict=True):
        last = int(prompt[-1])
        for token in row.tolist():
            assert token == int(chain.log_p[last].argmax())
            last = token


def test_rows_of_a_batch_are_written_as_each_alone() -> None:
    torch.manual_seed(0)
    model = LanguageModel(V, LanguageSettings("gru", hidden=8, embedding=4)).eval()
    prompts, greedy = torch.randint(V, (3, 6)), Choice(temperature=0)
    together = write(model, prompts, model.begin(3), 10, greedy)
    for prompt, row in zip(prompts, together, strict=True):
        assert torch.equal(write(model, prompt[None], model.begin(1), 10, greedy)[0], row)


def test_the_seed_decides_what_is_drawn() -> None:
    def drawn(seed: int) -> Tensor:
        return write(
            Chain(), torch.zeros(2, 1).long(), 0, 20, None, torch.Generator().manual_seed(seed)
        )

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))
