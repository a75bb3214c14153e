"""What of a result goes into which MLflow run."""

from __future__ import annotations

import json
import math
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities import Metric
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, DataType, Schema

from evaluation.drift import worst_state
from evaluation.followup import FollowUp
from features.panel import Panel
from flows.candidates import Candidate
from flows.contract import Contract
from flows.note import note, prefect_run
from flows.outputs import candidate_figures, trainings
from flows.registry import served_model
from flows.results import Result
from flows.steps import last_origin
from flows.tracking.log import Log, now
from flows.tracking.runs import LiveRun, dataset_of, environment, process_tags, span_of
from models.registry import build, save
from models.training import Epoch

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_EXAMPLE_STEPS = 32


def log_result(result: Result, run: LiveRun, files: Path) -> None:
    """Log the parent run, and a child run for each candidate.

    Args:
        result: what to log.
        run: the parent run.
        files: folder of outputs, kept with the parent run.
    """
    _log_parent(result, run, files)
    for candidate in result.candidates:
        _log_candidate(candidate, result, run)


def log_followup(followup: FollowUp, run: LiveRun) -> None:
    """Log the scores of earlier forecasts, over all points, by step ahead and by cutoff."""
    if not followup.points.empty:
        run.log().tags(**{"drift.errors": followup.state})
        run.log().metrics(_followup_curves(followup.latest.table))


def watch(candidate: Candidate, panel: Panel, run: LiveRun) -> Callable[[Epoch], None] | None:
    """Begin the candidate's child run; what is returned takes its epochs as they end.

    None for an ensemble: an epoch does not say which member it is of.
    """
    log = _child(candidate, panel, run)
    if candidate.recipe.training.members > 1:
        return None
    return lambda epoch: log.metrics(_points(epoch))


def log_fit(candidate: Candidate, panel: Panel, run: LiveRun) -> None:
    """Log the loss curves, but for the epochs that were logged while they were trained."""
    log = _child(candidate, panel, run)
    for name, epochs in trainings(candidate).items():
        member = name.removeprefix(candidate.name).replace(" ", "_")  # of an ensemble
        log.metrics(point for epoch in epochs for point in _points(epoch, member))


def log_trial(trial: FrozenTrial, candidate: Candidate, run: LiveRun) -> None:
    """Log a trial of a search, to the end or pruned, as a child run."""
    log = run.log(f"trial-{trial.number}")
    state = trial.state.name.lower()
    log.open({"trial": str(trial.number), "trial.state": state, **process_tags()})
    settings = build(candidate.name, candidate.recipe).parameters()
    log.params({k: str(v) for k, v in settings.items()})
    log.metrics(_finite(outcome(trial)))
    losses = trial.intermediate_values.items()
    log.metrics(
        Metric("validation_loss", loss, now(), epoch)
        for epoch, loss in losses
        if math.isfinite(loss)
    )
    log.end()


def outcome(trial: FrozenTrial) -> dict[str, float]:
    """Epochs, seconds and validation MAE of a trial that has ended, NaN where it was pruned."""
    ended, duration = trial.state.name == "COMPLETE", trial.duration
    return {
        "validation_mae": trial.value if ended and trial.value is not None else math.nan,
        "epochs": len(trial.intermediate_values),
        "seconds": duration.total_seconds() if duration else math.nan,
    }


def _log_parent(result: Result, run: LiveRun, files: Path) -> None:
    log = run.log()
    with tempfile.TemporaryDirectory() as scratch:
        facts, verdicts = Path(scratch, "environment.json"), Path(scratch, "verdicts.txt")
        facts.write_text(json.dumps(environment(), indent=2), encoding="utf-8")
        verdicts.write_text("\n".join(result.verdicts) + "\n", encoding="utf-8")
        log.files(Path(scratch))
    log.files(files, "results")
    log.metrics(_finite(result.leaderboard.loc[result.chosen].to_dict()))
    log.tags(**{"chosen": result.chosen, "drift.inputs": worst_state(result.drift)})
    log.tags(**{"mlflow.note.content": note(result, prefect_run())[:5000]})
    if result.followup is not None:
        log_followup(result.followup, run)
    if (as_of := result.fetched.as_of) is not None:
        missing = ", ".join(result.fetched.missing)
        log.tags(**{"data.as_of": as_of.isoformat(), "data.missing": missing})


def _log_candidate(candidate: Candidate, result: Result, run: LiveRun) -> None:
    name, log = candidate.name, _child(candidate, result.panel, run)
    log.params({k: str(v) for k, v in candidate.fitted.parameters().items()})
    log.dataset(dataset_of(result.panel, result.parameters))
    row = result.leaderboard.loc[name].to_dict() | {"fit_seconds": candidate.seconds}
    row["taken_up_epochs"] = candidate.taken_up
    log.metrics(judged := list(_finite(row)))
    log_fit(candidate, result.panel, run)
    log.metrics(_horizon_curves(result.by_horizon.loc[name]))
    _log_figures(candidate, result, log)
    if result.appointed is None:  # else it is in the registry already
        _log_model(candidate, result, log, judged)
    log.end()


def _child(candidate: Candidate, panel: Panel, run: LiveRun) -> Log:
    log = run.log(candidate.name)
    log.open({"candidate": candidate.name, **process_tags(), **span_of(panel)})
    return log


def _finite(row: dict[Any, Any]) -> Iterator[Metric]:
    when = now()
    return (Metric(str(k), float(v), when, 0) for k, v in row.items() if math.isfinite(v))


def _points(epoch: Epoch, member: str = "") -> Iterator[Metric]:
    for key in ("train_loss", "validation_loss", "learning_rate"):
        if math.isfinite(value := getattr(epoch, key)):
            yield Metric(f"{key}{member}", value, now(), epoch.number)


def _horizon_curves(table: pd.DataFrame) -> Iterator[Metric]:
    when = now()
    for step, row in table.iterrows():
        for key, value in row.items():
            if math.isfinite(value):
                yield Metric(f"{key}_by_horizon", float(value), when, int(step))


def _followup_curves(table: pd.DataFrame) -> Iterator[Metric]:
    """Cutoffs are counted from 1 and dated."""
    today, cutoffs = now(), sorted(table["cutoff"].dropna().unique())
    number = {cutoff: k for k, cutoff in enumerate(cutoffs, 1)}
    for row in table.itertuples():
        name, place, when = f"followup/{row.model.strip('()')}", 0, today
        if not pd.isna(row.step):
            name, place = f"{name}/by_horizon", int(row.step)
        elif not pd.isna(row.cutoff):
            name, place = f"{name}/by_cutoff", number[row.cutoff]
            when = int(row.cutoff.timestamp() * 1000)
        for key in ("points", "mae", "rmse", "bias", "coverage_90", "skill_vs_naive"):
            if math.isfinite(value := getattr(row, key)):
                yield Metric(f"{name}/{key}", float(value), when, place)


def _log_figures(candidate: Candidate, result: Result, log: Log) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for name, figure in candidate_figures(candidate, result).items():
            figure.savefig(Path(scratch, f"{name}.png"))
        log.files(Path(scratch), "figures")


def _log_model(candidate: Candidate, result: Result, log: Log, judged: list[Metric]) -> None:
    """Log the forecaster as a pyfunc made from code, which holds no pickled model."""
    panel = result.panel
    with tempfile.TemporaryDirectory() as scratch:
        folder, model = Path(scratch, "forecaster"), Path(scratch, "model")
        save(candidate.fitted, folder)
        Contract.of(panel, result.split).write(folder)
        mlflow.pyfunc.save_model(
            model,
            python_model=str(Path(served_model.__file__)),
            artifacts={"forecaster": str(folder)},
            signature=_signature(candidate, panel),
            input_example=_example(panel, candidate.horizon),
            pip_requirements=_requirements(),
        )
        log.model(model, judged)


def _signature(candidate: Candidate, panel: Panel) -> ModelSignature:
    covariates = panel.covariates
    numbers = ("y", *covariates.past, *covariates.future, *covariates.static)
    keys = [ColSpec(DataType.string, "unique_id"), ColSpec(DataType.datetime, "ds")]
    return ModelSignature(
        Schema([*keys, *(ColSpec(DataType.double, name) for name in numbers)]),
        Schema([*keys, ColSpec(DataType.double, candidate.name)]),
    )


def _example(panel: Panel, horizon: int) -> pd.DataFrame:
    """The last rows of each series that a forecast can be made from."""
    panel = panel.until(last_origin(panel, horizon))
    rows = _EXAMPLE_STEPS + panel.ahead
    return panel.frame().groupby("unique_id", sort=False).tail(rows).reset_index(drop=True)


def _requirements() -> list[str]:
    """What a served model needs: this project, which brings the rest."""
    try:
        return [f"forecastle=={version('forecastle')}"]
    except PackageNotFoundError:
        return [f"torch=={version('torch')}"]
