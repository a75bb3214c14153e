"""An ensemble: the mean of what several networks forecast.

Networks that differ by their seed alone (deep ensembles: Lakshminarayanan et al. 2017, arXiv
1612.01474) or by their settings make errors that cancel in part; the absolute error of the mean is
at most the mean of their absolute errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.panel import Floats, Integers, Panel
from features.splits import Split
from models.forecaster import NetworkForecaster
from models.settings import require
from models.training import Epoch


@dataclass
class Ensemble:
    """Members forecast in original units, each through its own lens, and count alike."""

    name: str
    members: Sequence[NetworkForecaster]

    def __post_init__(self) -> None:
        horizons = sorted({member.horizon for member in self.members})
        require(len(horizons) == 1, f"the members of an ensemble need one horizon, got {horizons}")

    @property
    def horizon(self) -> int:
        """H."""
        return self.members[0].horizon

    @property
    def history(self) -> list[Epoch]:
        """The members' epochs, one training after the other; each begins with epoch 1."""
        return [epoch for member in self.members for epoch in member.history]

    def fit(self, panel: Panel, split: Split) -> None:
        """Train every member as if it were alone.

        Raises:
            UserError: a range too short for look-back and horizon.
        """
        for member in self.members:
            member.fit(panel, split)

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] in original units; see `evaluation.protocol.Forecaster`."""
        return _mean([member.forecast(panel, origins) for member in self.members])

    def quantiles(self, panel: Panel, origins: Integers) -> Floats | None:
        """[S, O, H, Q], at each level the mean of the members' quantiles; None if one has none.

        Averaged so, level by level, quantiles of one shape give a mean of that shape, where the
        mean of the distributions would be wider (Lichtendahl et al. 2013, Management Science 59).
        """
        each = [member.quantiles(panel, origins) for member in self.members]
        there = [quantiles for quantiles in each if quantiles is not None]
        return _mean(there) if len(there) == len(each) else None

    def parameters(self) -> dict[str, Any]:
        """Every setting, flat; those in which the members differ as a list, member by member."""
        of_members = [member.parameters() for member in self.members]
        found: dict[str, Any] = {"members": len(self.members)}
        for key, first in of_members[0].items():
            values = [parameters[key] for parameters in of_members]
            found[key] = first if values.count(first) == len(values) else values
        return found | {"model": self.name}

    def state(self) -> dict[str, Any]:
        """The members' names and states, as tensors and plain values."""
        members = [{"model": member.name, **member.state()} for member in self.members]
        return {"horizon": self.horizon, "members": members}


def _mean(parts: Sequence[Floats]) -> Floats:
    total: Floats = np.add.reduce(parts)
    return total / len(parts)
