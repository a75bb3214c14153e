"""How MLflow is told what an outbox holds. Telling it the same again changes nothing.

A request whose answer is lost is sent again. A metric keeps its time, by which the store knows it
again; parameters, tags and files are overwritten by the same; what the store names itself, runs and
models, is looked for before it is made, and what was made twice is deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModel,
    LoggedModelOutput,
    Metric,
    Param,
    Run,
    RunTag,
)
from mlflow.models import Model
from mlflow.tracking import MlflowClient
from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT, MLFLOW_PARENT_RUN_ID

from flows.tracking.outbox import Message

T = TypeVar("T")
_MOST = 100
"""Parameters or tags that MLflow takes at once."""


class Post:
    """Delivers the messages of one parent run and its children."""

    def __init__(self, client: MlflowClient, experiment: str, parent: str) -> None:
        self._client, self._experiment, self._parent = client, experiment, parent
        self._ids = {"": parent}

    def __call__(self, message: Message) -> None:
        """Deliver a message.

        Raises:
            MlflowException, OSError: the store is away or refuses.
        """
        name, kind = message["run"], message["kind"]
        content = {k: v for k, v in message.items() if k not in ("run", "kind")}
        if kind == "open":
            self._open(name, **content)
        else:
            getattr(self, f"_{kind}")(self.id_of(name), **content)

    def id_of(self, name: str) -> str:
        """The id of a run that was opened."""
        if name not in self._ids:
            (run,) = self._children(name)
            self._ids[name] = run.info.run_id
        return self._ids[name]

    def _open(self, name: str, tags: dict[str, str], start: int) -> None:
        tags = tags | {MLFLOW_PARENT_RUN_ID: self._parent}
        run = only(
            lambda: self._children(name),
            lambda: self._client.create_run(self._experiment, start, tags, name),
            lambda run: self._client.delete_run(run.info.run_id),
        )
        self._ids[name] = run.info.run_id

    def _children(self, name: str) -> Sequence[Run]:
        asked = f"tags.`{MLFLOW_PARENT_RUN_ID}` = '{self._parent}' AND run_name = '{name}'"
        found: Sequence[Run] = self._client.search_runs([self._experiment], asked)
        return sorted(found, key=lambda run: str(run.info.run_id))

    def _tags(self, run: str, tags: dict[str, str]) -> None:
        pairs = [RunTag(key, value) for key, value in tags.items()]
        for k in range(0, len(pairs), _MOST):
            self._client.log_batch(run, tags=pairs[k : k + _MOST])

    def _params(self, run: str, params: dict[str, str]) -> None:
        pairs = [Param(key, value) for key, value in params.items()]
        for k in range(0, len(pairs), _MOST):
            self._client.log_batch(run, params=pairs[k : k + _MOST])

    def _metrics(self, run: str, metrics: list[tuple[str, float, int, int]]) -> None:
        self._client.log_batch(run, [Metric(*point) for point in metrics])

    def _dataset(self, run: str, dataset: dict[str, Any]) -> None:
        context = [InputTag(MLFLOW_DATASET_CONTEXT, "training")]
        self._client.log_inputs(run, [DatasetInput(Dataset(**dataset), context)])

    def _files(self, run: str, path: str, under: str | None) -> None:
        self._client.log_artifacts(run, path, under)

    def _model(self, run: str, path: str, metrics: list[tuple[str, float, int, int]]) -> None:
        made, kept = self._client.get_run(run), f"source_run_id = '{run}'"
        logged: LoggedModel = only(
            lambda: self._client.search_logged_models([self._experiment], kept),
            lambda: self._client.create_logged_model(
                self._experiment, "model", run, params=made.data.params
            ),
            lambda one: self._client.delete_logged_model(one.model_id),
        )
        about = Model.load(path)
        about.artifact_path, about.run_id = logged.artifact_location, run
        about.model_id = about.model_uuid = logged.model_id
        about.save(str(Path(path) / "MLmodel"))
        self._client.log_model_artifacts(logged.model_id, path)
        self._client.finalize_logged_model(logged.model_id, "READY")
        if made.outputs is None or not made.outputs.model_outputs:
            self._client.log_outputs(run, [LoggedModelOutput(logged.model_id, 0)])
        points = [Metric(*point, logged.model_id, run_id=run) for point in metrics]
        self._client.log_batch(run, points)

    def _end(self, run: str, status: str, end: int) -> None:
        self._client.set_terminated(run, status, end)


def only(
    find: Callable[[], Sequence[T]], make: Callable[[], object], delete: Callable[[T], object]
) -> T:
    """The one thing that `find` finds: made where there is none, the others of its kind deleted.

    A request whose answer is lost may have been carried out, and the client sends it again.
    """
    if not find():
        make()
    first, *others = find()
    for other in others:
        delete(other)
    return first
