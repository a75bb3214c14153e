"""The derivative by hand is autograd's: of the whole, and of states that are detached."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.text.bptt import answer, through_time
from models.text.cells import VanillaRNN

B, T, I, D, V = 3, 11, 4, 5, 6


def setting() -> tuple[VanillaRNN, nn.Linear, Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    cell, head = VanillaRNN(I, D).double(), nn.Linear(D, V).double()
    with torch.no_grad():
        cell.w_h.mul_(2)  # so that what comes from far weighs something
    x, h = torch.randn(B, T, I).double(), torch.randn(B, D).double()
    return cell, head, x, h, torch.randint(V, (B, T))


def of_autograd(window: int | None) -> list[Tensor]:
    cell, head, x, h, targets = setting()
    h.requires_grad_()
    states, state = [], h
    for t in range(T):
        if window and t and t % window == 0:
            state = state.detach()
        state = cell.step(x[:, t], state)
        states.append(state)
    logits = head(torch.stack(states, dim=1))
    loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    weights = [cell.w_x, cell.w_h, cell.b, head.weight, head.bias, h]
    return [loss, *torch.autograd.grad(loss, weights)]


def by_hand(window: int | None) -> list[Tensor]:
    cell, head, x, h, targets = setting()
    with torch.no_grad():
        states = cell(x, h)
    loss, said, weight, bias = answer(head, states, targets)
    got = through_time(cell, x, states, said, h, window)
    return [loss, got.w_x, got.w_h, got.b, weight, bias, got.h]


def test_full_is_autograd() -> None:
    for got, expected in zip(by_hand(None), of_autograd(None), strict=True):
        torch.testing.assert_close(got, expected)


@pytest.mark.parametrize("window", [1, 2, 4, 10, 11, 50])
def test_truncated_is_autograd_with_detached_states(window: int) -> None:
    expected = of_autograd(window)
    for got, wanted in zip(by_hand(window)[:-1], expected[:-1], strict=True):
        torch.testing.assert_close(got, wanted)


def test_a_window_lets_go_of_what_came_before_it() -> None:
    full, short = by_hand(None), by_hand(4)
    torch.testing.assert_close(short[0], full[0])
    assert not torch.allclose(short[2], full[2])
    assert short[-1].count_nonzero() == 0


def test_without_a_state_it_begins_with_zeros() -> None:
    cell, head, x, h, targets = setting()
    with torch.no_grad():
        states = cell(x)
    said = answer(head, states, targets).states
    for a, b in zip(
        through_time(cell, x, states, said),
        through_time(cell, x, states, said, torch.zeros_like(h)),
        strict=True,
    ):
        assert torch.equal(a, b)
