"""`direct`: one head gives all H steps at once."""

from __future__ import annotations

import torch
from torch import Tensor

from features.signal import Rows, Signal
from models.heads import DirectHead, Highway, moved
from models.network import Batch, Network, Prediction, Shape
from models.settings import Cell, NetworkSettings


class Direct(Network):
    """State at the origin → H values. Wide segments are decoded piece by piece, in parallel."""

    def __init__(self, shape: Shape, settings: NetworkSettings, cell: Cell) -> None:
        super().__init__(shape, settings, cell)
        width = settings.segment if settings.segment > 1 else shape.horizon
        self.head = DirectHead(
            settings.hidden,
            shape.horizon,
            width,
            shape.series,
            settings.dropout,
            shape.levels,
        )
        span = self.lead + 1
        self.highway = (
            Highway(settings.segment, shape.channels, span, shape.horizon)
            if settings.highway
            else None
        )

    def forward(self, batch: Batch) -> Prediction:  # noqa: D102
        rows = batch.rows
        inputs = self.inputs(batch.signal, rows)
        states = self.encoder(inputs)[:, self.lead :]
        ends = rows.ends(self.settings.segment)[:, self.lead :]
        R, O, D = states.shape
        series = rows.series[:, None].expand(R, O).reshape(-1)
        out = self._decode(batch.signal, states.reshape(-1, D), series, ends.reshape(-1))
        out = out.view(R, O, *out.shape[1:])
        if self.highway is not None:
            out = moved(out, self.highway(inputs)[:, self.lead :])
        return Prediction(out, *self.targets(batch, ends))

    def forecast(  # noqa: D102
        self, signal: Signal, rows: Rows, row: Tensor, step: Tensor
    ) -> Tensor:
        inputs = self.inputs(signal, rows)
        states = self.encoder(inputs)[row, step]
        series, ends = rows.series[row], rows.ends(self.settings.segment)[row, step]
        values = self.shape.horizon * self.shape.levels
        size = self.slab(self.head.pieces * self.settings.hidden * 4 + values * 8)
        cut = zip(states.split(size), series.split(size), ends.split(size), strict=True)
        out = torch.cat([self._decode(signal, *part) for part in cut])
        return out if self.highway is None else moved(out, self.highway(inputs)[row, step])

    def _decode(self, signal: Signal, state: Tensor, series: Tensor, ends: Tensor) -> Tensor:
        out: Tensor = self.head(state, series)
        if self.ahead is None:
            return out
        known = self.known_ahead(signal, series, ends, self.shape.horizon)
        return moved(out, self.ahead(state, known))
