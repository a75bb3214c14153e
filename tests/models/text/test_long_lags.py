"""The tasks ask for what they say, and a cell learns them where the lag is short."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.settings import Recurrence, TrainingSettings
from models.text.long_lags import (
    ASKED,
    SOLVED,
    SYMBOLS,
    Lag,
    LagModel,
    adding,
    copying,
    lag_loss,
    lag_task,
)
from models.training import train


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@given(st.integers(2, 40), st.integers(0, 99))
def test_two_numbers_are_marked_one_in_each_half(length: int, seed: int) -> None:
    x, wanted = adding(6, length, generator(seed))
    numbers, marks = x.unbind(dim=2)
    half = length // 2
    assert (marks[:, :half].sum(dim=1) == 1).all()
    assert (marks[:, half:].sum(dim=1) == 1).all()
    assert ((numbers >= 0) & (numbers < 1)).all()
    for row, marked, total in zip(numbers, marks, wanted, strict=True):
        assert float(total) == pytest.approx(sum(float(row[k]) for k in marked.nonzero()))


@given(st.integers(0, 40), st.integers(0, 99))
def test_symbols_come_first_and_are_asked_for_after_the_lag(lag: int, seed: int) -> None:
    x, wanted = copying(6, lag, generator(seed))
    signs = x.argmax(dim=2)
    assert torch.equal(signs[:, :ASKED], wanted)
    say = (signs == SYMBOLS + 1).nonzero()
    assert torch.equal(say[:, 1], torch.full((6,), ASKED + lag))
    assert (signs[:, ASKED : ASKED + lag] == SYMBOLS).all()
    assert signs.shape[1] == ASKED + lag + ASKED
    assert wanted.max() < SYMBOLS


def test_knowing_nothing_costs_what_is_said() -> None:
    wanted = adding(20_000, 10, generator(0))[1]
    assert float((wanted - 1).square().mean()) == pytest.approx(1 / 6, rel=0.05)
    model = LagModel("copying", "gru", 4)
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    even = lag_loss(model, copying(8, 3, generator(0)))
    assert even.item() == pytest.approx(math.log(SYMBOLS))


@pytest.mark.parametrize("kind", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("task", ["adding", "copying"])
def test_models_answer_what_is_asked(task: Lag, kind: Recurrence) -> None:
    work = lag_task(task, 6, steps=2, rows=3)
    batches = list(work.batches(0, generator(0)))
    assert len(batches) == work.steps
    assert not torch.equal(batches[0][0], batches[1][0])
    model = LagModel(task, kind, 4)
    x, wanted = batches[0]
    assert model(x).shape == (wanted.shape if task == "adding" else (*wanted.shape, SYMBOLS))
    with torch.no_grad():
        assert work.judge(model) == work.judge(model)


def test_a_short_lag_is_learned() -> None:
    torch.manual_seed(0)
    model = LagModel("adding", "gru", 24)
    settings = TrainingSettings(epochs=4, learning_rate=0.02, device="cpu")
    history = train(model, lag_task("adding", 4, steps=60, rows=32), settings)
    assert history[-1].validation_loss < SOLVED["adding"]
