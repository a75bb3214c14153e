"""The panel as a model reads it: one device-resident tensor, cut into rows by index arithmetic.

Channel 0 is the target, the others are the past-only covariates. A *row* is a run of N consecutive
segments of w steps of one series; the last step of every segment is a forecast origin, so a row
of N segments holds N origins. The w rows that start one step apart hold every origin of a series.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Rows:
    """R rows of `count` segments each; row r starts at calendar step `first[r]`."""

    series: Tensor  # [R]
    first: Tensor  # [R], may lie before the series begins: such steps read as missing
    count: int

    def ends(self, segment: int) -> Tensor:
        """[R, N] the calendar step of the last point of each segment: its origin."""
        last = torch.arange(1, self.count + 1, device=self.first.device) * segment - 1
        return self.first[:, None] + last


@dataclass(frozen=True)
class Signal:
    """float32 tensors on one device; everything at step t was known at step t."""

    values: Tensor  # [S, T, C] normalised, 0 where missing
    observed: Tensor  # [S, T, C] 1 where there is a value
    anchor: Tensor  # [S, T, C] the level that forecasts from t are relative to
    known: Tensor  # [1 or S, T + ahead, F] calendar and known-future covariates
    static: Tensor  # [S, G]
    start: Tensor  # [S] first observed step
    reach: Tensor  # [S, C] typical change over a horizon in the training range
    follows: Tensor  # [C] 1 where the anchor follows the values, 0 for differenced targets

    @property
    def device(self) -> torch.device:
        """Where the tensors live."""
        return self.values.device

    def points(self, rows: Rows, segment: int) -> Tensor:
        """[R, N, 2·w·C] the points of each segment, relative to the level in front of it.

        For each of the w points: C changes in units of reach, then C flags of what was observed.
        """
        R, N, w = len(rows.series), rows.count, segment
        span = torch.arange(N * w, device=self.device)
        steps = rows.first[:, None] + span  # [R, N·w]
        start = self.start[rows.series][:, None]
        inside = ((steps >= start) & (steps < self.values.shape[1])).unsqueeze(-1)
        index = steps.clamp(0, self.values.shape[1] - 1)
        series = rows.series[:, None]
        observed = self.observed[series, index] * inside  # [R, N·w, C]
        before = (rows.ends(w) - w).clamp_min(0).maximum(start).clamp_max(self.values.shape[1] - 1)
        level = self.anchor[series, before]  # [R, N, C]
        change = self.values[series, index].view(R, N, w, -1) - level.unsqueeze(2)
        change = change / self.reach[rows.series][:, None, None]
        observed = observed.view(R, N, w, -1)
        return torch.cat([change * observed, observed], dim=-1).flatten(2)

    def level(self, series: Tensor, steps: Tensor) -> Tensor:
        """[R], [R, N] → [R, N, C] the anchor as of `steps`."""
        return self.anchor[series[:, None], steps.clamp(0, self.values.shape[1] - 1)]

    def context(self, series: Tensor, steps: Tensor) -> Tensor:
        """[R], [R, N] → [R, N, F + G]: known and static covariates as of `steps`."""
        static = self.static[series][:, None].expand(-1, steps.shape[1], -1)
        return torch.cat([self.known_at(series, steps), static], dim=-1)

    def known_at(self, series: Tensor, steps: Tensor) -> Tensor:
        """[R], [R, …] → [R, …, F] the covariates known for `steps`."""
        row = series if len(self.known) > 1 else torch.zeros_like(series)
        row = row.view(-1, *[1] * (steps.dim() - 1))
        return self.known[row, steps.clamp(0, self.known.shape[1] - 1)]

    def targets(self, series: Tensor, steps: Tensor, stop: int) -> tuple[Tensor, Tensor]:
        """Values and observed flags [R, …, C] at `steps` [R, …], hidden from `stop` on."""
        row = series.view(-1, *[1] * (steps.dim() - 1))
        index = steps.clamp(0, self.values.shape[1] - 1)
        seen = self.observed[row, index] * (steps < stop).unsqueeze(-1)
        return self.values[row, index], seen
