"""The causal encoder: a series goes through once, and every state is a forecast origin.

- Segments of w points a step (Lin et al. 2023, arXiv 2308.11200); the phases are rows of the batch.
- Layers are separate one-layer recurrences, so the states of every layer at every step are at hand
  for a roll-out from any origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import torch
from torch import Tensor, nn

from models.gru import GRU
from models.settings import Cell

State = tuple[Tensor, ...]
"""The state of one layer: (h,) of a GRU, (h, c) of an LSTM, each [..., D]."""

FEW = 16
"""Rows whose step is done before a second core has heard of it."""


class Encoder(nn.Module):
    """[R, N, inputs] → [R, N, D], causal along N."""

    def __init__(
        self, inputs: int, hidden: int, layers: int, dropout: float, cell: Cell, embed: bool
    ) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(inputs, hidden), nn.ReLU()) if embed else nn.Identity()
        recurrence = nn.LSTM if cell == "lstm" else GRU
        sizes = [hidden if embed else inputs] + [hidden] * (layers - 1)
        self.layers = nn.ModuleList(recurrence(size, hidden, batch_first=True) for size in sizes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, inputs: Tensor) -> Tensor:
        """The top layer's output at every step."""
        return self._outputs(self.embed(inputs))[-1]

    def states(self, inputs: Tensor) -> list[State]:
        """The state of every layer after every step, in evaluation mode: [R, N, D] each."""
        x, states = self.embed(inputs), []
        for layer, out in zip(self.layers, self._outputs(x), strict=True):
            more = (cell_states(layer, x, out),) if isinstance(layer, nn.LSTM) else ()
            states.append((out, *more))
            x = out
        return states

    def _outputs(self, x: Tensor) -> list[Tensor]:
        """[R, N, D] of each layer."""
        outputs: list[Tensor] = []
        with one_core() if len(x) < FEW and x.device.type == "cpu" else nullcontext():
            for i, layer in enumerate(self.layers):
                x = layer(self.dropout(x) if i else x)[0]
                outputs.append(x)
        return outputs

    def step(self, inputs: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """One more step: inputs [K, 1, inputs] and states [K, D] → output [K, D] and states."""
        x = self.embed(inputs)
        after: list[State] = []
        for i, (layer, state) in enumerate(zip(self.layers, states, strict=True)):
            x = self.dropout(x) if i else x
            held = tuple(part[None].contiguous() for part in state)  # [1, K, D]
            x, last = layer(x, held if isinstance(layer, nn.LSTM) else held[0])
            parts = last if isinstance(layer, nn.LSTM) else (last,)
            after.append(tuple(part[0] for part in parts))
        return x[:, 0], after


@contextmanager
def one_core() -> Iterator[None]:
    """PyTorch on one thread of this process."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def cell_states(layer: nn.LSTM, inputs: Tensor, outputs: Tensor) -> Tensor:
    """The cell state c after every step, which nn.LSTM keeps to itself: [R, N, D].

    With every h known, the gates of all steps are one matrix product; what is left of the
    recurrence is element-wise: c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t (Gers et al. 2000, eq. 2–6).
    """
    before = torch.cat([torch.zeros_like(outputs[:, :1]), outputs[:, :-1]], dim=1)
    weight_ih, weight_hh, bias_ih, bias_hh = layer.parameters()
    gates = nn.functional.linear(inputs, weight_ih, bias_ih)
    gates = gates + nn.functional.linear(before, weight_hh, bias_hh)
    i, f, g, _ = gates.chunk(4, dim=-1)
    keep, add = f.sigmoid(), i.sigmoid() * g.tanh()
    cells, c = [], torch.zeros_like(outputs[:, 0])
    for t in range(outputs.shape[1]):
        c = torch.addcmul(add[:, t], keep[:, t], c)
        cells.append(c)
    return torch.stack(cells, dim=1)
