"""The clean run that an audit begins with, and any part of it again on other data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from features.panel import Panel
from features.sources import Fetched
from features.splits import Split
from flows import steps
from flows.candidates import Candidate, candidates_of
from flows.parameters import BacktestParameters
from flows.results import Result

EPOCHS, MEMBERS = 1, 2
"""Most epochs and members of a network that is trained for an audit."""
ORIGINS = 40
"""About as many origins of the test range are forecast from."""


@dataclass(frozen=True)
class Run:
    """One clean run, and what is needed to run any part of it again."""

    parameters: BacktestParameters
    fetched: Fetched
    panel: Panel
    split: Split
    fits: dict[tuple[str, ...], list[Candidate]] = field(default_factory=dict)

    @property
    def ahead(self) -> dict[str, int | None]:
        """Column to steps that it is known ahead; None for good."""
        covariates = self.panel.covariates
        known: dict[str, int | None] = dict.fromkeys(covariates.future, self.parameters.horizon)
        return known | dict.fromkeys(covariates.static)

    def stamp(self, step: int) -> pd.Timestamp:
        """The date of a calendar step."""
        return self.panel.stamps[step]

    def lay(self, frame: pd.DataFrame) -> Panel:
        """The panel of another frame."""
        return steps.panel_of(replace(self.fetched, frame=frame), self.parameters)

    def fit(self, panel: Panel, names: Sequence[str]) -> list[Candidate]:
        """Candidates fitted on a panel; one that is equal to an earlier one is not fitted again."""
        key = (panel.digest, *names)
        if key not in self.fits:
            made = candidates_of(
                self.parameters.model_copy(update={"models": tuple(names)}), panel.calendar.season
            )
            for candidate in made:
                candidate.fit(panel, self.split)
            self.fits[key] = made
        return self.fits[key]

    def judge(self, panel: Panel) -> Result:
        """The comparison of the candidates that were fitted on the clean panel."""
        p = self.parameters
        fitted = self.fit(self.panel, p.models)
        return Result(
            p,
            self.fetched,
            panel,
            self.split,
            fitted,
            *steps.compare(fitted, panel, self.split, p),
        )


def begin(parameters: BacktestParameters) -> Run:
    """Fetch, settle, lay and cut as any run does, but make training and backtest small."""
    fetched = steps.fetch_data(parameters)
    settled = steps.settle(parameters, fetched)
    panel = steps.panel_of(fetched, settled)
    split = steps.split_of(panel, settled)
    training = replace(
        settled.training,
        epochs=min(settled.training.epochs, EPOCHS),
        members=min(settled.training.members, MEMBERS),
    )
    stride = max(settled.stride, len(split.test) // ORIGINS)
    small = {"training": training, "stride": stride, "calendar": panel.calendar.name}
    settled = settled.model_copy(update=small)
    return Run(settled, fetched, panel, split)
