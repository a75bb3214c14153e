"""The network by hand is PyTorch's, in value and gradient."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from models.text.cells import VanillaRNN


def alike(inputs: int, hidden: int) -> tuple[nn.RNN, VanillaRNN]:
    theirs, ours = nn.RNN(inputs, hidden, batch_first=True), VanillaRNN(inputs, hidden)
    with torch.no_grad():
        w_x, w_h, b_x, b_h = theirs.parameters()
        ours.w_x.copy_(w_x)
        ours.w_h.copy_(w_h)
        ours.b.copy_(b_x + b_h)
    return theirs, ours


@pytest.mark.parametrize("steps", [1, 7])
@pytest.mark.parametrize("carried", [False, True])
def test_states_and_gradients_are_those_of_pytorch(steps: int, carried: bool) -> None:
    torch.manual_seed(0)
    theirs, ours = alike(3, 5)
    weight, found = torch.randn(4, steps, 5), []
    x, h = torch.randn(4, steps, 3), torch.randn(4, 5)
    for layer in (theirs, ours):
        x_, h_ = x.clone().requires_grad_(), h.clone().requires_grad_()
        if isinstance(layer, nn.RNN):
            states = layer(x_, h_[None] if carried else None)[0]
        else:
            states = layer(x_, h_ if carried else None)
        (states * weight).sum().backward()
        w_x, w_h, b, *_ = layer.parameters()
        found.append([states, x_.grad, w_x.grad, w_h.grad, b.grad, *([h_.grad] * carried)])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(b, a)


def test_a_walk_is_its_steps() -> None:
    torch.manual_seed(0)
    cell, x, h = VanillaRNN(2, 3), torch.randn(4, 5, 2), torch.zeros(4, 3)
    for t, expected in enumerate(cell(x).unbind(dim=1)):
        h = cell.step(x[:, t], h)
        torch.testing.assert_close(h, expected)
