"""The GRU with a derivative of its own is PyTorch's GRU."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.gru import GRU


def alike(inputs: int, hidden: int) -> tuple[nn.GRU, GRU]:
    theirs, ours = nn.GRU(inputs, hidden, batch_first=True), GRU(inputs, hidden, batch_first=True)
    ours.load_state_dict(theirs.state_dict())
    return theirs, ours


@pytest.mark.parametrize("steps", [1, 2, 9])
@pytest.mark.parametrize("carried", [False, True])
def test_outputs_and_gradients_are_those_of_pytorch(steps: int, carried: bool) -> None:
    torch.manual_seed(0)
    found = []
    x, h, weight = torch.randn(4, steps, 3), torch.randn(1, 4, 5), torch.randn(4, steps, 5)
    for layer in alike(3, 5):
        x_, h_ = x.clone().requires_grad_(), h.clone().requires_grad_()
        out, last = layer(x_, h_ if carried else None)
        ((out * weight).sum() + last.square().sum()).backward()
        grads = [p.grad for p in layer.parameters()] + [x_.grad] + ([h_.grad] if carried else [])
        found.append([out, last, *grads])
    for theirs, ours in zip(*found, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_its_derivative_is_that_of_finite_differences() -> None:
    torch.manual_seed(0)
    _, layer = alike(2, 3)
    layer.double()
    x = torch.randn(2, 4, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: layer(x)[0], x)


def test_without_gradients_it_gives_the_same() -> None:
    torch.manual_seed(0)
    _, layer = alike(3, 4)
    x = torch.randn(2, 6, 3)
    with torch.no_grad():
        quiet = layer(x)[0]
    torch.testing.assert_close(layer(x)[0], quiet)
