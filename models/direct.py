"""`direct`: one head gives all H steps at once."""

from __future__ import annotations

import torch
from torch import Tensor

from features.signal import Rows, Signal
from models.heads import DirectHead
from models.network import Batch, Network, Prediction, Shape
from models.settings import Cell, NetworkSettings


class Direct(Network):
    """State at the origin → H values. Wide segments are decoded piece by piece, in parallel."""

    def __init__(self, shape: Shape, settings: NetworkSettings, cell: Cell) -> None:
        super().__init__(shape, settings, cell)
        width = settings.segment if settings.segment > 1 else shape.horizon
        self.head = DirectHead(
            settings.hidden, shape.horizon, width, shape.series, cell, settings.dropout
        )

    def forward(self, batch: Batch) -> Prediction:  # noqa: D102
        rows = batch.rows
        states = self.encoder(self.inputs(batch.signal, rows))[:, self.lead :]
        ends = rows.ends(self.settings.segment)[:, self.lead :]
        R, O, D = states.shape
        series = rows.series[:, None].expand(R, O).reshape(-1)
        out = self._decode(batch.signal, states.reshape(-1, D), series, ends.reshape(-1))
        return Prediction(out.view(R, O, -1), *self.targets(batch, ends))

    def forecast(  # noqa: D102
        self, signal: Signal, rows: Rows, row: Tensor, step: Tensor
    ) -> Tensor:
        states = self.encoder(self.inputs(signal, rows))[row, step]
        series, ends = rows.series[row], rows.ends(self.settings.segment)[row, step]
        size = self.slab(self.head.pieces * self.settings.hidden * 4 + self.shape.horizon * 8)
        cut = zip(states.split(size), series.split(size), ends.split(size), strict=True)
        return torch.cat([self._decode(signal, *part) for part in cut])

    def _decode(self, signal: Signal, state: Tensor, series: Tensor, ends: Tensor) -> Tensor:
        out: Tensor = self.head(state, series)
        if self.ahead is None:
            return out
        return out + self.ahead(state, self.known_ahead(signal, series, ends, self.shape.horizon))
