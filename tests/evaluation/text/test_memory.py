"""The memory of a step is that of its tensors."""

from __future__ import annotations

import torch
from torch import nn

from evaluation.text.memory import peak_bytes, state_bytes

MANY = 100_000


def test_what_is_there_at_once_counts_and_what_is_given_back_does_not() -> None:
    def one_after_the_other() -> None:
        for _ in range(3):
            torch.empty(MANY)

    def together() -> list[torch.Tensor]:
        return [torch.empty(MANY) for _ in range(3)]

    assert peak_bytes(one_after_the_other) == 4 * MANY
    assert peak_bytes(together) == 3 * 4 * MANY


def test_what_the_backward_pass_needs_is_kept() -> None:
    x = torch.zeros(MANY, requires_grad=True)
    with torch.no_grad():
        forward = peak_bytes(lambda: x.sigmoid().sigmoid().sigmoid().sum())
    assert forward < 2.5 * 4 * MANY
    assert peak_bytes(lambda: x.sigmoid().sigmoid().sigmoid().sum()) > 2.9 * 4 * MANY


def test_the_same_step_takes_the_same_in_every_run() -> None:
    layer = nn.LSTM(4, 8, batch_first=True)
    x = torch.zeros(3, 5, 4)

    def step() -> None:
        torch.autograd.grad(layer(x)[0].sum(), [*layer.parameters()])

    assert peak_bytes(step) == peak_bytes(step) > 0


def test_the_state_of_a_model_is_its_weights_and_buffers() -> None:
    assert state_bytes(nn.Linear(3, 2)) == 4 * 8
    assert state_bytes(nn.BatchNorm1d(2)) == 4 * 8 + 8
