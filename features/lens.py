"""The lens: everything fitted on the training range that turns a panel into a signal, and back."""

from __future__ import annotations

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
        """[rows, columns] → mean and deviation of each column; 0 and 1 where there is none."""
        count = np.maximum(np.isfinite(table).sum(axis=0), 1)
        center = np.nansum(table, axis=0) / count
        scale = np.sqrt(np.nansum((table - center) ** 2, axis=0) / count)
        return cls(center, np.where(scale > 0, scale, 1.0))

    def apply(self, table: Floats) -> Floats:
        """[..., columns] → the same, scaled."""
        return (table - self.center) / self.scale


@dataclass(frozen=True)
class Lens:
    """Fitted once, on the training range; read at every step."""

    normalizer: Normalizer
    past: Affine  # one column a series and past-only covariate, series-major
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
        past = Affine.fit(_columns(panel.past[:, cut]))
        future = Affine.fit(np.concatenate(panel.future[:, cut]))
        values, anchor = _channels(panel, normalizer, past)
        reach = _reach(values[:, cut], anchor[:, cut], horizon)
        span = panel.stamps[train.stop - 1] - panel.stamps[train.start]
        cycles = visible_cycles(panel.calendar.name, span) if calendar else ()
        return cls(normalizer, past, future, Affine.fit(panel.static), reach, cycles, horizon)

    def state(self) -> dict[str, Any]:
        """Tensors and plain values, for `torch.load(weights_only=True)`."""
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
        values, anchor = _channels(panel, self.normalizer, self.past)
        seen = np.isfinite(values)

        def tensor(array: Floats) -> Tensor:
            return torch.as_tensor(np.nan_to_num(array), dtype=torch.float32, device=device)

        return Signal(
            values=tensor(values),
            observed=tensor(seen.astype(np.float64)),
            anchor=tensor(anchor),
            known=tensor(self._known(panel)),
            static=tensor(self.static.apply(panel.static)),
            start=torch.as_tensor(panel.start, device=device),
            reach=tensor(self.reach),
            follows=tensor(self._follows()),
        )

    def restore(self, forecast: Floats, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] forecasts in units of reach above the anchor → original units."""
        anchor = self.normalizer.anchor(panel.y)[:, origins]
        normalised = anchor[:, :, None] + forecast * self.reach[:, 0][:, None, None]
        return self.normalizer.invert(normalised, panel.y, origins)

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


def _channels(panel: Panel, normalizer: Normalizer, past: Affine) -> tuple[Floats, Floats]:
    """Normalised values [S, T, C] with NaN where missing, and their anchors."""
    S, T, P = panel.past.shape
    covariates = past.apply(_columns(panel.past))  # [T, S·P]
    filled = forward_fill(covariates.T).T
    values, anchor = normalizer.apply(panel.y), normalizer.anchor(panel.y)
    return tuple(  # type: ignore[return-value]
        np.concatenate([y[..., None], x.reshape(T, S, P).transpose(1, 0, 2)], axis=2)
        for y, x in ((values, covariates), (anchor, filled))
    )


def _columns(past: Floats) -> Floats:
    """[S, T, P] → [T, S·P]."""
    return past.transpose(1, 0, 2).reshape(past.shape[1], -1)


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
