"""Prefect tasks: each wraps one plain step.

Only fetching is tried again, for it alone can fail from outside; what the user got wrong fails at
once.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from prefect import get_run_logger, task
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
from flows import artifacts, followup, steps
from flows.candidates import Candidate
from flows.delivery import Report
from flows.fanout import fits, refits
from flows.fanout.units import FanOut
from flows.outputs import write_outputs
from flows.parameters import BacktestParameters, Parameters
from flows.registry import champion
from flows.results import Result
from flows.telling import teller
from flows.tracking.records import log_fit, log_result, watch
from flows.tracking.runs import LiveRun, TrackedRun, experiment_name

PROGRESS = "progress"
"""How the name of the logger ends that tells what a run has done so far."""


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
    _tell_fitted(run, panel, candidate)


def fit_all(
    candidates: Sequence[Candidate],
    panel: Panel,
    split: Split,
    run: LiveRun,
    fan_out: FanOut | None,
) -> None:
    """Train candidates: one task run each, or a unit of work each where there are workers."""
    if fan_out:
        fits.fit(candidates, panel, split, fan_out, partial(_tell_fitted, run, panel))
        return
    for candidate in candidates:
        fit(candidate, panel, split, run)


def _tell_fitted(run: LiveRun, panel: Panel, candidate: Candidate) -> None:
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
    fan_out: FanOut | None = None,
) -> Backtest:
    """Judge candidates on the test range that are trained again on the way."""
    domain, began = experiment_name(parameters), time.perf_counter()
    trained = {candidate.name for candidate in candidates if candidate.history}

    def on_done(name: str, done: int) -> None:
        if name in trained and done == len(folds):
            tell(f"{domain}: {name} {done} refits, after {time.perf_counter() - began:.1f} s")

    executor = fan_out.named(partial(_name_of_refit, folds)) if fan_out else None
    shared = fan_out.panel if fan_out else None
    found = refits.refit(
        candidates, panel, folds, parameters, executor, shared=shared, on_done=on_done
    )
    return calibrated(found, before)


def refit_all(
    candidates: Sequence[Candidate],
    panel: Panel,
    folds: Sequence[Fold],
    parameters: BacktestParameters,
    before: Backtest,
    fan_out: FanOut | None,
) -> Backtest:
    """Train again on the way: one task run of all folds, or a unit of work each."""
    # Prefect would hand the arguments of a task's run, the panel too, on to each unit inside it
    do = refit.fn if fan_out else refit
    return do(candidates, panel, folds, parameters, before, fan_out)


def _name_of_refit(folds: Sequence[Fold], *arguments: Any) -> str:
    """What a unit of `evaluation.rolling` is called in Prefect."""
    _, candidate, _, chain = arguments
    first = folds.index(chain[0]) + 1
    last = first + len(chain) - 1
    return f"refit {candidate.name}, " + (
        f"fold {first}" if first == last else f"folds {first} to {last}"
    )


@task(cache_policy=NO_CACHE)
def report(result: Result, folder: Path) -> None:
    """Write tables, figures and the HTML report."""
    write_outputs(result, folder)


@task(cache_policy=NO_CACHE)
def log(result: Result, run: LiveRun, folder: Path) -> None:
    """Log everything for MLflow."""
    log_result(result, run, folder)


@task(cache_policy=NO_CACHE)
def leave_artifacts(report: Report) -> None:
    """Show in Prefect what the run came to, once everything that is linked is there."""
    artifacts.leave(report)


def tell(progress: str) -> None:
    """A line for who waits at a terminal or reads a log; Prefect keeps it with the task's run."""
    teller()(progress)
