"""Decoders: from the state at an origin to the H values after it.

All speak in units of the target's reach above its anchor (see `features.signal`): 0 is the naive
forecast.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.settings import Cell


class DirectHead(nn.Module):
    """All H steps at once, in `pieces` of the same width decoded in parallel.

    With more than one piece, a recurrent cell takes a learned query (position of the piece, series)
    and the state at the origin (parallel multi-step forecasting of SegRNN, Lin et al. 2023, §3.3).
    Its products with the query and with the state are made once each, not once a pair.
    """

    def __init__(
        self, hidden: int, horizon: int, width: int, series: int, cell: Cell, dropout: float
    ) -> None:
        super().__init__()
        self.horizon = horizon
        self.pieces = -(-horizon // width)
        self.cell = cell
        half = hidden // 2
        self.series = nn.Embedding(series, hidden - half)
        if self.pieces > 1:
            gates = 4 if cell == "lstm" else 3
            self.position = nn.Parameter(torch.randn(self.pieces, half))
            self.from_query = nn.Linear(hidden, gates * hidden)
            self.from_state = nn.Linear(hidden, gates * hidden)
            bound = hidden**-0.5  # as torch.nn.GRUCell
            for parameter in (*self.from_query.parameters(), *self.from_state.parameters()):
                nn.init.uniform_(parameter, -bound, bound)
        else:
            self.from_series = nn.Linear(hidden - half, hidden, bias=False)
        self.out = nn.Linear(hidden, width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, state: Tensor, series: Tensor) -> Tensor:
        """state [K, D], series [K] → [K, H]."""
        context = self._pieces(state, series) if self.pieces > 1 else self._single(state, series)
        out: Tensor = self.out(self.dropout(context))
        return out.flatten(1)[:, : self.horizon]

    def _single(self, state: Tensor, series: Tensor) -> Tensor:
        return state + self.from_series(self.series(series))

    def _pieces(self, state: Tensor, series: Tensor) -> Tensor:
        position = self.position[None].expand(self.series.num_embeddings, -1, -1)
        names = self.series.weight[:, None].expand(-1, self.pieces, -1)
        query = self.from_query(torch.cat([position, names], dim=-1))[series]  # [K, pieces, G·D]
        return combine(self.cell, query, self.from_state(state)[:, None], state[:, None])


def combine(cell: Cell, query: Tensor, state: Tensor, held: Tensor) -> Tensor:
    """One step of a GRU or LSTM cell from its two products; an LSTM's memory begins as `held`."""
    if cell == "gru":
        qr, qz, qn = query.chunk(3, dim=-1)
        sr, sz, sn = state.chunk(3, dim=-1)
        z = torch.sigmoid(qz + sz)
        n = torch.tanh(qn + torch.sigmoid(qr + sr) * sn)
        return n + z * (held - n)
    i, f, g, o = (query + state).chunk(4, dim=-1)
    return torch.sigmoid(o) * torch.tanh(torch.sigmoid(f) * held + torch.sigmoid(i) * torch.tanh(g))


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
