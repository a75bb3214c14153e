"""Prefect tasks: each wraps one plain step.

Only fetching is tried again, for it alone can fail from outside; what the user got wrong fails at
once.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prefect import get_run_logger, task
from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from evaluation.backtest import Backtest
from evaluation.conformal import calibrated
from evaluation.followup import FollowUp
from features.errors import UserError
from features.panel import Panel
from features.sources import Fetched
from features.splits import Fold, Split
from flows import champion, followup, refits, steps
from flows.candidates import Candidate
from flows.outputs import write_outputs
from flows.parameters import BacktestParameters, Parameters
from flows.records import log_fit, log_result, watch
from flows.results import Result
from flows.telling import teller
from flows.tracking import LiveRun, TrackedRun, experiment_name


def can_heal(task: object, run: TaskRun, state: State[Any]) -> bool:
    """Whether to try again: not after a user's mistake, which stays one."""
    try:
        state.result()
    except UserError:
        return False
    except Exception:
        return True
    return False


@task(
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=exponential_backoff(backoff_factor=2),
    retry_jitter_factor=0.5,
    retry_condition_fn=can_heal,
)
def fetch(parameters: Parameters) -> Fetched:
    """Get the long frame."""
    return steps.fetch_data(parameters)


@task(cache_policy=NO_CACHE)
def validate(fetched: Fetched, parameters: Parameters) -> tuple[Panel, Split]:
    """Check the frame and cut its span."""
    panel = steps.panel_of(fetched, parameters)
    split = steps.split_of(panel, parameters)
    get_run_logger().info(
        f"{len(panel)} series of {panel.steps} steps from {panel.stamps[0]} to {panel.stamps[-1]}, "
        f"of which models learn from the first {split.train.stop}"
    )
    return panel, split


@task(cache_policy=NO_CACHE)
def reigning(registry: champion.Registry, panel: Panel) -> champion.Champion | None:
    """The champion, as it was saved."""
    return champion.reigning(registry, panel)


@task(cache_policy=NO_CACHE, task_run_name="fit {candidate.name}")
def fit(candidate: Candidate, panel: Panel, split: Split, run: LiveRun) -> None:
    """Train one candidate, or go on with its training; its child run grows meanwhile."""
    candidate.watch = watch(candidate, panel, run)
    candidate.fit(panel, split)
    candidate.watch = None  # a refit of this run is none of its curve
    log_fit(candidate, panel, run)
    earlier = f" ({candidate.taken_up} of them before)" if candidate.taken_up else ""
    if candidate.history:
        epochs = f"{len(candidate.history)} epochs{earlier}"
        tell(f"{run.experiment}: {candidate.name} {epochs}, {candidate.seconds:.1f} s")


@task(cache_policy=NO_CACHE)
def backtest(
    candidates: Sequence[Candidate], panel: Panel, split: Split, parameters: Parameters
) -> tuple[Backtest, Backtest]:
    """Judge the fitted candidates on the validation and on the test range."""
    return steps.compare(candidates, panel, split, parameters)


@task(cache_policy=NO_CACHE)
def look_ahead(
    candidates: Sequence[Candidate], panel: Panel, before: Sequence[Backtest]
) -> Backtest:
    """Forecast what comes after the data, with intervals."""
    return steps.look_ahead(candidates, panel, before)


@task(cache_policy=NO_CACHE)
def follow_up(ledger: str, parameters: Parameters, fetched: Fetched, panel: Panel) -> FollowUp:
    """Enter into the ledger what has come, and hold earlier forecasts against it."""
    return followup.follow_up(ledger, parameters, fetched, panel)


@task(cache_policy=NO_CACHE)
def issue(ledger: str, result: Result, run: TrackedRun) -> None:
    """Enter the forecasts into the ledger, once the run that they are of is there."""
    if not followup.issue(ledger, result, run.id):
        get_run_logger().info("the ledger holds these forecasts already, from an earlier run")


@task(cache_policy=NO_CACHE)
def refit(
    candidates: Sequence[Candidate],
    panel: Panel,
    folds: Sequence[Fold],
    parameters: BacktestParameters,
    before: Backtest,
) -> Backtest:
    """Judge candidates on the test range that are trained again on the way."""
    domain, began = experiment_name(parameters), time.perf_counter()
    trained = {candidate.name for candidate in candidates if candidate.history}

    def on_done(name: str, done: int) -> None:
        if name in trained and done == len(folds):
            tell(f"{domain}: {name} {done} refits, after {time.perf_counter() - began:.1f} s")

    return calibrated(refits.refit(candidates, panel, folds, parameters, on_done), before)


@task(cache_policy=NO_CACHE)
def report(result: Result, folder: Path) -> None:
    """Write tables, figures and the HTML report."""
    write_outputs(result, folder)


@task(cache_policy=NO_CACHE)
def log(result: Result, run: LiveRun, folder: Path) -> None:
    """Log everything for MLflow, and leave the leaderboard and a link in Prefect."""
    log_result(result, run, folder)
    key = artifact_key(run.experiment)
    create_table_artifact(_rows(result), key=f"{key}-leaderboard", description=result.verdicts[0])
    create_markdown_artifact(_markdown(result, run), key=f"{key}-verdict")
    if run.link:
        create_link_artifact(run.link, link_text="MLflow run", key=f"{key}-mlflow")


def artifact_key(experiment: str) -> str:
    """How the keys of an experiment's artifacts in Prefect begin."""
    return re.sub(r"[^a-z0-9]+", "-", experiment.lower()).strip("-") or "run"


def tell(progress: str) -> None:
    """A line for who waits at a terminal or reads a log; Prefect keeps it with the task's run."""
    teller()(progress)


def _rows(result: Result) -> list[dict[str, Any]]:
    table = result.leaderboard.reset_index().to_dict(orient="records")
    return [
        {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in row.items()}
        for row in table
    ]


def _markdown(result: Result, run: TrackedRun) -> str:
    place = f"[{run.id}]({run.link})" if run.link else f"`{run.id}` in `{run.uri}`"
    lines = "\n".join(f"- {sentence}" for sentence in (*result.verdicts, *result.notes))
    return f"# {run.experiment}: use {result.chosen}\n\n{lines}\n\nMLflow run: {place}\n"
