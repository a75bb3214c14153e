"""The loop that everybody writes by hand: one window, one encoding, one forecast.

`nn.LSTM` or `nn.GRU` over batches of windows cut from a resident tensor, a linear layer on the
last output, values relative to the window's last one. There is no loader and no worker: every
second goes into the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from models.settings import Cell


class Bare(nn.Module):
    """[B, look-back] → [B, horizon], computed relative to the last value."""

    def __init__(self, cell: Cell, hidden: int, layers: int, horizon: int) -> None:
        super().__init__()
        kind = nn.LSTM if cell == "lstm" else nn.GRU
        self.recurrence = kind(1, hidden, num_layers=layers, batch_first=True)
        self.out = nn.Linear(hidden, horizon)

    def forward(self, windows: Tensor) -> Tensor:
        """The forecast of each window."""
        last = windows[:, -1:]
        out: Tensor = self.out(self.recurrence((windows - last).unsqueeze(-1))[0][:, -1])
        return last + out


class Windows:
    """Windows of `values` [S, T] by index: look-back steps up to an origin, horizon steps after."""

    def __init__(self, values: Tensor, look_back: int, horizon: int) -> None:
        self.values = values
        self.back = torch.arange(1 - look_back, 1)
        self.ahead = torch.arange(1, horizon + 1)

    def cut(self, series: Tensor, origin: Tensor) -> tuple[Tensor, Tensor]:
        """[B], [B] → inputs [B, look-back] and targets [B, horizon]."""
        past = self.values[series[:, None], origin[:, None] + self.back]
        future = self.values[series[:, None], origin[:, None] + self.ahead]
        return past, future

    def pairs(self, steps: range) -> Tensor:
        """[n, 2] every series and origin whose window and targets lie in `steps`."""
        first, stop = steps.start + len(self.back) - 1, steps.stop - len(self.ahead)
        return torch.cartesian_prod(torch.arange(len(self.values)), torch.arange(first, stop))

    def epoch(self, steps: range, batch: int, generator: torch.Generator) -> Iterator[Tensor]:
        """Shuffled batches [batch, 2] of pairs."""
        pairs = self.pairs(steps)
        order = torch.randperm(len(pairs), generator=generator)
        yield from pairs[order].split(batch)


@torch.no_grad()
def forecast(
    model: Callable[[Tensor], Tensor], windows: Windows, pairs: Tensor, batch: int
) -> Tensor:
    """[n, 2] → [n, horizon]."""
    return torch.cat([model(windows.cut(*part.unbind(1))[0]) for part in pairs.split(batch)])
