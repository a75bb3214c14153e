"""What the classical rivals share: statsforecast estimates, one recursion forecasts.

A model is chosen and estimated for each series on the latest part of the training range, once. It
is then a linear recursion (`models/innovations.py`), which walks over the whole series and
forecasts from every origin on its way.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
import torch

from features.panel import Floats, Integers, Panel
from features.splits import Split
from models.innovations import Innovations
from models.rival import Rival

FEWEST = 12
"""Observations that a model is chosen on; a series with fewer, or a constant one, is naive."""
WINDOW = 1000
"""Latest steps of the training range that are fitted on: a fit costs more with each of them, and
more of them did not make the forecasts better (`docs/experiments.md`)."""
LONGEST = 12
"""Steps of a season that is searched for. A longer one is as many numbers to estimate: it took
minutes or was not found (`docs/experiments.md`), and is taken off by fixed indices."""


@dataclass(frozen=True)
class Estimate:
    """What was estimated on the training range of one series."""

    chosen: str
    """What it is called."""
    model: Innovations
    indices: Floats  # [m] what the season adds, from the first step that was fitted on


@dataclass
class Classical(Rival):
    """A model for each series. It reads no covariates and ignores scaling and network settings.

    A gap inside the range that is fitted on is interpolated for the estimation alone. In the
    recursion the forecast stands in for a missing value.
    """

    chosen: list[str] = field(default_factory=list, init=False)
    model: Innovations | None = field(default=None, init=False)
    indices: Floats = field(default_factory=lambda: np.zeros((0, 1)), init=False)  # [S, m]
    since: Integers = field(default_factory=lambda: np.zeros(0, np.int64), init=False)  # [S]

    @abstractmethod
    def estimate(self, y: Floats) -> Estimate:
        """Choose and estimate on y [n], which has no gaps and is not constant."""

    def fit(self, panel: Panel, split: Split) -> None:
        """Choose and estimate on the end of `split.train`; nothing else is read."""
        stop = split.train.stop
        first = max(split.train.start, stop - WINDOW)
        self.ids, self.since = panel.ids, np.clip(panel.start, first, stop - 1)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of convergence, and of the limits of a search
            pairs = zip(panel.y, self.since, strict=True)
            found = [self._estimate(y[since:stop]) for y, since in pairs]
        self.chosen = [one.chosen for one in found]
        self.model = Innovations.stack([one.model for one in found])
        self.indices = np.stack([np.resize(one.indices, self.season) for one in found])

    def join(self, parts: Sequence[Classical]) -> None:
        """Be what a fit on all series gives, of parts that were each fitted on some of them.

        Args:
            parts: in the order of their series, which know nothing of each other.
        """
        models = [one for part in parts if part.model for one in part.model.apart()]
        self.ids = tuple(name for part in parts for name in part.ids)
        self.chosen = [name for part in parts for name in part.chosen]
        self.model = Innovations.stack(models)
        self.indices = np.concatenate([part.indices for part in parts])
        self.since = np.concatenate([part.since for part in parts])

    def shortened(self, y: Floats) -> tuple[Floats, Floats, int]:
        """y [n] without a season too long to search, its indices [m], and the season left."""
        if self.season <= LONGEST:
            return y, np.zeros(self.season), self.season
        indices = seasonal_indices(y, self.season)
        return y - np.resize(indices, len(y)), indices, 1

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] in one walk; NaN for a series without an observation up to the origin."""
        self.check(panel)
        assert self.model is not None
        row, steps = np.arange(len(panel))[:, None], np.arange(panel.steps)
        y = panel.y - self.indices[row, (steps - self.since[:, None]) % self.season]
        walk = (y, panel.start, self.since, origins, self.season, self.horizon)
        ahead = origins[:, None] + np.arange(1, self.horizon + 1)  # [O, H]
        place = (ahead - self.since[:, None, None]) % self.season
        return self.model.forecast(*walk) + self.indices[row[:, None], place]

    def parameters(self) -> dict[str, Any]:
        """The settings, and what was chosen for each series."""
        plain = {"model": self.name, "horizon": self.horizon, "season": self.season}
        # one value for all: there may be many series, and names that are no names of parameters
        chosen = dict(zip(self.ids, self.chosen, strict=True))
        return {**plain, "window": WINDOW, "chosen": chosen}

    def state(self) -> dict[str, Any]:
        """The recursion of every series, as tensors and plain values."""
        assert self.model is not None
        arrays = vars(self.model) | {"indices": self.indices, "since": self.since}
        plain = {"horizon": self.horizon, "season": self.season}
        kept = {"ids": list(self.ids), "chosen": self.chosen}
        return plain | kept | {name: torch.as_tensor(array) for name, array in arrays.items()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""
        self.ids, self.chosen = tuple(state["ids"]), state["chosen"]
        self.indices, self.since = state["indices"].numpy(), state["since"].numpy()
        self.model = Innovations(**{f.name: state[f.name].numpy() for f in fields(Innovations)})

    def _estimate(self, y: Floats) -> Estimate:
        """Of y [n] with gaps; naive where there is too little to choose by."""
        seen = np.flatnonzero(np.isfinite(y))
        values = y[seen]
        if len(seen) < FEWEST or (values == values[0]).all():
            value = float(values[0]) if len(seen) else 0.0
            return Estimate("naive", Innovations.naive(value), np.zeros(1))
        return self.estimate(
            np.where(np.isfinite(y), y, np.interp(np.arange(len(y)), seen, values))
        )


def seasonal_indices(y: Floats, season: int) -> Floats:
    """[season] what each place of the season adds to y [n], from its first value on.

    Classical decomposition: the mean of each place after a moving average of one season is taken
    off. Zeros where y holds less than two seasons.
    """
    if len(y) < 2 * season:
        return np.zeros(season)
    from statsmodels.tsa.seasonal import seasonal_decompose

    return np.asarray(seasonal_decompose(y, period=season).seasonal[:season])
