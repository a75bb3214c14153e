"""Back-propagation through time by hand (Rumelhart et al. 1986; Werbos 1990), full and truncated.

The vanilla network's a_t = W_h h_{t−1} + W_x x_t + b and h_t = tanh(a_t), unrolled and read from
its end: with g_t the derivative of the loss by what h_t says itself,

    dh_t = g_t + W_hᵀ da_{t+1},   da_t = dh_t ⊙ (1 − h_t²),
    dW_h = Σ da_t h_{t−1}ᵀ,   dW_x = Σ da_t x_tᵀ,   db = Σ da_t.

Truncated to a window of K steps, W_hᵀ da_{t+1} is left out wherever t + 1 begins a window, as if
h_t came from nowhere (Williams & Peng 1990).
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.text.cells import VanillaRNN


class Gradients(NamedTuple):
    """Of a loss, by the weights of a `VanillaRNN` and by the state that it began with."""

    w_x: Tensor
    w_h: Tensor
    b: Tensor
    h: Tensor


class Answer(NamedTuple):
    """A softmax over the states: its loss, and the loss's gradients."""

    loss: Tensor
    """Mean cross-entropy in nats."""
    states: Tensor
    """By the states, [B, T, D]."""
    weight: Tensor
    """By the head's weight, [V, D]."""
    bias: Tensor
    """By the head's bias, [V]."""


@torch.no_grad()
def answer(head: nn.Linear, states: Tensor, targets: Tensor) -> Answer:
    """Cross-entropy and its derivative, which by the logits is softmax − one-hot.

    Args:
        head: from D to V.
        states: [B, T, D].
        targets: [B, T] classes.
    """
    log_p = head(states).log_softmax(dim=-1)  # [B, T, V]
    loss = -log_p.gather(-1, targets[..., None]).mean()
    wrong = log_p.exp()
    wrong.scatter_add_(-1, targets[..., None], -torch.ones_like(wrong[..., :1]))
    wrong /= targets.numel()
    weight = torch.einsum("btv,btd->vd", wrong, states)
    return Answer(loss, wrong @ head.weight, weight, wrong.sum(dim=(0, 1)))


@torch.no_grad()
def through_time(
    cell: VanillaRNN,
    x: Tensor,
    states: Tensor,
    said: Tensor,
    h: Tensor | None = None,
    window: int | None = None,
) -> Gradients:
    """Carry a loss's derivative back through the steps.

    Args:
        cell: whose weights made the states.
        x: [B, T, I] inputs.
        states: [B, T, D] `cell(x, h)`.
        said: [B, T, D] derivative of the loss by each state, as far as that step itself says it.
        h: [B, D] the state before, zeros without one.
        window: steps K after which the derivative is let go; None goes back to the beginning.
    """
    start = torch.zeros_like(states[:, 0]) if h is None else h
    before = torch.cat([start[:, None], states[:, :-1]], dim=1)
    slope = 1 - states.square()
    da = torch.empty_like(states)
    later = torch.zeros_like(start)
    for t in range(states.shape[1] - 1, -1, -1):
        da[:, t] = (said[:, t] + later) * slope[:, t]
        cut = window is not None and t % window == 0
        later = torch.zeros_like(start) if cut else da[:, t] @ cell.w_h
    w_x, w_h = (torch.einsum("btd,bti->di", da, read) for read in (x, before))
    return Gradients(w_x, w_h, da.sum(dim=(0, 1)), later)
