"""Recurrent layers on top of each other, which read sentences of unequal length.

Sentences are packed: a step of a layer is taken by the rows that are still going, and the layer
that reads from the right begins at each row's own last token. Padding is therefore never read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.settings import Recurrence, limited, require_limits

Connection = Literal["none", "residual", "highway"]

LAYERS: dict[Recurrence, Callable[..., nn.RNNBase]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": nn.GRU,
}


@dataclass(frozen=True)
class StackSettings:
    """The shape of a stack."""

    cell: Recurrence = "lstm"
    hidden: int = limited(64, ge=1)
    """Width D of a direction's state."""
    layers: int = limited(1, ge=1)
    both: bool = True
    """Read from the left and from the right."""
    connection: Connection = "none"
    """What leads around a layer: nothing, a sum, or a gate."""
    dropout: float = limited(0.0, ge=0, lt=1)
    """Share of units dropped in front of each layer but the first."""

    def __post_init__(self) -> None:
        require_limits(self)

    @property
    def width(self) -> int:
        """Of what the stack gives: F."""
        return self.hidden * (2 if self.both else 1)


class Highway(nn.Module):
    """A layer's output and its input, mixed by a gate (Srivastava et al. 2015, arXiv 1505.00387).

    y = t ⊙ H(x) + (1 − t) ⊙ x, t = sigmoid(W x + b), eq. 3. The bias begins at −1, so that at first
    most of the input is carried past the layer (section 2.2). Zilly et al. 2017 (arXiv 1607.03474)
    put the same gate between the layers within one time step.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.gate = nn.Linear(width, width)
        nn.init.constant_(self.gate.bias, -1.0)

    def forward(self, out: Tensor, x: Tensor) -> Tensor:
        """[..., F] of the layer and of what it read → [..., F]."""
        mixed: Tensor = torch.lerp(x, out, self.gate(x).sigmoid())
        return mixed


class Stack(nn.Module):
    """[B, T, inputs] → [B, T, F].

    The layers above the first are as wide as what they read, so the sum (He et al. 2016, arXiv
    1512.03385) and the highway lead around those.
    """

    def __init__(self, inputs: int, settings: StackSettings) -> None:
        super().__init__()
        self.settings = settings
        sizes = [inputs] + [settings.width] * (settings.layers - 1)
        self.layers = nn.ModuleList(
            LAYERS[settings.cell](
                size, settings.hidden, batch_first=True, bidirectional=settings.both
            )
            for size in sizes
        )
        gated = settings.connection == "highway"
        self.highways = nn.ModuleList(
            Highway(settings.width) for _ in range((settings.layers - 1) * gated)
        )
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        """The top layer's states.

        Args:
            x: [B, T, inputs].
            lengths: [B] on the CPU, each 1 … T and one of them T.

        Returns:
            [B, T, F], zero where a row has ended.
        """
        for number, layer in enumerate(self.layers):
            below = self.dropout(x) if number else x
            out = read(layer, below, lengths)
            if number and self.settings.connection == "residual":
                out = out + x
            elif number and self.settings.connection == "highway":
                out = self.highways[number - 1](out, x)
            x = out
        return x


def read(layer: nn.Module, x: Tensor, lengths: Tensor) -> Tensor:
    """[B, T, inputs] → [B, T, F] of one layer; zeros where a row has ended."""
    T = x.shape[1]
    if bool((lengths == T).all()):  # nothing to pack, and PyTorch has quicker kernels for this
        whole: Tensor = layer(x)[0]
        return whole
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, _ = pad_packed_sequence(layer(packed)[0], batch_first=True, total_length=T)
    return out
