"""Regressions on lags: what the rivals of scikit-learn share.

One model serves all series. It reads the panel through the lens of the networks: values relative
to the last observed one, in units of the typical change over a horizon, all fitted on the training
range (`features/lens.py`). Every origin is a row of one matrix, so a forecast from all of them is
one call.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from features.errors import UserError
from features.lens import Lens
from features.normalize import Scaling
from features.panel import Covariates, Floats, Integers, Panel
from features.signal import Signal
from features.splits import Split
from models.forecaster import refuse_unknown_future
from models.rival import Rival
from models.settings import NetworkSettings

SLAB = 2**16
"""Pairs of an origin and a step ahead that are forecast at once."""


@dataclass(frozen=True)
class Rows:
    """R origins, each a step of a series."""

    series: Tensor  # [R]
    step: Tensor  # [R]

    @classmethod
    def every(cls, series: int, origins: Tensor) -> Rows:
        """All of `origins` [O] of all series, series by series."""
        return cls(torch.arange(series).repeat_interleave(len(origins)), origins.repeat(series))

    def where(self, kept: Tensor) -> Rows:
        """Those that a mask [R] or an index allows."""
        return Rows(self.series[kept], self.step[kept])

    def some(self, most: int) -> Rows:
        """At most `most` of them, always the same: by chance, for any stride would miss places of
        the season.
        """
        if len(self.step) <= most:
            return self
        chance = torch.Generator().manual_seed(0)
        return self.where(torch.randperm(len(self.step), generator=chance)[:most].sort().values)

    def slabs(self, size: int) -> Iterator[Rows]:
        """They in turn, `size` at a time."""
        parts = zip(self.series.split(size), self.step.split(size), strict=True)
        return (Rows(series, step) for series, step in parts)


@dataclass
class LagRegression(Rival):
    """A regression of H values on what is known at an origin, the same for all series.

    A missing value reads as the last observed one before it, and what lies before the first
    observation as that one. Covariates are read as networks read them.
    """

    network: NetworkSettings = NetworkSettings()
    scaling: Scaling = Scaling()
    covariates: Covariates = field(default=Covariates(), init=False)
    lens: Lens | None = field(default=None, init=False)
    chosen: dict[str, Any] = field(default_factory=dict, init=False)

    @abstractmethod
    def learn(self, signal: Signal, train: Rows, validation: Rows, stop: int) -> None:
        """Fit on the targets of `train` before step `stop`, choose on those of `validation`."""

    @abstractmethod
    def predict(self, signal: Signal, rows: Rows) -> Tensor:
        """[R, H] in units of reach above the anchor."""

    @abstractmethod
    def kept(self) -> dict[str, Any]:
        """What `learn` learned, as tensors and plain values."""

    @abstractmethod
    def take(self, kept: dict[str, Any]) -> None:
        """Take over what `kept` gave."""

    def fit(self, panel: Panel, split: Split) -> None:
        """Fit on `split.train`, choose on `split.validation`.

        Raises:
            UserError: a series without observations in the training range, a training range that
                is not longer than the horizon, or nothing observed in the validation range.
        """
        self.ids, self.covariates = panel.ids, panel.covariates
        self.lens = Lens.fit(panel, split.train, self.scaling, self.horizon, self.network.calendar)
        signal = self.lens.signal(panel.until(split.validation.stop - 1))
        train = torch.arange(split.train.start, split.train.stop - self.horizon)
        validation = torch.as_tensor(split.origins("validation", self.horizon))
        learned, judged = self._begun(signal, train), self._begun(signal, validation)
        seen = np.isfinite(panel.y[:, split.validation.start : split.validation.stop]).any()
        self._need(len(learned.step) > 0, "training", split.train)
        self._need(len(judged.step) > 0 and bool(seen), "validation", split.validation)
        self.learn(signal, learned, judged, split.train.stop)

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] in original units; NaN for a series without an observation up to the origin."""
        self.check(panel)
        assert self.lens is not None
        refuse_unknown_future(panel, int(origins.max()), self.horizon)
        signal = self.lens.signal(panel)
        rows = Rows.every(len(panel), torch.as_tensor(origins))
        slabs = rows.slabs(max(1, SLAB // self.horizon))
        out = torch.cat([self.predict(signal, part) for part in slabs]).double().numpy()
        out[(rows.step < signal.start[rows.series]).numpy()] = np.nan
        return self.lens.restore(out.reshape(len(panel), len(origins), -1), panel, origins)

    def parameters(self) -> dict[str, Any]:
        """The settings that count, and what was chosen."""
        plain = {"model": self.name, "horizon": self.horizon, "season": self.season}
        scaling = {f"scaling.{name}": value for name, value in vars(self.scaling).items()}
        looked = {"network.look_back": self.network.look_back}
        return {**plain, **looked, **scaling, **{f"chosen.{k}": v for k, v in self.chosen.items()}}

    def state(self) -> dict[str, Any]:
        """Settings, fitted lens and what was learned."""
        assert self.lens is not None
        return {
            "horizon": self.horizon,
            "season": self.season,
            "network": asdict(self.network),
            "scaling": asdict(self.scaling),
            "ids": list(self.ids),
            "covariates": asdict(self.covariates),
            "lens": self.lens.state(),
            "chosen": self.chosen,
            "learned": self.kept(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.ids, self.chosen = tuple(state["ids"]), state["chosen"]
        self.covariates = Covariates(**{k: tuple(v) for k, v in state["covariates"].items()})
        self.lens = Lens.restored(state["lens"])
        self.take(state["learned"])

    @property
    def cycles(self) -> int:
        """Columns of what is known ahead that tell the calendar."""
        assert self.lens is not None
        return 2 * len(self.lens.cycles)

    def _need(self, found: bool, name: str, steps: range) -> None:
        if not found:
            raise UserError(
                f"{self.name} finds no observed target {self.horizon} steps ahead or less in the"
                f" {name} range of {len(steps)} steps; make it longer or leave {self.name} out"
            )

    def _begun(self, signal: Signal, origins: Tensor) -> Rows:
        """The origins [O] of each series at which it has begun."""
        rows = Rows.every(len(signal.values), origins)
        return rows.where(rows.step >= signal.start[rows.series])


def filled(signal: Signal) -> Tensor:
    """[S, T] the target, or the anchor where it is missing."""
    seen = signal.observed[..., 0] > 0
    return torch.where(seen, signal.values[..., 0], signal.anchor[..., 0])


def lags(values: Tensor, signal: Signal, rows: Rows, back: Tensor) -> Tensor:
    """[R, L] `values` [S, T] at steps `back` [L] or [R, L] before the origins.

    Relative to the anchor at the origin, in units of reach.
    """
    steps = (rows.step[:, None] - back).maximum(signal.start[rows.series][:, None])
    steps = steps.minimum(rows.step[:, None])  # a series that has not begun
    away = values[rows.series[:, None], steps] - signal.anchor[rows.series, rows.step, :1]
    return away / signal.reach[rows.series, :1]


def level(signal: Signal, rows: Rows) -> Tensor:
    """[R, 1] the anchor itself, in units of reach."""
    anchor = signal.anchor[rows.series, rows.step, :1]
    return anchor / signal.reach[rows.series, :1]


def beside(signal: Signal, rows: Rows) -> Tensor:
    """[R, P + G] the last value of each past-only covariate, bounded, and the static ones."""
    past = torch.tanh(signal.anchor[rows.series, rows.step, 1:] / 2)
    return torch.cat([past, signal.static[rows.series]], dim=1)


def targets(signal: Signal, rows: Rows, horizon: int, stop: int) -> tuple[Tensor, Tensor]:
    """[R, H] what is forecast, in units of reach above the anchor, and whether it was observed.

    A missing one reads as the last observed value; `stop` is the first step not to be read.
    """
    steps = rows.step[:, None] + torch.arange(1, horizon + 1)
    _, seen = signal.targets(rows.series, steps, stop)
    values = filled(signal)[rows.series[:, None], steps.clamp_max(stop - 1)]
    away = values - signal.anchor[rows.series, rows.step, :1]
    return away / signal.reach[rows.series, :1], seen[..., 0] > 0
