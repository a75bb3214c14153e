"""Origins by index arithmetic: which rows to learn from, and where an origin's state lies."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from features.signal import Rows, Signal
from models.network import Network
from models.settings import TrainingSettings

PASS = 2**26
"""Floats that states and forecasts of one pass may hold; more series go in several passes."""


BLOCK = 1024
"""Batches that are drawn at once."""

EPOCH = 20
"""Steps that an epoch has at least: small data is cut into shorter rows and smaller batches."""


@dataclass(frozen=True)
class RowSampler:
    """Draws rows uniformly over series and first origins of the training range."""

    first: Tensor  # [S] the earliest step a row may begin at
    choices: Tensor  # [S] how many steps it may begin at
    count: int
    batch_rows: int
    steps: int

    @classmethod
    def over(
        cls, signal: Signal, net: Network, train: range, settings: TrainingSettings
    ) -> RowSampler:
        """Rows as long as the range allows, and as many that each origin comes about once."""
        w, lead = net.settings.segment, net.lead
        first = signal.start.clamp_min(train.start)
        # from the step where a row begins to the last target of its first origin
        needed = (lead + 1) * w + net.shape.horizon
        choices = (train.stop - needed + 1 - first).clamp_min(0)
        total = int(choices.sum())
        few = max(4, total // (8 * EPOCH))  # so few that 8 rows a batch make an epoch
        origins = max(1, min(settings.chunk_origins, int(choices.max()) // w, few))
        rows = max(1, total // origins)
        batch = max(1, min(settings.batch_rows, rows // EPOCH))
        return cls(first, choices, lead + origins, batch, rows // batch)

    def draw(self, generator: torch.Generator) -> Iterator[Rows]:
        """The rows of one epoch, batch by batch."""
        ends = self.choices.cumsum(0).cpu()
        begun = ends.to(self.first.device) - self.choices
        for drawn in range(0, self.steps, BLOCK):
            size = (min(BLOCK, self.steps - drawn), self.batch_rows)
            picks = torch.randint(int(ends[-1]), size, generator=generator)
            series = torch.searchsorted(ends, picks, right=True).to(self.first.device)
            offset = picks.to(self.first.device) - begun[series]
            for s, first in zip(series, self.first[series] + offset, strict=True):
                yield Rows(s, first, self.count)


def locate(
    signal: Signal, net: Network, series: Tensor, origins: Tensor
) -> tuple[Rows, Tensor, Tensor]:
    """Rows that hold `origins` [O] of `series` [B], and where: row and segment [B, O].

    Each series has one row a phase that an origin needs, from its first observation on. An origin
    in front of it falls on segment 0 and must be masked by the caller.
    """
    w = net.settings.segment
    since = origins[None] - signal.start[series][:, None]  # [B, O]
    phase, step = since.clamp_min(0) % w, since.clamp_min(0) // w
    used, slot = torch.unique(phase, return_inverse=True)
    first = signal.start[series][:, None] + used[None] - w + 1  # [B, phases]
    rows = Rows(
        series[:, None].expand_as(first).reshape(-1), first.reshape(-1), int(step.max()) + 1
    )
    row = torch.arange(len(series), device=series.device)[:, None] * len(used) + slot
    return rows, row, step


def forecast_all(net: Network, signal: Signal, origins: Tensor) -> Tensor:
    """Forecast from every origin in one pass: [S, O, H], with quantiles [S, O, H, Q].

    NaN before a series begins.
    """
    return torch.cat([out for _, out in forecast_groups(net, signal, origins)])


def forecast_groups(
    net: Network, signal: Signal, origins: Tensor
) -> Iterator[tuple[Tensor, Tensor]]:
    """`forecast_all` of some series [G] at a time: the forecasts of all need not fit in memory."""
    (S, T, _), H = signal.values.shape, net.shape.horizon
    judged = 8 * net.shape.levels  # floats a point takes beside its target and where that lies
    floats = T * (net.settings.hidden * 4 + H) + len(origins) * H * judged
    group = max(1, PASS // floats)
    for series in torch.arange(S, device=signal.device).split(group):
        rows, row, step = locate(signal, net, series, origins)
        flat = net.forecast(signal, rows, row.reshape(-1), step.reshape(-1))
        out = flat.view(len(series), len(origins), *flat.shape[1:])
        begun = origins[None] >= signal.start[series][:, None]
        unknown = ~begun.view(*begun.shape, *[1] * (out.dim() - 2))
        yield series, out.masked_fill(unknown, float("nan"))
