"""The cells by hand are PyTorch's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from models.text.gated_cells import GatedCell, GRUCell, LSTMCell

PAIRS: dict[str, tuple[Callable[..., nn.RNNBase], type[GatedCell[Any]]]] = {
    "lstm": (nn.LSTM, LSTMCell),
    "gru": (nn.GRU, GRUCell),
}
SIZES = {"inputs": st.integers(1, 5), "hidden": st.integers(1, 6), "steps": st.integers(1, 7)}


def alike(name: str, inputs: int, hidden: int) -> tuple[nn.RNNBase, GatedCell[Any]]:
    theirs, ours = PAIRS[name]
    layer, cell = theirs(inputs, hidden, batch_first=True), ours(inputs, hidden)
    cell.load(layer)
    return layer, cell


@pytest.mark.parametrize("name", PAIRS)
@settings(max_examples=25)
@given(rows=st.integers(1, 4), **SIZES)
def test_states_and_gradients_are_those_of_pytorch(
    name: str, rows: int, inputs: int, hidden: int, steps: int
) -> None:
    torch.manual_seed(inputs * 100 + hidden * 10 + steps)
    layer, cell = alike(name, inputs, hidden)
    x, weight = torch.randn(rows, steps, inputs), torch.randn(rows, steps, hidden)
    found: list[list[Tensor | None]] = []
    for model in (layer, cell):
        x_ = x.clone().requires_grad_()
        out = model(x_)
        hidden_states = out[0] if isinstance(model, nn.RNNBase) else out.hidden
        (hidden_states * weight).sum().backward()
        found.append([hidden_states, x_.grad, *(one.grad for one in model.parameters())])
    for theirs, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_the_last_cell_state_is_that_of_pytorch() -> None:
    torch.manual_seed(0)
    layer, cell = alike("lstm", 3, 4)
    x = torch.randn(2, 6, 3)
    torch.testing.assert_close(cell(x).cell[:, -1], layer(x)[1][1][0])


@pytest.mark.parametrize("name", PAIRS)
def test_a_walk_goes_on_where_another_stopped(name: str) -> None:
    torch.manual_seed(0)
    _, cell = alike(name, 3, 4)
    x = torch.randn(2, 6, 3)
    first = cell(x[:, :2])
    held = type(first)(*(part[:, -1] for part in first))
    torch.testing.assert_close(cell(x[:, 2:], held).hidden, cell(x).hidden[:, 2:])


def test_the_states_follow_from_the_gates() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 6, 3)
    one = LSTMCell(3, 4)(x)
    before = torch.cat([torch.zeros(2, 1, 4), one.cell[:, :-1]], dim=1)
    torch.testing.assert_close(one.cell, one.forget * before + one.input * one.candidate)
    torch.testing.assert_close(one.hidden, one.output * one.cell.tanh())
    two = GRUCell(3, 4)(x)
    before = torch.cat([torch.zeros(2, 1, 4), two.hidden[:, :-1]], dim=1)
    torch.testing.assert_close(two.hidden, torch.lerp(two.candidate, before, two.update))


def test_an_upper_layer_can_be_taken() -> None:
    torch.manual_seed(0)
    layer = nn.GRU(4, 4, num_layers=2, batch_first=True)
    below, above = GRUCell(4, 4), GRUCell(4, 4)
    below.load(layer)
    above.load(layer, 1)
    x = torch.randn(2, 5, 4)
    torch.testing.assert_close(above(below(x).hidden).hidden, layer(x)[0])
