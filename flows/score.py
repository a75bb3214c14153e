"""The flow `score`: what has come of earlier forecasts, without a new one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prefect import flow

from evaluation.followup import FollowUp
from features.errors import UserError
from features.sources import Fetched
from flows import steps, tasks
from flows.delivery import delivery
from flows.notify.happened import tell_drift
from flows.outputs import write_followup
from flows.parameters import ForecastParameters
from flows.settings import Settings
from flows.tracking.records import log_followup
from flows.tracking.runs import TrackedRun, experiment_name


class NothingForecastError(UserError):
    """The ledger holds no forecast that could be scored."""


@dataclass(frozen=True)
class Score:
    """What the flow returns."""

    followup: FollowUp
    fetched: Fetched
    parameters: ForecastParameters
    folder: Path
    run: TrackedRun

    @property
    def complete(self) -> bool:
        """Whether no more of the live series are missing than may fail."""
        return self.parameters.tolerates(len(self.fetched.missing))


@flow(name="score")
def score(params: ForecastParameters) -> Score:
    """Fetch, enter what has come, and hold earlier forecasts of the source against it.

    Args:
        params: those of the forecast; models and their settings make no difference.

    Raises:
        UserError: input or a ledger that cannot be used.
        NothingForecastError: nothing was forecast before.
    """
    settings = Settings()
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel = steps.panel_of(fetched, params)
    followup = tasks.follow_up(settings.ledger, params, fetched, panel)
    if followup.points.empty:
        raise NothingForecastError(
            f"the ledger holds no forecast of {fetched.title} in the experiment "
            f"'{experiment_name(params)}', expected at least one; run forecastle forecast first"
        )
    with delivery(settings, params, panel, "score") as to:
        write_followup(followup, to.draft)
        log_followup(followup, to.run)
        to.run.log().files(to.draft, "results")
    tell_drift(to.run, followup)
    return Score(followup, fetched, params, to.folder, to.run)
