"""A recurrent layer with its state as one tensor, and two that read rows from both ends."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.gru import GRU
from models.settings import Cell


class Layer(nn.Module):
    """One layer over [B, T, I]; its state is [B, S, D], where S is 1 (GRU: h) or 2 (LSTM: h, c)."""

    def __init__(self, cell: Cell, inputs: int, hidden: int) -> None:
        super().__init__()
        self.cell = cell
        self.hidden = hidden
        self.run: nn.Module = (GRU if cell == "gru" else nn.LSTM)(inputs, hidden, batch_first=True)

    @property
    def parts(self) -> int:
        """S."""
        return 1 if self.cell == "gru" else 2

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """[B, T, I] and the state before → [B, T, D] and the state after."""
        if state is None:
            state = x.new_zeros(len(x), self.parts, self.hidden)
        first = [part[None].contiguous() for part in state.unbind(1)]
        out, last = self.run(x, first[0] if self.cell == "gru" else tuple(first))
        parts = (last,) if self.cell == "gru" else last
        return out, torch.stack([part[0] for part in parts], 1)


class BothWays(nn.Module):
    """Two layers, of which one reads from the end: what `nn.GRU` does with packed rows.

    Rows are turned round by their own lengths, so padding lies behind what each layer reads and
    changes nothing. Packing says the same, and is slower on a CPU.
    """

    def __init__(self, cell: Cell, inputs: int, hidden: int) -> None:
        super().__init__()
        self.ahead = Layer(cell, inputs, hidden)
        self.back = Layer(cell, inputs, hidden)

    def forward(self, x: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """[B, T, I] and lengths [B] → states [B, T, 2D] and what both layers end with [B, 2D]."""
        turn = turned(lengths.to(x.device), x.shape[1])
        ahead = self.ahead(x)[0]
        back = self.back(picked(x, turn))[0]
        last = torch.cat([at_end(ahead, lengths), at_end(back, lengths)], -1)
        return torch.cat([ahead, picked(back, turn)], -1), last


def turned(lengths: Tensor, steps: int) -> Tensor:
    """[B, T] the places of each row from its last to its first; those of padding stay."""
    place = torch.arange(steps, device=lengths.device)
    back = lengths[:, None] - 1 - place
    return torch.where(back >= 0, back, place)


def picked(x: Tensor, places: Tensor) -> Tensor:
    """[B, T, D] at places [B, T]."""
    return x.gather(1, places[..., None].expand(-1, -1, x.shape[-1]))


def at_end(x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T, D] at each row's last step: [B, D]."""
    return x[torch.arange(len(x), device=x.device), lengths.to(x.device) - 1]
