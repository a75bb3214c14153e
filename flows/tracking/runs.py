"""What MLflow remembers: one experiment a domain, one run a flow run, one child run a candidate."""

from __future__ import annotations

import json
import logging
import os
import platform
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol

import mlflow
import psutil
from mlflow.data.code_dataset_source import CodeDatasetSource
from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import RunStatus, ViewType
from mlflow.tracking import MlflowClient
from mlflow.tracking.context.registry import resolve_tags
from prefect import runtime

from features.errors import UserError
from features.panel import Panel
from flows.parameters import Parameters
from flows.settings import Settings
from flows.telling import teller
from flows.tracking.kept import send_kept
from flows.tracking.log import Log
from flows.tracking.mlflow_database import make_mlflow_database
from flows.tracking.outbox import Outbox, Sender
from flows.tracking.patience import StoreError, patiently, use_store
from flows.tracking.post import Post, only
from flows.urls import without_password

_LIBRARIES = ("torch", "numpy", "pandas", "scikit-learn", "optuna", "prefect", "mlflow")


class Told(Protocol):
    """Parameters of a flow, as far as MLflow is told of them."""

    @property
    def experiment(self) -> str | None:
        """The experiment that was asked for."""

    def model_dump(self, *, mode: str) -> dict[str, Any]:
        """All fields, by name."""


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
        return without_password(self.uri)

    @property
    def link(self) -> str | None:
        """Its page, where the store is a server."""
        if not self.uri.startswith("http"):
            return None
        return f"{self.shown_uri.rstrip('/')}/#/experiments/{self.experiment_id}/runs/{self.id}"


@dataclass(frozen=True)
class LiveRun(TrackedRun):
    """One that is under way: what it logs is kept, and sent while the store answers."""

    box: Outbox = field(repr=False)
    post: Post = field(repr=False)
    sender: Sender = field(repr=False)
    patience: float
    tell: Callable[[str], None] = field(repr=False)

    def log(self, name: str = "") -> Log:
        """Of the child run of a name, or of the parent."""
        return Log(self.box, name)

    def settle(self, advice: str, patience: float | None = None) -> None:
        """Wait until all that was logged is in MLflow; what comes later waits for the next call.

        Args:
            advice: what to do where the store stays away.
            patience: seconds to wait for it; those of the settings where None.

        Raises:
            StoreError: it stayed away, or refused.
        """
        self.sender.stop()
        limit = self.patience if patience is None else patience
        patiently(lambda: self.box.send(self.post), self.uri, limit, self.tell, advice)


@contextmanager
def tracked_run(
    settings: Settings, parameters: Told, name: str, tags: dict[str, str]
) -> Iterator[LiveRun]:
    """A parent run: finished when the block ends well, failed with its reason when it does not.

    Where the store is away when the run begins, a run of a deployment waits for it; where it goes
    away later, every run waits at its end.

    Raises:
        UserError: the MLflow store does not answer, or refuses.
    """
    uri, patience, tell = settings.tracking_uri, settings.mlflow_patience, teller()
    begin = (lambda: _begin(settings, parameters, name, tags)), uri
    run, experiment = patiently(*begin, patience if runtime.deployment.id else 0, tell)
    send_kept(settings.outbox, uri, tell)
    box, post = Outbox(settings.outbox / run), Post(MlflowClient(uri), experiment, run)
    sender = Sender(lambda: box.send(post), tell, without_password(uri))
    domain = experiment_name(parameters)
    live = LiveRun(run, experiment, domain, uri, box, post, sender, patience, tell)
    live.log().params({k: v[:6000] for k, v in flat(parameters.model_dump(mode="json"))})
    try:
        try:
            yield live
        except BaseException as error:
            _fail(live, error)
            raise
        live.log().end()
        live.settle(
            f"the results are in {settings.runs / name}, and the next run of this home sends what "
            "MLflow lacks"
        )
    finally:
        sender.stop()
        box.close()


def flat(fields: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Nested fields as pairs of a dotted key and a text."""
    for key, value in fields.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value if isinstance(value, str) else json.dumps(value)


def experiment_name(parameters: Told) -> str:
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


def _begin(
    settings: Settings, parameters: Told, name: str, tags: dict[str, str]
) -> tuple[str, str]:
    """The ids of a new parent run and of its experiment."""
    experiment = _open_experiment(settings, parameters)
    _sweep(experiment)
    client, tags = MlflowClient(), resolve_tags(tags | process_tags())
    run = only(
        lambda: client.search_runs([experiment], f"run_name = '{name}'"),
        lambda: client.create_run(experiment, tags=tags, run_name=name),
        lambda run: client.delete_run(run.info.run_id),
    )
    return run.info.run_id, experiment


def await_store(settings: Settings) -> None:
    """Wait for a server that is away, where a run of a deployment asks it before it tells it.

    Raises:
        UserError: it stayed away, or refused.
    """
    uri = settings.tracking_uri
    if runtime.deployment.id and uri.startswith("http"):
        ask = MlflowClient(uri).search_experiments
        patiently(lambda: ask(max_results=1), uri, settings.mlflow_patience, teller())


def _fail(run: LiveRun, error: BaseException) -> None:
    """Say why; a store that is away is told by the next run."""
    run.log().tags(failure=f"{type(error).__name__}: {error}"[:5000])
    run.log().end_all("FAILED")
    try:
        run.settle("its end is kept and sent by the next run", patience=0)
    except StoreError as away:
        run.tell(str(away))


def _open_experiment(settings: Settings, parameters: Told) -> str:
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells of every table it makes
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it raises the same
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
