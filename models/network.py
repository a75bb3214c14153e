"""What every forecasting network shares: the encoder, the batch it learns from, where it forecasts.

One pass: `forward` encodes a row once and forecasts from every origin in it; `forecast` encodes the
whole history once and forecasts from any set of its origins. Both read the future only as targets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from features.signal import Rows, Signal
from models.encoder import Encoder
from models.heads import KnownAhead
from models.settings import Cell, NetworkSettings

SLAB = 2**22
"""Floats that one slab of a forecast may hold in its widest tensor."""


@dataclass(frozen=True)
class Shape:
    """The sizes that data and task give a network."""

    horizon: int  # H
    series: int  # S
    channels: int  # C, the target and the past-only covariates
    known: int  # F
    static: int  # G
    levels: int = 1  # Q, the quantiles of each value; 1 is the value alone


@dataclass(frozen=True)
class Batch:
    """Rows of one signal to learn from."""

    signal: Signal
    rows: Rows
    stop: int
    """First calendar step that must not be learned."""
    forcing: float
    """Share of decoder steps to feed the true value."""


@dataclass(frozen=True)
class Prediction:
    """Forecasts and targets of a batch, in units of reach above the anchor, alike in shape."""

    forecast: Tensor  # with a last dimension of its own for quantiles
    target: Tensor
    observed: Tensor  # 1 where the target counts


class Network(nn.Module, ABC):
    """An encoder and a decoder, trained at every origin."""

    def __init__(self, shape: Shape, settings: NetworkSettings, cell: Cell) -> None:
        super().__init__()
        self.shape, self.settings, self.cell = shape, settings, cell
        w, c = settings.segment, shape.channels
        inputs = (2 * w + settings.level) * c + shape.known + shape.static
        self.encoder = Encoder(
            inputs, settings.hidden, settings.layers, settings.dropout, cell, embed=w > 1
        )
        self.ahead = KnownAhead(settings.hidden, shape.known) if shape.known else None
        self.dropout = nn.Dropout(settings.dropout)

    @property
    def lead(self) -> int:
        """Segments in front of the first origin of a training row."""
        return -(-self.settings.look_back // self.settings.segment) - 1

    @abstractmethod
    def forward(self, batch: Batch) -> Prediction:
        """Forecast from every origin of every row."""

    @abstractmethod
    def forecast(self, signal: Signal, rows: Rows, row: Tensor, step: Tensor) -> Tensor:
        """Forecast from K origins, each a segment `step` [K] of a `row` [K].

        Returns:
            [K, H], or [K, H, Q] quantiles, the lowest first, where the shape has levels.
        """

    def inputs(self, signal: Signal, rows: Rows) -> Tensor:
        """[R, N, inputs] what the encoder eats."""
        ends = rows.ends(self.settings.segment)
        context = self.context(signal, rows.series, ends, signal.level(rows.series, ends))
        return torch.cat([signal.points(rows, self.settings.segment), context], dim=-1)

    def context(self, signal: Signal, series: Tensor, steps: Tensor, level: Tensor) -> Tensor:
        """[R], [R, N], [R, N, C] → [R, N, …] what stands beside the points of a segment."""
        context = signal.context(series, steps)
        if not self.settings.level:
            return context
        # tanh bounds what a level far outside the training range can do
        return torch.cat([torch.tanh(level / 2), context], dim=-1)

    def slab(self, width: int) -> int:
        """Origins that fit in one slab when each needs `width` floats."""
        return max(1, SLAB // width)

    def known_ahead(self, signal: Signal, series: Tensor, ends: Tensor, steps: int) -> Tensor:
        """[R], [R, …] → [R, …, steps, F] the covariates known for the steps after `ends`."""
        ahead = torch.arange(1, steps + 1, device=ends.device)
        return signal.known_at(series, ends.unsqueeze(-1) + ahead)

    def targets(self, batch: Batch, ends: Tensor) -> tuple[Tensor, Tensor]:
        """Targets after `ends` [R, O] in units of reach above the anchor, and flags: [R, O, H]."""
        signal, series = batch.signal, batch.rows.series
        steps = ends.unsqueeze(-1) + torch.arange(1, self.shape.horizon + 1, device=ends.device)
        values, seen = signal.targets(series, steps, batch.stop)
        anchor = signal.anchor[series[:, None], ends.clamp_max(signal.anchor.shape[1] - 1), 0]
        reach = signal.reach[series, 0][:, None, None]
        return (values[..., 0] - anchor.unsqueeze(-1)) / reach, seen[..., 0]
