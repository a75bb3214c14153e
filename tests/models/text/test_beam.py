"""Beam search: what exhaustive search finds, whatever else is in the batch."""

from __future__ import annotations

from itertools import pairwise, product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from features.errors import UserError
from features.text.batches import Ragged, padded
from features.text.vocabulary import BEGIN, END
from models.text.beam import Hypothesis, Search, beam, greedy, n_best, penalty, written
from models.text.translator import Translator, TranslatorSettings

TOKENS = (4, 5)
V = 6


class Table:
    """Log-probabilities of the next token by sentence, step and last token."""

    def __init__(self, seed: int, rows: int, steps: int, sharp: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(seed)
        raw = sharp * torch.randn(rows, steps, V, V, generator=generator, dtype=torch.float64)
        self.log_p = raw.log_softmax(-1)

    def step(self, tokens: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        return self.log_p[state[:, 0], state[:, 1], tokens], state + torch.tensor([0, 1])

    def rows(self, state: Tensor, rows: Tensor) -> Tensor:
        return state[rows]

    def begin(self, rows: list[int]) -> Tensor:
        return torch.tensor([[row, 0] for row in rows])

    def of(self, row: int, ids: tuple[int, ...]) -> float:
        path = [BEGIN, *ids, END]
        return sum(float(self.log_p[row, t, a, b]) for t, (a, b) in enumerate(pairwise(path)))


def exhaustive(table: Table, row: int, longest: int, alpha: float) -> list[Hypothesis]:
    """Every sequence of at most `longest` tokens, END with them."""
    every = [ids for n in range(longest) for ids in product(TOKENS, repeat=n)]
    found = [
        Hypothesis(ids, p, p / float(penalty(len(ids) + 1, alpha)))
        for ids in every
        for p in [table.of(row, ids)]
    ]
    return sorted(found, key=lambda one: -one.score)


def same(got: list[Hypothesis], expected: list[Hypothesis]) -> None:
    assert [one.ids for one in got] == [one.ids for one in expected]
    for a, b in zip(got, expected, strict=True):
        assert (a.log_p, a.score) == pytest.approx((b.log_p, b.score))


@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(0, 1.5), st.integers(1, 4))
def test_a_beam_that_holds_all_prefixes_finds_what_exhaustive_search_finds(
    seed: int, longest: int, alpha: float, best: int
) -> None:
    table = Table(seed, 1, longest)
    got = beam(table, table.begin([0]), torch.tensor([longest]), 2**longest, alpha, best)
    same(got[0], exhaustive(table, 0, longest, alpha)[:best])


@given(st.integers(0, 10**6), st.integers(1, 4), st.floats(0, 1), st.data())
def test_a_sentence_is_searched_alike_alone_and_in_company(
    seed: int, width: int, alpha: float, data: st.DataObject
) -> None:
    table = Table(seed, 4, 6, sharp=2)
    longest = torch.tensor(data.draw(st.lists(st.integers(1, 6), min_size=4, max_size=4)))
    together = beam(table, table.begin([0, 1, 2, 3]), longest, width, alpha, width)
    for row in range(4):
        alone = beam(table, table.begin([row]), longest[row : row + 1], width, alpha, width)
        same(together[row], alone[0])
        scores = [one.score for one in together[row]]
        assert scores == sorted(scores, reverse=True)
        assert len({one.ids for one in together[row]}) == len(scores)
        for one in together[row]:
            assert len(one.ids) < longest[row]
            assert one.log_p == pytest.approx(table.of(row, one.ids))


def test_greedy_takes_the_likeliest_token_and_is_not_always_best() -> None:
    table = Table(3, 30, 5, sharp=2)
    longest = torch.full((30,), 5)
    rows = list(range(30))
    fast = greedy(table, table.begin(rows), longest)
    wide = beam(table, table.begin(rows), longest, 4)
    for row, one in enumerate(fast):
        last, expected = BEGIN, []
        for t in range(5):
            allowed = (END, *TOKENS) if t < 4 else (END,)
            last = max(allowed, key=lambda k: table.log_p[row, t, last, k].item())
            if last == END:
                break
            expected.append(last)
        assert list(one.ids) == expected
        assert one.log_p == pytest.approx(table.of(row, one.ids))
        assert wide[row][0].score >= one.score - 1e-9
    assert any(wide[row][0].score > one.score + 0.1 for row, one in enumerate(fast))


def test_the_penalty_favours_longer_texts() -> None:
    assert penalty(1, 0.6) == 1
    table = Table(0, 40, 6)
    lengths = [
        sum(len(one[0].ids) for one in beam(table, table.begin(list(range(40))), longest, 16, a))
        for longest in [torch.full((40,), 6)]
        for a in (0.0, 1.0, 3.0)
    ]
    assert lengths[0] < lengths[1] < lengths[2]


@pytest.mark.parametrize("width", [1, 3])
def test_sources_are_answered_in_their_order(width: int) -> None:
    torch.manual_seed(0)
    model = Translator(9, 9, TranslatorSettings(hidden=8)).eval().double()
    sources = [[4, 5, 3], [8, 3], [6, 6, 7, 4, 3], [5, 3], [8, 3]]
    search = Search(width=width, tokens=8)
    got = n_best(model, Ragged.of(sources), search, width)
    assert got[1] == got[4]
    for source, one in zip(sources, got, strict=True):
        state = model.begin(padded([source]))
        longest = torch.tensor([2 * len(source) + 8])
        if width == 1:
            same(one, greedy(model, state, longest))
        else:
            same(one, beam(model, state, longest, width, best=width)[0])
    best = written(model, Ragged.of(sources), search)
    assert best == [list(one[0].ids) for one in got]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"width": 0}, "width"), ({"alpha": -0.1}, "alpha"), ({"more": 0}, "more")],
)
def test_impossible_searches_are_refused(change: dict[str, float], message: str) -> None:
    with pytest.raises(UserError, match=f"{message} must be at least"):
        Search(**change)  # type: ignore[arg-type]
