"""What the evaluation asks of a forecaster. Nothing here knows how one is made."""

from __future__ import annotations

from typing import Protocol

from features.panel import Floats, Integers, Panel
from features.splits import Split


class Forecaster(Protocol):
    """Learns from a split's training and validation range, forecasts from any origins."""

    @property
    def name(self) -> str:
        """As tables call it."""

    @property
    def horizon(self) -> int:
        """H, the steps of each forecast."""

    def fit(self, panel: Panel, split: Split) -> None:
        """Learn from `split.train`, choose on `split.validation`; never read `split.test`."""

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """Forecast H steps from each origin, in original units.

        Args:
            panel: the series; the forecast from origin t reads nothing after step t but the
                known-future covariates.
            origins: [O] calendar steps.

        Returns:
            [S, O, H], NaN for a series that has no observation up to the origin.
        """

    def quantiles(self, panel: Panel, origins: Integers) -> Floats | None:
        """What `forecast` gives at each of `features.levels.LEVELS`, the median being its forecast.

        Returns:
            [S, O, H, Q], the lowest first, or None from those that forecast one value alone.
        """


class EpochRecord(Protocol):
    """One pass over the training origins, as a loss curve shows it."""

    @property
    def number(self) -> int:
        """Counted from 1."""

    @property
    def train_loss(self) -> float:
        """Mean loss over the training origins, on the normalised scale."""

    @property
    def validation_loss(self) -> float:
        """Mean loss over the validation origins, on the normalised scale."""
