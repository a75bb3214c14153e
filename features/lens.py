"""The lens: everything fitted on the training range that turns a panel into a signal, and back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from features.calendar_features import calendar_features, visible_cycles
from features.normalize import Normalizer, Scaling, forward_fill
from features.panel import Floats, Integers, Panel
from features.signal import Signal


@dataclass(frozen=True)
class Affine:
    """Centre and scale of each column of a table."""

    center: Floats
    scale: Floats

    @classmethod
    def fit(cls, table: Floats) -> Affine:
        """[rows, ...] → mean and deviation of each column; 0 and 1 where there is none."""
        count = np.maximum(np.isfinite(table).sum(axis=0), 1)
        center = np.nansum(table, axis=0) / count
        scale = np.sqrt(np.nansum((table - center) ** 2, axis=0) / count)
        return cls(center, np.where(scale > 0, scale, 1.0))

    def apply(self, table: Floats) -> Floats:
        """[..., *columns] → the same, scaled."""
        return (table - self.center) / self.scale


@dataclass(frozen=True)
class Lens:
    """Fitted once, on the training range; read at every step."""

    normalizer: Normalizer
    past: Affine  # [S, P], one column a series and past-only covariate
    future: Affine  # one column a known-future covariate
    static: Affine  # one column a static covariate
    reach: Floats  # [S, C]
    cycles: tuple[str, ...]  # of the calendar
    horizon: int

    @classmethod
    def fit(
        cls, panel: Panel, train: range, scaling: Scaling, horizon: int, calendar: bool = True
    ) -> Lens:
        """Fit on the training range alone; `calendar` says whether its cycles are shown."""
        cut = slice(train.start, train.stop)
        normalizer = Normalizer.fit(panel, train, scaling)
        past = Affine.fit(panel.past[:, cut].transpose(1, 0, 2))
        future = Affine.fit(np.concatenate(panel.future[:, cut]))
        parts = _channels(panel, normalizer, past)
        reach = np.concatenate([_reach(x[:, cut], a[:, cut], horizon) for _, x, a in parts])
        span = panel.stamps[train.stop - 1] - panel.stamps[train.start]
        cycles = visible_cycles(panel.calendar.name, span) if calendar else ()
        return cls(normalizer, past, future, Affine.fit(panel.static), reach, cycles, horizon)

    def state(self) -> dict[str, Any]:
        """Tensors and plain values."""
        return {k: _pack(v) for k, v in asdict(self).items()}

    @classmethod
    def restored(cls, state: dict[str, Any]) -> Lens:
        """The lens that gave `state`."""
        plain: dict[str, Any] = {k: _unpack(v) for k, v in state.items()}
        normalizer = plain["normalizer"]
        normalizer["scaling"] = Scaling(**normalizer["scaling"])
        affine = {k: Affine(**plain[k]) for k in ("past", "future", "static")}
        return cls(**{**plain, **affine, "normalizer": Normalizer(**normalizer)})

    def signal(self, panel: Panel, device: torch.device | str = "cpu") -> Signal:
        """Normalise `panel` and put it on `device`."""
        shape = (len(panel), panel.steps, self.reach.shape[1])
        values, observed, anchor = (torch.empty(shape, device=device) for _ in range(3))

        def tensor(array: Floats) -> Tensor:
            return torch.as_tensor(np.nan_to_num(array), dtype=torch.float32, device=device)

        for group, x, level in _channels(panel, self.normalizer, self.past):
            values[group], anchor[group] = tensor(x), tensor(level)
            observed[group] = torch.as_tensor(np.isfinite(x)).to(values)
        return Signal(
            values=values,
            observed=observed,
            anchor=anchor,
            known=tensor(self._known(panel)),
            static=tensor(self.static.apply(panel.static)),
            start=torch.as_tensor(panel.start, device=device),
            reach=tensor(self.reach),
            follows=tensor(self._follows()),
        )

    def restore(self, forecast: Floats, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] forecasts in units of reach above the anchor → original units."""
        out = np.empty(forecast.shape)
        for group in panel.groups():
            y, normalizer = panel.y[group], self.normalizer.of(group)
            anchor = normalizer.anchor(y)[:, origins]
            normalised = anchor[:, :, None] + forecast[group] * self.reach[group, :1, None]
            out[group] = normalizer.invert(normalised, y, origins)
        return out

    def _follows(self) -> Floats:
        follows = np.ones(self.reach.shape[1])
        follows[0] = not self.normalizer.scaling.difference
        return follows

    def _known(self, panel: Panel) -> Floats:
        """[1 or S, T + horizon, F]: the calendar's cycles, then the declared covariates."""
        stamps = panel.stamps.append(panel.calendar.ahead(self.horizon))
        cycles = calendar_features(stamps, self.cycles)[None]
        if not panel.future.shape[2]:
            return cycles
        declared = np.full((len(panel), len(stamps), panel.future.shape[2]), np.nan)
        width = min(len(stamps), panel.future.shape[1])
        declared[:, :width] = panel.future[:, :width]
        cycles = np.repeat(cycles, len(panel), axis=0)
        return np.concatenate([cycles, self.future.apply(declared)], axis=2)


def _channels(
    panel: Panel, normalizer: Normalizer, past: Affine
) -> Iterator[tuple[slice, Floats, Floats]]:
    """For each group of series: normalised values [G, T, C], NaN where missing, and anchors."""
    P = panel.past.shape[2]
    for group in panel.groups():
        some, own = panel.of(group), normalizer.of(group)
        covariates = Affine(past.center[group, None], past.scale[group, None]).apply(some.past)
        filled = [forward_fill(covariates[..., p])[..., None] for p in range(P)]
        yield (
            group,
            np.concatenate([own.apply(some.y)[..., None], covariates], axis=2),
            np.concatenate([own.anchor(some.y)[..., None], *filled], axis=2),
        )


def _pack(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _pack(v) for k, v in value.items()}
    return torch.as_tensor(value) if isinstance(value, np.ndarray) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _unpack(v) for k, v in value.items()}
    return value.numpy() if isinstance(value, Tensor) else value


def _reach(values: Floats, anchor: Floats, horizon: int) -> Floats:
    """[S, C] root mean square of target minus anchor over the horizon (at most 16 lags of it)."""
    total = np.zeros((values.shape[0], values.shape[2]))
    count = np.zeros_like(total)
    for lag in np.unique(np.linspace(1, horizon, min(horizon, 16)).astype(int)):
        square = (values[:, lag:] - anchor[:, :-lag]) ** 2
        total += np.nansum(square, axis=1)
        count += np.isfinite(square).sum(axis=1)
    reach = np.sqrt(total / np.maximum(count, 1))
    return np.where(reach > 1e-12, reach, 1.0)
