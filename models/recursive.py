"""`recursive`: a model of the next segment, fed its own predictions; all origins roll as one batch.

It forecasts its past-only covariates too, because it needs them to go on.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from features.signal import Rows, Signal
from models.encoder import State
from models.network import Batch, Network, Prediction, Shape
from models.settings import Cell, NetworkSettings


class Recursive(Network):
    """State at the origin → the next w values of every channel, again and again."""

    def __init__(self, shape: Shape, settings: NetworkSettings, cell: Cell) -> None:
        super().__init__(shape, settings, cell)
        self.head = nn.Linear(settings.hidden, settings.segment * shape.channels)

    def forward(self, batch: Batch) -> Prediction:  # noqa: D102
        rows, signal, w = batch.rows, batch.signal, self.settings.segment
        inputs = self.inputs(signal, rows)
        states = self.encoder(inputs)[:, self.lead : -1]
        ends = rows.ends(w)[:, self.lead : -1]
        # what comes next is what the encoder eats next: changes and flags, [R, O, w, 2·C]
        points = inputs[:, self.lead + 1 :, : 2 * w * self.shape.channels]
        change, seen = points.unflatten(-1, (w, -1)).chunk(2, dim=-1)
        steps = ends.unsqueeze(-1) + torch.arange(1, w + 1, device=ends.device)
        learned = (steps < batch.stop).unsqueeze(-1)
        known = self._known(signal, rows.series, ends)
        return Prediction(self._next(states, known), change, seen * learned)

    def forecast(  # noqa: D102
        self, signal: Signal, rows: Rows, row: Tensor, step: Tensor
    ) -> Tensor:
        w = self.settings.segment
        states = self.encoder.states(self.inputs(signal, rows))
        picked = [tuple(part[row, step] for part in layer) for layer in states]
        series, ends = rows.series[row], rows.ends(w)[row, step]
        size = self.slab(self.settings.hidden * 8 * self.settings.layers)
        out = []
        for k in range(0, len(row), size):
            part = slice(k, k + size)
            state = [tuple(p[part] for p in layer) for layer in picked]
            out.append(self._roll(signal, state, series[part], ends[part]))
        return torch.cat(out)

    def _roll(self, signal: Signal, state: list[State], series: Tensor, ends: Tensor) -> Tensor:
        """Feed every origin its own predictions: states of [K, D], series and ends [K] → [K, H]."""
        w, origin = self.settings.segment, signal.anchor[series, ends]
        reach, anchor, top, out = signal.reach[series], origin, state[-1][0], []
        for piece in range(-(-self.shape.horizon // w)):
            at = (ends + piece * w)[:, None]
            change = self._next(top[:, None], self._known(signal, series, at))[:, 0]  # [K, w, C]
            values = anchor[:, None] + change * reach[:, None]
            out.append(values[..., 0])
            anchor = torch.lerp(anchor, values[:, -1], signal.follows)
            context = self.context(signal, series, at + w, anchor[:, None])
            points = torch.cat([change, torch.ones_like(change)], dim=-1).flatten(1)[:, None]
            top, state = self.encoder.step(torch.cat([points, context], dim=-1), state)
        path = torch.cat(out, dim=1)[:, : self.shape.horizon]
        return (path - origin[:, :1]) / reach[:, :1]

    def _next(self, states: Tensor, known: Tensor | None) -> Tensor:
        """[..., D] → [..., w, C] in units of reach above the anchor."""
        out = self.head(self.dropout(states)).unflatten(-1, (self.settings.segment, -1))
        if self.ahead is None or known is None:
            return out
        target = out[..., :1] + self.ahead(states, known).unsqueeze(-1)
        return torch.cat([target, out[..., 1:]], dim=-1)

    def _known(self, signal: Signal, series: Tensor, ends: Tensor) -> Tensor | None:
        if self.ahead is None:
            return None
        return self.known_ahead(signal, series, ends, self.settings.segment)
