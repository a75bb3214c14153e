"""The vanilla recurrent network, by hand."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class VanillaRNN(nn.Module):
    """h_t = tanh(W_h h_{t−1} + W_x x_t + b) (Elman 1990): `torch.nn.RNN`, whose b is two summed.

    W_x is [D, I], W_h is [D, D], b is [D].
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.w_x = nn.Parameter(torch.empty(hidden, inputs))
        self.w_h = nn.Parameter(torch.empty(hidden, hidden))
        self.b = nn.Parameter(torch.empty(hidden))
        for weight in self.parameters():
            nn.init.uniform_(weight, -(hidden**-0.5), hidden**-0.5)

    def step(self, x: Tensor, h: Tensor) -> Tensor:
        """x_t [B, I] and h_{t−1} [B, D] → h_t [B, D]."""
        return torch.tanh(h @ self.w_h.T + x @ self.w_x.T + self.b)

    def forward(self, x: Tensor, h: Tensor | None = None) -> Tensor:
        """[B, T, I] and the state [B, D] before, of zeros without one → every state, [B, T, D]."""
        h = x.new_zeros(len(x), len(self.b)) if h is None else h
        read = x @ self.w_x.T + self.b  # of all steps at once: only W_h h has to wait
        states = []
        for read_t in read.unbind(dim=1):
            h = torch.tanh(h @ self.w_h.T + read_t)
            states.append(h)
        return torch.stack(states, dim=1)
