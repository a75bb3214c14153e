"""An MLflow server that is killed while a run trains, and what becomes of the run."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from tests.end_to_end.processes import call, free_port, kill_group, start, wait_until
from tests.end_to_end.test_servers import serving

EPOCHS = 60
CURVES = ("train_loss", "validation_loss", "learning_rate")
RUN = [
    *("--horizon", "3", "--set", "training.device=cpu", "--set", f"training.patience={EPOCHS}"),
    *("--set", "network.hidden=4", "--set", "network.look_back=14"),
]


class Server:
    """An MLflow server that can be killed and started again, with the same port and database."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.port, self.folder, self._up = free_port(), folder, ExitStack()
        self._environment = environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
        self.start()

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(f"http://127.0.0.1:{self.port}")

    def start(self) -> None:
        words = ["mlflow", "server", "--port", str(self.port), "--workers", "1"]
        words += ["--backend-store-uri", f"sqlite:///{self.folder}/served.db"]
        words += ["--artifacts-destination", str(self.folder / "artifacts")]
        health = f"http://127.0.0.1:{self.port}/health"
        self._up.enter_context(serving(words, health, self._environment, self.folder))

    def kill(self) -> None:
        """SIGKILL."""
        self._up.close()

    def runs(self, asked: str = "") -> list[Run]:
        ids = [one.experiment_id for one in self.client.search_experiments()]
        return list(self.client.search_runs(ids, asked))

    def points(self, run: Run) -> Counter[tuple[str, int]]:
        """How often each point of each metric is there, by key and step."""
        keys = self.client.get_run(run.info.run_id).data.metrics
        histories = (self.client.get_metric_history(run.info.run_id, key) for key in keys)
        return Counter((point.key, point.step) for history in histories for point in history)


@pytest.fixture
def server(environment: dict[str, str], empty_store: Path, tmp_path: Path) -> Iterator[Server]:
    shutil.copy(empty_store, tmp_path / "served.db")
    found = Server(tmp_path, environment)
    yield found
    found.kill()


@pytest.fixture
def begin(
    environment: dict[str, str], prefect_server: str, sample: Path, tmp_path: Path, server: Server
) -> Iterator[Callable[..., Any]]:
    """Start a training, and return when its first epochs are seen in MLflow."""
    begun = []

    def begin(patience: int) -> Any:
        uri = f"http://user:secret@127.0.0.1:{server.port}"
        of = {"MLFLOW_TRACKING_URI": uri, "FORECASTLE_MLFLOW_PATIENCE": str(patience)}
        words = ["forecast", str(sample), *RUN, "--models", "naive,gru-direct"]
        words += ["--epochs", str(EPOCHS)]
        run = start(words, environment | of | {"PREFECT_API_URL": prefect_server}, tmp_path)
        begun.append(run)
        shown = "tags.candidate = 'gru-direct' AND status = 'RUNNING' AND metrics.train_loss > 0"
        wait_until(lambda: bool(server.runs(shown)), run, pause=0.1)
        return run

    yield begin
    for run in begun:
        if run.poll() is None:
            kill_group(run)


def require_whole(server: Server, parent: Run) -> None:
    """Everything is there, and there once."""
    assert parent.info.status == "FINISHED"
    children = server.runs(f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'")
    assert sorted(str(run.info.run_name) for run in children) == ["gru-direct", "naive"]
    for child in children:
        assert child.info.status == "FINISHED"
        assert child.outputs is not None
        assert len(child.outputs.model_outputs) == 1
        assert child.inputs is not None
        assert len(child.inputs.dataset_inputs) == 1
        found = server.points(child)
        assert set(found.values()) == {1}
        assert {("mae", 0), *(("mae_by_horizon", step) for step in (1, 2, 3))} <= set(found)
        if child.info.run_name == "gru-direct":
            steps = range(1, EPOCHS + 1)
            assert {(key, step) for key in CURVES for step in steps} <= set(found)
    assert set(server.points(parent).values()) == {1}
    kept = {item.path for item in server.client.list_artifacts(parent.info.run_id, "results")}
    assert "results/report.html" in kept


def test_a_server_that_is_away_in_mid_training_gets_everything_once(
    server: Server, begin: Callable[..., Any], home: Path
) -> None:
    run = begin(patience=600)
    server.kill()
    (box,) = (home / "outbox").iterdir()
    wait_until(lambda: (box / "messages.jsonl").stat().st_size > sent(box), run)
    server.start()
    _, said = run.communicate()
    assert run.returncode == 0, said
    (parent,) = server.runs("tags.flow = 'forecast'")
    assert parent.info.run_id == box.name
    require_whole(server, parent)
    assert list((home / "outbox").iterdir()) == []


def test_a_server_that_stays_away_is_told_by_the_next_run(
    server: Server,
    begin: Callable[..., Any],
    environment: dict[str, str],
    prefect_server: str,
    sample: Path,
    home: Path,
    tmp_path: Path,
) -> None:
    run = begin(patience=1)
    server.kill()
    _, said = run.communicate()
    (folder,), (box,) = (home / "runs").iterdir(), (home / "outbox").iterdir()
    assert run.returncode == 2
    at = f"the MLflow store at http://127.0.0.1:{server.port} cannot be used ("
    last = said.splitlines()[-1]
    assert last.startswith(f"forecastle: {at}")
    assert last.endswith(
        f"the results are in {folder}, and the next run of this home sends what MLflow lacks"
    )
    assert "secret" not in said
    assert "secret" not in (box / "messages.jsonl").read_text()
    assert (folder / "report.html").is_file()

    server.start()
    (cut_short,) = server.runs("tags.flow = 'forecast'")
    assert cut_short.info.status == "RUNNING"
    of = {
        "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{server.port}",
        "PREFECT_API_URL": prefect_server,
    }
    words = ["forecast", str(sample), *RUN, "--models", "naive"]
    after = call(words, environment | of, tmp_path)
    assert after.returncode == 0, after.stderr
    assert f"MLflow has been told what was kept of the run {box.name}" in after.stderr
    require_whole(server, server.client.get_run(box.name))
    assert list((home / "outbox").iterdir()) == []


def sent(box: Path) -> int:
    """Bytes of its messages that MLflow has."""
    return int((box / "sent").read_text())
