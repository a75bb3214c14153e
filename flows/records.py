"""What of a result goes into which MLflow run."""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow
import pandas as pd
from mlflow.entities import Metric
from mlflow.models import ModelSignature
from mlflow.tracking import MlflowClient
from mlflow.types import ColSpec, DataType, Schema

from evaluation.drift import worst_state
from evaluation.followup import FollowUp
from features.panel import Panel
from flows import served_model
from flows.candidates import Candidate
from flows.contract import Contract
from flows.note import note, prefect_run
from flows.outputs import candidate_figures, trainings
from flows.results import Result
from flows.steps import last_origin
from flows.tracking import (
    TrackedRun,
    dataset_of,
    environment,
    process_tags,
    saying_when_away,
    span_of,
)
from models.registry import build, save

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

_BATCH = 1000  # as many metrics as MLflow takes at once
_EXAMPLE_STEPS = 32


def log_result(result: Result, run: TrackedRun, files: Path) -> dict[str, str]:
    """Log the parent run, and a child run for each candidate.

    Args:
        result: what to log.
        run: the parent run.
        files: folder of outputs, kept with the parent run.

    Returns:
        The id of each candidate's child run.
    """
    with saying_when_away(run.uri):
        _log_parent(result, run, files)
        return {c.name: _log_candidate(c, result, run) for c in result.candidates}


def log_followup(followup: FollowUp, run: TrackedRun) -> None:
    """Log the scores of earlier forecasts, over all points, by step ahead and by cutoff."""
    if followup.points.empty:
        return
    with saying_when_away(run.uri):
        MlflowClient().set_tag(run.id, "drift.errors", followup.state)
        _log_metrics(run.id, _followup_curves(followup.latest.table))


def log_trial(trial: FrozenTrial, candidate: Candidate, parent: TrackedRun) -> None:
    """Log a trial of a search, to the end or pruned, as a child run."""
    tags = {"trial": str(trial.number), "trial.state": trial.state.name.lower(), **process_tags()}
    with (
        saying_when_away(parent.uri),
        mlflow.start_run(
            experiment_id=parent.experiment_id,
            run_name=f"trial-{trial.number}",
            nested=True,
            parent_run_id=parent.id,
            tags=tags,
        ) as run,
    ):
        settings = build(candidate.name, candidate.recipe).parameters()
        mlflow.log_params({k: str(v) for k, v in settings.items()})
        _log_metrics(run.info.run_id, _finite(outcome(trial)))
        now, losses = _now(), trial.intermediate_values
        finite = {epoch: loss for epoch, loss in losses.items() if math.isfinite(loss)}
        curve = (Metric("validation_loss", loss, now, epoch) for epoch, loss in finite.items())
        _log_metrics(run.info.run_id, curve)


def outcome(trial: FrozenTrial) -> dict[str, float]:
    """Epochs, seconds and validation MAE of a trial that has ended, NaN where it was pruned."""
    ended, duration = trial.state.name == "COMPLETE", trial.duration
    return {
        "validation_mae": trial.value if ended and trial.value is not None else math.nan,
        "epochs": len(trial.intermediate_values),
        "seconds": duration.total_seconds() if duration else math.nan,
    }


def _log_parent(result: Result, run: TrackedRun, files: Path) -> None:
    client = MlflowClient()
    client.log_dict(run.id, environment(), "environment.json")
    client.log_text(run.id, "\n".join(result.verdicts) + "\n", "verdicts.txt")
    client.log_artifacts(run.id, str(files), "results")
    _log_metrics(run.id, _finite(result.leaderboard.loc[result.chosen].to_dict()))
    client.set_tag(run.id, "chosen", result.chosen)
    client.set_tag(run.id, "mlflow.note.content", note(result, prefect_run())[:5000])
    client.set_tag(run.id, "drift.inputs", worst_state(result.drift))
    if result.followup is not None:
        log_followup(result.followup, run)
    if result.fetched.as_of is not None:
        client.set_tag(run.id, "data.as_of", result.fetched.as_of.isoformat())
        client.set_tag(run.id, "data.missing", ", ".join(result.fetched.missing))


def _log_candidate(candidate: Candidate, result: Result, parent: TrackedRun) -> str:
    tags = {"candidate": candidate.name, **process_tags(), **span_of(result.panel)}
    with mlflow.start_run(
        experiment_id=parent.experiment_id,
        run_name=candidate.name,
        nested=True,
        parent_run_id=parent.id,
        tags=tags,
    ) as run:
        name = candidate.name
        mlflow.log_params({k: str(v) for k, v in candidate.fitted.parameters().items()})
        mlflow.log_input(dataset_of(result.panel, result.parameters), context="training")
        row = result.leaderboard.loc[name].to_dict() | {"fit_seconds": candidate.seconds}
        row["taken_up_epochs"] = candidate.taken_up
        _log_metrics(run.info.run_id, _finite(row))
        _log_metrics(run.info.run_id, _loss_curves(candidate))
        _log_metrics(run.info.run_id, _horizon_curves(result.by_horizon.loc[name]))
        _log_figures(candidate, result)
        if result.appointed is None:  # else it is in the registry already
            _log_model(candidate, result)
    return str(run.info.run_id)


def _finite(row: dict[Any, Any]) -> Iterator[Metric]:
    now = _now()
    return (Metric(str(k), float(v), now, 0) for k, v in row.items() if math.isfinite(v))


def _loss_curves(candidate: Candidate) -> Iterator[Metric]:
    now = _now()
    for name, epochs in trainings(candidate).items():
        member = name.removeprefix(candidate.name).replace(" ", "_")  # of an ensemble
        for epoch, key in product(epochs, ("train_loss", "validation_loss", "learning_rate")):
            value = asdict(epoch)[key]
            if math.isfinite(value):
                yield Metric(f"{key}{member}", value, now, epoch.number)


def _horizon_curves(table: pd.DataFrame) -> Iterator[Metric]:
    now = _now()
    for step, row in table.iterrows():
        for key, value in row.items():
            if math.isfinite(value):
                yield Metric(f"{key}_by_horizon", float(value), now, int(step))


def _followup_curves(table: pd.DataFrame) -> Iterator[Metric]:
    """Cutoffs are counted from 1 and dated."""
    now, cutoffs = _now(), sorted(table["cutoff"].dropna().unique())
    number = {cutoff: k for k, cutoff in enumerate(cutoffs, 1)}
    for row in table.itertuples():
        name, place, when = f"followup/{row.model.strip('()')}", 0, now
        if not pd.isna(row.step):
            name, place = f"{name}/by_horizon", int(row.step)
        elif not pd.isna(row.cutoff):
            name, place = f"{name}/by_cutoff", number[row.cutoff]
            when = int(row.cutoff.timestamp() * 1000)
        for key in ("points", "mae", "rmse", "bias", "coverage_90", "skill_vs_naive"):
            if math.isfinite(value := getattr(row, key)):
                yield Metric(f"{name}/{key}", float(value), when, place)


def _log_metrics(run_id: str, metrics: Iterable[Metric]) -> None:
    lines = list(metrics)
    for k in range(0, len(lines), _BATCH):
        MlflowClient().log_batch(run_id, lines[k : k + _BATCH])


def _log_figures(candidate: Candidate, result: Result) -> None:
    for name, figure in candidate_figures(candidate, result).items():
        mlflow.log_figure(figure, f"figures/{name}.png")


def _log_model(candidate: Candidate, result: Result) -> None:
    """Log the forecaster as a pyfunc made from code, which holds no pickled model."""
    panel = result.panel
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "forecaster"
        save(candidate.fitted, folder)
        Contract.of(panel, result.split).write(folder)
        mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(served_model.__file__)),
            artifacts={"forecaster": str(folder)},
            signature=_signature(candidate, panel),
            input_example=_example(panel, candidate.horizon),
            pip_requirements=_requirements(),
        )


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


def _now() -> int:
    return time.time_ns() // 1_000_000
