"""Decoders: from the state at an origin to the H values after it.

All speak in units of the target's reach above its anchor (see `features.signal`): 0 is the naive
forecast.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.quantiles import ordered


class DirectHead(nn.Module):
    """All H steps at once, in pieces of `width` steps decoded in parallel.

    One map writes every piece; what it reads is the state after a residual layer that knows the
    series, scaled and shifted by the piece's position (feature-wise modulation, Perez et al. 2018,
    arXiv 1709.07871; parallel pieces as in SegRNN, Lin et al. 2023, §3.3).
    """

    def __init__(
        self, hidden: int, horizon: int, width: int, series: int, dropout: float, levels: int = 1
    ) -> None:
        super().__init__()
        self.horizon, self.levels = horizon, levels
        self.pieces = -(-horizon // width)
        self.series = nn.Embedding(series, hidden)
        nn.init.zeros_(self.series.weight)  # all series start alike
        self.mix = nn.Linear(hidden, hidden)
        self.scale = nn.Parameter(1 + 0.1 * torch.randn(self.pieces, hidden))
        self.shift = nn.Parameter(torch.zeros(self.pieces, hidden))
        self.out = nn.Linear(hidden, width * levels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, state: Tensor, series: Tensor) -> Tensor:
        """state [K, D], series [K] → [K, H], or [K, H, Q] quantiles."""
        mixed = torch.relu(self.mix(self.dropout(state)) + self.series(series))
        context = self.dropout(state + mixed)
        out: Tensor = self.out(torch.addcmul(self.shift, context[:, None], self.scale)).flatten(1)
        if self.levels == 1:
            return out[:, : self.horizon]
        return ordered(out.unflatten(1, (-1, self.levels))[:, : self.horizon])


class Highway(nn.Module):
    """A linear map of the last `span` segments to the H values after each.

    The autoregressive part of LSTNet (Lai et al. 2018, arXiv 1703.07015, §3.6): a network repeats a
    season through it at once and learns only what departs from that.
    """

    def __init__(self, segment: int, channels: int, span: int, horizon: int) -> None:
        super().__init__()
        self.segment, self.channels, self.span = segment, channels, span
        self.map = nn.Conv1d(segment * channels, horizon, span, bias=False)
        nn.init.zeros_(self.map.weight)  # starts as no effect

    def forward(self, inputs: Tensor) -> Tensor:
        """[R, N, inputs] what the encoder eats → [R, N, H]."""
        points = inputs[..., : 2 * self.segment * self.channels]  # changes and flags of each point
        changes = points.unflatten(-1, (self.segment, -1))[..., : self.channels].flatten(-2)
        past = nn.functional.pad(changes.transpose(1, 2), (self.span - 1, 0))
        out: Tensor = self.map(past)
        return out.transpose(1, 2)


def moved(forecast: Tensor, by: Tensor) -> Tensor:
    """Values [..., H], or all quantiles [..., H, Q] of each, moved by [..., H]."""
    return forecast + (by if forecast.dim() == by.dim() else by.unsqueeze(-1))


class KnownAhead(nn.Module):
    """What known covariates of the target steps add: a bilinear form of state and covariates."""

    def __init__(self, hidden: int, known: int, rank: int = 8) -> None:
        super().__init__()
        self.of_state = nn.Linear(hidden, rank)
        self.of_known = nn.Linear(known, rank)
        nn.init.zeros_(self.of_known.weight)  # starts as no effect
        nn.init.zeros_(self.of_known.bias)

    def forward(self, state: Tensor, known: Tensor) -> Tensor:
        """state [..., D], known [..., H, F] → [..., H]."""
        out: Tensor = self.of_known(known) @ self.of_state(state).unsqueeze(-1)
        return out.squeeze(-1)
