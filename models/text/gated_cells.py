"""The LSTM and the GRU by hand: one step, and a walk that gives back every gate on the way.

Both are the cells of PyTorch, weight for weight: the rows of each weight are those of the gates in
PyTorch's order, and there is a bias of the input and one of the state.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import linear


class LSTMStep(NamedTuple):
    """What an LSTM does at a step, or at all: [B, D] or [B, T, D] each."""

    input: Tensor
    forget: Tensor
    candidate: Tensor
    output: Tensor
    cell: Tensor
    hidden: Tensor


class GRUStep(NamedTuple):
    """What a GRU does at a step, or at all: [B, D] or [B, T, D] each."""

    reset: Tensor
    update: Tensor
    candidate: Tensor
    hidden: Tensor


S = TypeVar("S", LSTMStep, GRUStep)


class GatedCell(nn.Module, Generic[S]):
    """Weights of a gated cell, and its walk along a sequence."""

    gates: int
    """Rows of the weights, in widths of the state."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.weight_ih = nn.Parameter(torch.empty(self.gates * hidden, inputs))
        self.weight_hh = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.bias_ih = nn.Parameter(torch.empty(self.gates * hidden))
        self.bias_hh = nn.Parameter(torch.empty(self.gates * hidden))
        for weight in self.parameters():
            nn.init.uniform_(weight, -(hidden**-0.5), hidden**-0.5)

    def load(self, layer: nn.RNNBase, number: int = 0) -> None:
        """Take the weights of a layer of PyTorch: layer `number`, forward in time."""
        with torch.no_grad():
            for name, weight in self.named_parameters():
                weight.copy_(getattr(layer, f"{name}_l{number}"))

    def start(self, x: Tensor) -> S:
        """A step before the first: a state of zeros for rows of `x` [B, ...]."""
        raise NotImplementedError

    def step(self, x: Tensor, before: S) -> S:
        """Read `x` [B, I] after the step `before`."""
        raise NotImplementedError

    def forward(self, x: Tensor, before: S | None = None) -> S:
        """Read [B, T, I]: every gate and state of every step, [B, T, D] each."""
        now = self.start(x) if before is None else before
        steps = []
        for t in range(x.shape[1]):
            now = self.step(x[:, t], now)
            steps.append(now)
        return type(now)(*(torch.stack(parts, dim=1) for parts in zip(*steps, strict=True)))


class LSTMCell(GatedCell[LSTMStep]):
    """Long short-term memory (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000).

    What is kept, what is added and what is shown are each a gate's to say:

        i_t = sigmoid(W_i x_t + U_i h_{t−1} + b_i)    the input gate
        f_t = sigmoid(W_f x_t + U_f h_{t−1} + b_f)    the forget gate
        g_t = tanh(W_g x_t + U_g h_{t−1} + b_g)       the candidate
        o_t = sigmoid(W_o x_t + U_o h_{t−1} + b_o)    the output gate
        c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t               the cell state
        h_t = o_t ⊙ tanh(c_t)                         the hidden state

    Along the cell state the derivative is ∂c_t/∂c_{t−1} = f_t (apart from what goes through the
    gates): where f is near 1 an error travels far without vanishing.
    """

    gates = 4

    def start(self, x: Tensor) -> LSTMStep:
        """A cell and a hidden state of zeros."""
        return LSTMStep(*[x.new_zeros(len(x), self.hidden)] * 6)

    def step(self, x: Tensor, before: LSTMStep) -> LSTMStep:
        """The equations above."""
        sums = linear(x, self.weight_ih, self.bias_ih)
        sums = sums + linear(before.hidden, self.weight_hh, self.bias_hh)  # [B, 4D]
        i, f, g, o = sums.chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        cell = f * before.cell + i * g
        return LSTMStep(i, f, g, o, cell, o * cell.tanh())


class GRUCell(GatedCell[GRUStep]):
    """The gated recurrent unit (Cho et al. 2014, arXiv 1406.1078, eq. 5–8).

    Two gates and no state but the hidden one:

        r_t = sigmoid(W_r x_t + U_r h_{t−1} + b_r)                    the reset gate
        z_t = sigmoid(W_z x_t + U_z h_{t−1} + b_z)                    the update gate
        n_t = tanh(W_n x_t + b_n + r_t ⊙ (U_n h_{t−1} + d_n))   the candidate
        h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}                   the hidden state

    As in cuDNN and PyTorch the reset gate stands behind the product U_n h, not in front of it, so
    that one product serves all gates; and z keeps the old state, as Cho's does (in Chung et al.
    2014, arXiv 1412.3555, z lets the new one in).
    """

    gates = 3

    def start(self, x: Tensor) -> GRUStep:
        """A hidden state of zeros."""
        return GRUStep(*[x.new_zeros(len(x), self.hidden)] * 4)

    def step(self, x: Tensor, before: GRUStep) -> GRUStep:
        """The equations above."""
        x_r, x_z, x_n = linear(x, self.weight_ih, self.bias_ih).chunk(3, dim=-1)
        h_r, h_z, h_n = linear(before.hidden, self.weight_hh, self.bias_hh).chunk(3, dim=-1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        n = (x_n + r * h_n).tanh()
        return GRUStep(r, z, n, (1 - z) * n + z * before.hidden)
