"""A stack reads each sentence as if it were alone, whatever stands beside or behind it."""

from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from features.errors import UserError
from models.settings import Recurrence
from models.text.stack import Connection, Highway, Stack, StackSettings

CELLS: tuple[Recurrence, ...] = ("rnn", "lstm", "gru")
CONNECTIONS: tuple[Connection, ...] = ("none", "residual", "highway")


def stack(
    cell: Recurrence = "lstm", layers: int = 2, both: bool = True, connection: Connection = "none"
) -> Stack:
    torch.manual_seed(0)
    shape = StackSettings(cell, 4, layers, both, connection, dropout=0.3)
    return Stack(3, shape).eval()


@pytest.mark.parametrize(("cell", "connection"), list(itertools.product(CELLS, CONNECTIONS)))
@settings(max_examples=10)
@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    layers=st.integers(1, 3),
    both=st.booleans(),
)
def test_each_row_is_read_as_if_alone(
    cell: Recurrence, connection: Connection, lengths: list[int], layers: int, both: bool
) -> None:
    model = stack(cell, layers, both, connection)
    x = torch.randn(len(lengths), max(lengths), 3)
    out = model(x, torch.tensor(lengths))
    assert out.shape == (len(lengths), max(lengths), model.settings.width)
    for row, alone, length in zip(out, x, lengths, strict=True):
        expected = model(alone[None, :length], torch.tensor([length]))[0]
        torch.testing.assert_close(row[:length], expected)
        assert not row[length:].any()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_without_connections_it_is_the_stack_of_pytorch(cell: Recurrence, both: bool) -> None:
    model = stack(cell, 3, both)
    kind = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}[cell]
    theirs = kind(3, 4, num_layers=3, batch_first=True, bidirectional=both)
    for number, layer in enumerate(model.layers):
        for name, weight in layer.named_parameters():
            getattr(theirs, name.replace("_l0", f"_l{number}")).data.copy_(weight)
    x = torch.randn(2, 5, 3)
    torch.testing.assert_close(model(x, torch.tensor([5, 5])), theirs(x)[0])


def outputs_and_gradients(model: Stack, x: Tensor, lengths: list[int]) -> list[Tensor]:
    model.zero_grad()
    out = model(x, torch.tensor(lengths))
    out.square().sum().backward()
    return [out, *(p.grad.clone() for p in model.parameters() if p.grad is not None)]


@pytest.mark.parametrize(("cell", "connection"), list(itertools.product(CELLS, CONNECTIONS)))
def test_what_stands_in_the_padding_changes_no_bit(
    cell: Recurrence, connection: Connection
) -> None:
    model, lengths = stack(cell, 3, True, connection), [5, 2, 3]
    x = torch.randn(3, 5, 3)
    wild = x.clone()
    for row, length in zip(wild, lengths, strict=True):
        row[length:] = 1e30
    for a, b in zip(
        *(outputs_and_gradients(model, one, lengths) for one in (x, wild)), strict=True
    ):
        assert torch.equal(a, b)


def test_a_residual_layer_that_does_nothing_hands_on_what_it_read() -> None:
    model = stack(layers=3, connection="residual")
    for layer in itertools.islice(model.layers, 1, None):
        for weight in layer.parameters():
            nn.init.zeros_(weight)
    x = torch.randn(2, 5, 3)
    torch.testing.assert_close(
        model(x, torch.tensor([5, 4])),
        stack(layers=1)(x, torch.tensor([5, 4])),
    )


def test_a_highway_goes_from_what_it_read_to_what_its_layer_says() -> None:
    torch.manual_seed(0)
    highway = Highway(4)
    out, x = torch.randn(2, 4), torch.randn(2, 4)
    shares = (highway(out, x) - x) / (out - x)
    torch.testing.assert_close(shares, highway.gate(x).sigmoid())
    assert float(highway(torch.ones(1, 4), torch.zeros(1, 4)).detach().mean()) < 0.5
    for bias, expected in ((-40.0, x), (40.0, out)):
        nn.init.constant_(highway.gate.bias, bias)
        torch.testing.assert_close(highway(out, x), expected)


@pytest.mark.parametrize(
    ("change", "message"),
    [({"layers": 0}, "layers"), ({"hidden": 0}, "hidden"), ({"dropout": 1.0}, "dropout")],
)
def test_impossible_shapes_are_refused(change: dict[str, int], message: str) -> None:
    with pytest.raises(UserError, match=f"{message} must be"):
        StackSettings(**change)  # type: ignore[arg-type]
