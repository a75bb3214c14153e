"""Reversible normalisation, fitted on the training range and causal everywhere else.

The chain is y → log (optional) → difference (optional) → affine scaling. `fit` returns the state as
a frozen value; `apply` and `invert` are functions of it. Nothing here looks past the step it
treats, and no statistic is taken per window, so one pass over a series serves every origin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.errors import UserError
from features.panel import Floats, Integers, Panel

Scaler = Literal["standard", "robust", "minmax", "none"]


@dataclass(frozen=True)
class Scaling:
    """How targets are normalised."""

    scaler: Scaler = "standard"
    """Affine scaling by the training range: standard (mean, deviation), robust (median,
    interquartile range), minmax (0 to 1), none."""
    log: bool = False
    """Model the logarithm; every value must be above 0."""
    difference: bool = False
    """Model the change from step to step instead of the value."""


def forward_fill(values: Floats) -> Floats:
    """[S, T] → [S, T], the last finite value at or before each step; NaN before the first."""
    seen = np.where(np.isfinite(values), np.arange(values.shape[1]), -1)
    index = np.maximum.accumulate(seen, axis=1)
    filled = np.take_along_axis(values, np.maximum(index, 0), axis=1)
    return np.where(index >= 0, filled, np.nan)


@dataclass(frozen=True)
class Normalizer:
    """The fitted state: one centre and one scale a series."""

    scaling: Scaling
    center: Floats  # [S]
    scale: Floats  # [S]

    @classmethod
    def fit(cls, panel: Panel, train: range, scaling: Scaling) -> Normalizer:
        """Fit on `panel.y[:, train]` alone.

        Raises:
            UserError: a series without observations in the training range, or a value that has no
                logarithm.
        """
        y = panel.y[:, train.start : train.stop]
        _refuse_unseen(panel, y, train)
        if scaling.log:
            _refuse_nonpositive(panel)
        parts = [_affine(_represent(y[g], scaling), scaling.scaler) for g in panel.groups()]
        center, scale = (np.concatenate(part) for part in zip(*parts, strict=True))
        return cls(scaling, center, scale)

    def of(self, series: slice) -> Normalizer:
        """The state of some of the series."""
        return Normalizer(self.scaling, self.center[series], self.scale[series])

    def apply(self, y: Floats) -> Floats:
        """[S, T] original units → [S, T] normalised; NaN stays NaN."""
        return (_represent(y, self.scaling) - self.center[:, None]) / self.scale[:, None]

    def anchor(self, y: Floats) -> Floats:
        """[S, T] the normalised level that a forecast from each step is relative to.

        It is the last observed value, or 0 where steps are differenced: there the level returns in
        `invert`.
        """
        return np.zeros_like(y) if self.scaling.difference else forward_fill(self.apply(y))

    def invert(self, forecast: Floats, y: Floats, origins: Integers) -> Floats:
        """[S, O, H] normalised → [S, O, H] original units, from what was known at each origin."""
        x = forecast * self.scale[:, None, None] + self.center[:, None, None]
        if self.scaling.difference:
            level = forward_fill(_log(y) if self.scaling.log else y)[:, origins]
            x = level[:, :, None] + np.cumsum(x, axis=2)
        return np.exp(x) if self.scaling.log else x


def _represent(y: Floats, scaling: Scaling) -> Floats:
    x = _log(y) if scaling.log else y
    if not scaling.difference:
        return x
    before = np.concatenate([np.full((len(x), 1), np.nan), x[:, :-1]], axis=1)
    return x - before


def _log(y: Floats) -> Floats:
    return np.log(np.where(y > 0, y, np.nan))


def _affine(x: Floats, scaler: Scaler) -> tuple[Floats, Floats]:
    """Centre and scale of each row; a row without spread keeps scale 1 (scikit-learn's rule)."""
    from sklearn.preprocessing import MinMaxScaler, RobustScaler, StandardScaler

    if scaler == "standard":
        standard = StandardScaler().fit(x.T)
        return standard.mean_, standard.scale_
    if scaler == "robust":
        robust = RobustScaler().fit(x.T)
        return robust.center_, robust.scale_
    if scaler == "minmax":
        minmax = MinMaxScaler().fit(x.T)
        return minmax.data_min_, 1.0 / minmax.scale_
    return np.zeros(len(x)), np.ones(len(x))


def _refuse_unseen(panel: Panel, y: Floats, train: range) -> None:
    few = np.isfinite(y).sum(axis=1) < 2
    if few.any():
        name = panel.ids[int(few.argmax())]
        first, last = panel.stamps[train.start], panel.stamps[train.stop - 1]
        raise UserError(
            f"series '{name}' has fewer than two observations in the training range "
            f"{first} to {last}; leave it out or move the split"
        )


def _refuse_nonpositive(panel: Panel) -> None:
    bad = np.argwhere(panel.y <= 0)
    if len(bad):
        s, t = bad[0]
        raise UserError(
            f"series '{panel.ids[s]}' holds {panel.y[s, t]:g} at {panel.stamps[t]}, which has no "
            "logarithm; set scaling.log to false"
        )
