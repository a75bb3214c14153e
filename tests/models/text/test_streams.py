"""A text goes through whole and in order; its cost is that of every token from all before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from features.errors import UserError
from models.settings import TrainingSettings
from models.text.language_model import LanguageModel, LanguageSettings
from models.text.streams import Window, language_task, steps_of, surprise, windows_of
from models.training import train

V = 5
SETTINGS = LanguageSettings("lstm", layers=2, hidden=8, embedding=4)


def model_of(settings: LanguageSettings = SETTINGS) -> LanguageModel:
    torch.manual_seed(0)
    model = LanguageModel(V, settings).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.mul_(3)  # so that a state that is not carried shows
    return model


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(1, 5), st.integers(1, 7), st.integers(0, 60), st.integers(0, 99))
def test_windows_go_on_where_the_one_before_ended(
    rows: int, steps: int, more: int, seed: int
) -> None:
    ids = torch.arange(steps * (rows + 1) + more)
    found = list(windows_of(ids, rows, steps, generator(seed)))
    assert len(found) == steps_of(len(ids), rows, steps)
    assert [window.first for window in found] == [True] + [False] * (len(found) - 1)
    read = torch.cat([window.ids[:, :-1] for window in found], dim=1)
    said = torch.cat([window.ids[:, 1:] for window in found], dim=1)
    assert read.diff(dim=1).eq(1).all()
    assert read.unique().numel() == read.numel()  # no token is read twice
    assert (said == read + 1).all()


def test_epochs_are_cut_elsewhere() -> None:
    ids = torch.arange(100)
    begins = {int(next(windows_of(ids, 4, 8, generator(seed))).ids[0, 0]) for seed in range(40)}
    assert len(begins) > 4
    assert max(begins) < 8


def test_a_text_that_is_too_short_is_refused() -> None:
    with pytest.raises(UserError, match=r"has 39 tokens, expected at least 40"):
        steps_of(39, 4, 8)


def test_whole_text_costs_what_single_steps_say() -> None:
    model, ids = model_of(), torch.randint(V, (50,), generator=generator())
    state, expected = model.begin(1), []
    with torch.no_grad():
        for token, after in pairwise(ids):
            log_p, state = model.step(token[None], state)
            expected.append(-log_p[0, after])
    got = surprise(model, ids, streams=1, chunk=7)
    torch.testing.assert_close(got, torch.stack(expected))


@pytest.mark.parametrize(("streams", "warm"), [(3, 0), (3, 5), (4, 11), (7, 4)])
def test_streams_cost_what_each_tells_from_its_beginning(streams: int, warm: int) -> None:
    model, ids = model_of(), torch.randint(V, (50,), generator=generator())
    length = -(-49 // streams)
    expected = []
    for begin in range(0, 49, length):
        early = max(0, begin - warm)
        piece = surprise(model, ids[early : begin + length + 1], streams=1)
        expected.append(piece[begin - early :])
    got = surprise(model, ids, streams=streams, warm=warm, chunk=5)
    torch.testing.assert_close(got, torch.cat(expected))


def test_a_text_shorter_than_its_warmth_is_one_stream() -> None:
    model, ids = model_of(), torch.randint(V, (20,), generator=generator())
    torch.testing.assert_close(surprise(model, ids), surprise(model, ids, streams=1))


def gradients_of(carry: bool, batches: list[Window]) -> list[list[Tensor]]:
    model, ids = model_of(), torch.arange(20) % V
    task, found = language_task(ids, ids, rows=2, steps=3, carry=carry), []
    for batch in batches:
        model.zero_grad()
        task.loss(model, batch).backward()
        found.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    return found


def windows() -> Iterator[Window]:
    ids = torch.randint(V, (2, 7), generator=generator())
    yield Window(ids[:, :4], True)
    yield Window(ids[:, 3:], False)


def test_the_state_is_carried_and_its_gradient_is_not() -> None:
    """As one pass over both windows, its states detached between them."""
    model, (one, two) = model_of(), list(windows())
    _, state = model(one.ids[:, :-1])
    logits, _ = model(two.ids[:, :-1], tuple(tuple(p.detach() for p in s) for s in state))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), two.ids[:, 1:].flatten())
    expected = torch.autograd.grad(loss, list(model.parameters()))
    for got, wanted in zip(gradients_of(True, [one, two])[1], expected, strict=True):
        torch.testing.assert_close(got, wanted)


def test_an_epoch_begins_with_nothing_read() -> None:
    one, two = windows()
    carried, again = gradients_of(True, [one, two, two._replace(first=True)])[1:]
    fresh = gradients_of(False, [one, two])[1]
    assert all(map(torch.equal, again, fresh))
    assert not any(map(torch.equal, carried, fresh))


def test_it_learns_a_text_that_repeats_itself() -> None:
    ids = torch.tensor([0, 1, 2, 0, 3, 4] * 60)
    model = LanguageModel(V, replace(SETTINGS, layers=1, hidden=16))
    task = language_task(ids, ids[:90], rows=4, steps=10)
    settings = TrainingSettings(epochs=12, patience=12, learning_rate=0.02, device="cpu")
    history = train(model, task, settings)
    assert history[-1].validation_loss < 0.1
    assert float(surprise(model, ids[:90]).mean()) == pytest.approx(history[-1].validation_loss)
