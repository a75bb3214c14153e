"""The flow `search`: find settings for the networks, then judge the best of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows import steps, tasks
from flows.candidates import Candidate
from flows.delivery import Report, delivery
from flows.outputs import BEST, CSV
from flows.parameters import ForecastParameters, SearchParameters
from flows.results import Result
from flows.settings import Settings
from flows.study import Trials, opened
from flows.tracking.records import log_trial, outcome
from flows.tracking.runs import LiveRun, experiment_name


@task(cache_policy=NO_CACHE)
def remember(trials: Trials, run: LiveRun) -> None:
    """Log the trials that an earlier search did."""
    for trial in trials.done:
        log_trial(trial, trials.candidate(trial), run)


@task(cache_policy=NO_CACHE, task_run_name="trial")
def explore(trials: Trials, run: LiveRun, domain: str) -> None:
    """Do one more trial and log it."""
    trial = trials.advance()
    candidate, found = trials.candidate(trial), outcome(trial)
    log_trial(trial, candidate, run)
    pruned = trial.state.name == "PRUNED"
    scored = "pruned" if pruned else f"validation MAE {found['validation_mae']:.5g}"
    tasks.tell(
        f"{domain}: trial {len(trials.done)} of {trials.parameters.trials}, {candidate.name}, "
        f"{scored} after {found['epochs']} epochs, {found['seconds']:.1f} s"
    )


@task(cache_policy=NO_CACHE)
def gather(trials: Trials) -> list[Candidate]:
    """The candidates to judge, fitted."""
    return trials.judged()


@task(cache_policy=NO_CACHE)
def leave(trials: Trials, folder: Path) -> None:
    """Write the settings of the best trial, as a forecast reads them, and a table of all trials."""
    settings = yaml.safe_dump(best_settings(trials), sort_keys=False)
    (folder / BEST).write_text(settings, encoding="utf-8")
    table = [
        {"trial": t.number, "state": t.state.name.lower(), **outcome(t), **t.params}
        for t in trials.done
    ]
    pd.DataFrame(table).to_csv(folder / "trials.csv", index=False, **CSV)


def best_settings(trials: Trials) -> dict[str, Any]:
    """Fields of `ForecastParameters`: the best trial's network beside those that are none."""
    best, parameters = trials.best()[0], trials.parameters
    fields = parameters.model_dump(mode="json", include=set(ForecastParameters.model_fields))
    return fields | {
        "as_of": None,  # settings are for the data of the day
        "models": [*parameters.others, best.name],
        "network": asdict(best.recipe.network),
        "training": asdict(best.recipe.training),
    }


@flow(name="search")
def search(params: SearchParameters) -> Report:
    """Fetch, validate, do the trials, backtest the best, report and log.

    Trials, the best of them and the choice among the best, their ensemble and the models beside
    them all look at the validation range alone.

    Args:
        params: What to search for, and how long.

    Raises:
        UserError: input or settings that cannot be used, or no trial that gave a forecast.
    """
    settings = Settings()
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel, split = tasks.validate(fetched, params)
    with (
        delivery(settings, params, panel, "search") as to,
        opened(settings, params, panel, split) as trials,
    ):
        remember(trials, to.run)
        while len(trials.done) < params.trials:
            explore(trials, to.run, experiment_name(params))
        candidates = gather(trials)
        validation, test = tasks.backtest(candidates, panel, split, params)
        result = Result(params, fetched, panel, split, candidates, validation, test)
        tasks.report(result, to.draft)
        leave(trials, to.draft)
        tasks.log(result, to.run, to.draft)
    found = Report(result, to.folder, to.run)
    tasks.leave_artifacts(found)
    return found
