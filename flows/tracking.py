"""What MLflow remembers: one experiment a domain, one run a flow run, one child run a candidate."""

from __future__ import annotations

import json
import logging
import os
import platform
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import mlflow
import psutil
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import RunStatus, ViewType
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from features.errors import UserError
from features.panel import Panel
from flows.mlflow_database import make_mlflow_database
from flows.parameters import Parameters
from flows.settings import Settings

_LIBRARIES = ("torch", "numpy", "pandas", "scikit-learn", "optuna", "prefect", "mlflow")


@dataclass(frozen=True)
class TrackedRun:
    """The parent run of a flow run."""

    id: str
    experiment_id: str
    experiment: str
    uri: str

    @property
    def shown_uri(self) -> str:
        """The store, without a password."""
        return _without_password(self.uri)

    @property
    def link(self) -> str | None:
        """Its page, where the store is a server."""
        if not self.uri.startswith("http"):
            return None
        return f"{self.shown_uri.rstrip('/')}/#/experiments/{self.experiment_id}/runs/{self.id}"


@contextmanager
def tracked_run(
    settings: Settings, parameters: Parameters, name: str, tags: dict[str, str]
) -> Iterator[TrackedRun]:
    """A parent run: finished when the block ends well, failed with its reason when it does not.

    Raises:
        UserError: the MLflow store does not answer.
    """
    with saying_when_away(settings.tracking_uri):
        experiment = _open_experiment(settings, parameters)
        _sweep(experiment)
        run = mlflow.start_run(
            experiment_id=experiment, run_name=name, tags=tags | process_tags(), nested=True
        )
        fields = flat(parameters.model_dump(mode="json"))
        mlflow.log_params({key: value[:6000] for key, value in fields})
    try:
        with run:
            yield TrackedRun(
                run.info.run_id, experiment, experiment_name(parameters), settings.tracking_uri
            )
    except BaseException as error:
        _leave_reason(run.info.run_id, error)
        raise


def flat(fields: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested fields as pairs of a dotted key and a text."""
    for key, value in fields.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def experiment_name(parameters: Parameters) -> str:
    """The experiment that was asked for, or else the source's domain."""
    return parameters.experiment or "files"


def dataset_of(panel: Panel, parameters: Parameters) -> MetaDataset:
    """What MLflow shows as the run's input: where the data came from, and its digest."""
    return MetaDataset(  # type: ignore[abstract]  # its `profile` is optional
        CodeDatasetSource({"source": parameters.source}),
        name=experiment_name(parameters),
        digest=panel.digest[:36],  # the longest that MLflow takes
    )


def span_of(panel: Panel) -> dict[str, str]:
    """Tags that say which data a run has seen."""
    return {
        "data.digest": panel.digest,
        "data.calendar": panel.calendar.name,
        "data.first": str(panel.stamps[0]),
        "data.last": str(panel.stamps[-1]),
        "data.steps": str(panel.steps),
        "data.series": ", ".join(panel.ids)[:5000],
    }


def environment() -> dict[str, str]:
    """Versions and machine that a figure depends on."""
    found = {"python": platform.python_version(), "platform": platform.platform()}
    found["cpus"] = str(os.cpu_count())
    for library in ("forecastle", *_LIBRARIES):
        try:
            found[library] = version(library)
        except PackageNotFoundError:
            found[library] = "not installed"
    return found


def process_tags() -> dict[str, str]:
    """Tags by which a later run sees that the process of this one is gone."""
    me = psutil.Process()
    return {
        "forecastle.host": socket.gethostname(),
        "forecastle.process": f"{me.pid} {me.create_time()}",
    }


@contextmanager
def saying_when_away(uri: str) -> Iterator[None]:
    """Turn the failure of a store that does not answer into one sentence."""
    try:
        yield
    except (MlflowException, OSError) as error:
        reason = str(error).splitlines()[0].replace(uri, _without_password(uri))[:160]
        raise UserError(
            f"the MLflow store at {_without_password(uri)} cannot be used ({reason}); start it, or "
            "set MLFLOW_TRACKING_URI to another, or unset it for a store in the home folder"
        ) from error


def _open_experiment(settings: Settings, parameters: Parameters) -> str:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every table it makes
    settings.home.mkdir(parents=True, exist_ok=True)
    make_mlflow_database(settings.tracking_uri)
    use_store(settings.tracking_uri)
    name = experiment_name(parameters)
    found = mlflow.get_experiment_by_name(name)
    if found is None:
        return str(mlflow.create_experiment(name, artifact_location=settings.artifact_root))
    if found.lifecycle_stage != "active":
        raise UserError(
            f"the MLflow experiment '{name}' has been deleted; restore it in MLflow or name "
            "another with --set experiment=NAME"
        )
    return str(found.experiment_id)


def use_store(uri: str) -> None:
    """Point MLflow at a store.

    MLflow also writes it into the environment, where the next run of this process would take it
    for the user's choice.
    """
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if chosen is not None:
        os.environ["MLFLOW_TRACKING_URI"] = chosen


def _sweep(experiment: str) -> None:
    """Mark as killed what a process of this machine left running when it was killed."""
    client = MlflowClient()
    host = socket.gethostname()
    for run in client.search_runs(
        [experiment],
        f"attributes.status = 'RUNNING' and tags.`forecastle.host` = '{host}'",
        ViewType.ACTIVE_ONLY,
    ):
        if left_behind(run.data.tags):
            client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))


def left_behind(tags: Mapping[str, str]) -> bool:
    """Whether the process of these `process_tags` ran on this machine and is gone."""
    if tags.get("forecastle.host") != socket.gethostname():
        return False
    pid, created = tags["forecastle.process"].split()
    try:
        return str(psutil.Process(int(pid)).create_time()) != created
    except psutil.NoSuchProcess:
        return True


def _leave_reason(run_id: str, error: BaseException) -> None:
    try:
        MlflowClient().set_tag(run_id, "failure", f"{type(error).__name__}: {error}"[:5000])
    except MlflowException:
        logging.getLogger(__name__).warning("the MLflow store is away, so the reason is not kept")


def _without_password(uri: str) -> str:
    scheme, mark, rest = uri.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}" if "@" in rest else uri
