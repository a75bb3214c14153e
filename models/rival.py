"""What learns and is no network: the classical models and the regressions on lags."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from features.errors import UserError
from features.panel import Floats, Integers, Panel
from features.splits import Split
from models.settings import require


@dataclass
class Rival(ABC):
    """A forecaster of `horizon` steps that gives one value each."""

    horizon: int
    season: int = 1
    ids: tuple[str, ...] = field(default=(), init=False)
    name: ClassVar[str]

    def __post_init__(self) -> None:
        for name in ("horizon", "season"):
            value = getattr(self, name)
            require(value >= 1, f"{name} must be at least 1, got {value}")

    @abstractmethod
    def fit(self, panel: Panel, split: Split) -> None:
        """Learn from `split.train`, choose on `split.validation`; never read `split.test`."""

    @abstractmethod
    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] from `origins` ([O]); NaN for a series without an observation up to there."""

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """The settings, and once fitted what was chosen, flat, for logging."""

    @abstractmethod
    def state(self) -> dict[str, Any]:
        """What was learned, as tensors and plain values."""

    @abstractmethod
    def restore(self, state: dict[str, Any]) -> None:
        """Take over what `state` gave."""

    def quantiles(self, panel: Panel, origins: Integers) -> Floats | None:
        """None: it gives one value alone."""
        return None

    def check(self, panel: Panel) -> None:
        """Refuse other series than those it was fitted on."""
        if not self.ids:
            raise RuntimeError("fit or load the forecaster first")
        if panel.ids != self.ids:
            raise UserError(
                f"{self.name} was fitted on the series {', '.join(self.ids)} and got "
                f"{', '.join(panel.ids)}; give it the same series or fit it again"
            )
