"""A backtest by the worker of a Prefect server, followed from here to its end."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import mlflow
import pandas as pd
from mlflow.tracking import MlflowClient
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.client.schemas.objects import FlowRun, State, WorkerStatus
from prefect.client.schemas.responses import DeploymentResponse
from prefect.client.schemas.sorting import LogSort
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL
from prefect.utilities.urls import url_for

from features.errors import UserError
from features.sources import SOURCES
from flows import steps
from flows.invocation import write_summary, write_table
from flows.outcome import FILE, Outcome
from flows.parameters import BacktestParameters
from flows.settings import Settings
from flows.telling import PROGRESS
from flows.tracking.patience import saying_when_away, use_store
from flows.tracking.runs import TrackedRun

DEPLOYMENT = "backtest/backtest"
_PAUSE = 1.0
"""Seconds between two looks at the run."""
_LATE = 30
"""Log lines that may still come ahead of those that were seen."""
_MISTAKE = "UserError: "


class RemoteRunError(Exception):
    """A run that did not end well, by no mistake of the user's."""


@dataclass(frozen=True)
class Remote:
    """What is known of a run that has ended well: all of it is read from MLflow."""

    run: TrackedRun
    folder: Path
    """Where the worker's machine has the results."""

    @property
    def outcome(self) -> Outcome:
        """What is shown of it."""
        return Outcome.read(self._json(FILE), self._json("leaderboard.json"))

    def hand_over(self, json_to: str | None, csv_to: str | None) -> None:
        """Write the result where scripts read it; `-` is standard output."""
        if json_to:
            write_summary(json_to, self._summary(), self.folder, self.run)
        if csv_to:
            write_table(csv_to, self._backtest())

    def _summary(self) -> dict[str, Any]:
        """What `outputs.summary` gives of a result."""
        said = self._json(FILE)
        return {
            "parameters": self._json("parameters.json"),
            **{key: said[key] for key in ("chosen", "verdicts", "notes")},
            "leaderboard": self._json("leaderboard.json"),
        }

    def _backtest(self) -> pd.DataFrame:
        """The long frame of the test range."""
        with saying_when_away(self.run.uri), tempfile.TemporaryDirectory() as scratch:
            uri = self._uri("backtest.parquet")
            return pd.read_parquet(mlflow.artifacts.download_artifacts(uri, dst_path=scratch))

    def _json(self, name: str) -> Any:
        with saying_when_away(self.run.uri):
            return mlflow.artifacts.load_dict(self._uri(name))

    def _uri(self, name: str) -> str:
        return f"runs:/{self.run.id}/results/{name}"


def backtest_remotely(parameters: BacktestParameters) -> Remote:
    """Have the deployment of the server in use do it, and wait.

    Raises:
        UserError: no server, deployment or worker, or what the run itself says the user got wrong.
        RemoteRunError: the run ended otherwise than well.
        KeyboardInterrupt: the run goes on; how to cancel it has been said.
    """
    parameters = for_a_worker(parameters)
    with _server() as client:
        deployment = _deployment(client)
        run = client.create_flow_run_from_deployment(
            deployment.id, parameters={"params": parameters.model_dump(mode="json")}
        )
        _say(f"Run {run.name}: {url_for(run)}")
        try:
            state = _follow(client, run)
        except KeyboardInterrupt:
            _say(f"The run goes on. To end it: prefect flow-run cancel {run.id}")
            raise
    if not state.is_completed():
        raise _failure(run, state)
    return _found(run)


def for_a_worker(parameters: BacktestParameters) -> BacktestParameters:
    """The parameters with whole paths; a file that is here is looked at first.

    Raises:
        UserError: a file that cannot be used.
    """
    whole: dict[str, str] = {}
    for field, path in {"source": parameters.source, "known_ahead": parameters.known_ahead}.items():
        if path and path not in SOURCES and not Path(path).is_absolute():
            whole[field] = str(Path(path).resolve())
            _say(f"The worker has to find {path} as {whole[field]}")
    found = parameters.model_copy(update=whole)
    if found.source not in SOURCES and Path(found.source).exists():
        steps.rehearse(found)
    return found


@contextmanager
def _server() -> Iterator[SyncPrefectClient]:
    """The server in use, which answers."""
    url = PREFECT_API_URL.value()
    if not url:
        raise UserError(
            "no Prefect server is named that could take the run, and none runs for this home "
            "folder; start forecastle up, or set PREFECT_API_URL, or leave out --remote"
        )
    with get_client(sync_client=True) as client:
        if (reason := client.api_healthcheck()) is not None:
            raise UserError(
                f"the Prefect server at {url} does not answer ({reason}); start it, or set "
                "PREFECT_API_URL to another, or leave out --remote"
            )
        yield client


def _deployment(client: SyncPrefectClient) -> DeploymentResponse:
    """The deployment, with a worker at its pool."""
    try:
        found = client.read_deployment_by_name(DEPLOYMENT)
    except ObjectNotFound as error:
        raise UserError(
            f"the Prefect server at {client.api_url} has no deployment {DEPLOYMENT}; run prefect "
            "deploy --all there, or start forecastle up"
        ) from error
    pool = str(found.work_pool_name)
    if not any(
        one.status == WorkerStatus.ONLINE for one in client.read_workers_for_work_pool(pool)
    ):
        raise UserError(
            f"no worker of the pool {pool} is online at {client.api_url}; start one with prefect "
            f"worker start --pool {pool}"
        )
    return found


def _follow(client: SyncPrefectClient, run: FlowRun) -> State[Any]:
    """Say what the run does until it has ended."""
    said, seen = "", set[UUID]()
    while True:
        try:
            state = client.read_flow_run(run.id).state
            _tell_progress(client, run, seen)
        except httpx.HTTPError:
            state = None
        name = state.name if state else "the Prefect server does not answer; trying again"
        if name != said:
            _say(str(name))
        if state is not None and state.is_final():
            return state
        said = str(name)
        time.sleep(_PAUSE)


def _tell_progress(client: SyncPrefectClient, run: FlowRun, seen: set[UUID]) -> None:
    asked = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id]))
    start = max(0, len(seen) - _LATE)
    for line in client.read_logs(asked, offset=start, sort=LogSort.TIMESTAMP_ASC):
        if line.id not in seen and line.name.endswith(f".{PROGRESS}"):
            _say(line.message)
        seen.add(line.id)


def _failure(run: FlowRun, state: State[Any]) -> Exception:
    """What the command ends with: a user's mistake in its sentence, or else the failure."""
    message = state.message or "no reason is given"
    _, mark, mistake = message.partition(_MISTAKE)
    if mark:
        return UserError(mistake)
    return RemoteRunError(f"the run {run.name} is {state.name}: {message}; see {url_for(run)}")


def _found(run: FlowRun) -> Remote:
    """The run's MLflow run."""
    settings = Settings()
    use_store(settings.tracking_uri)
    client = MlflowClient()
    with saying_when_away(settings.tracking_uri):
        experiments = {one.experiment_id: one.name for one in client.search_experiments()}
        found = client.search_runs(list(experiments), f"tags.`prefect.flow_run_id` = '{run.id}'")
    if not found:
        raise UserError(
            f"the run {run.name} has ended well, and the MLflow store at {settings.tracking_uri} "
            "does not hold it; set MLFLOW_TRACKING_URI to the store of the worker"
        )
    info = found[0].info
    tracked = TrackedRun(
        info.run_id, info.experiment_id, experiments[info.experiment_id], settings.tracking_uri
    )
    return Remote(tracked, settings.runs / str(info.run_name))


def _say(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)
