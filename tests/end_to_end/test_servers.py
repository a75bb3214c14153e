"""A flow run against a Prefect server and an MLflow server, found by their URLs."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.processes import call, free_port, kill_group, wait_until


@contextmanager
def serving(
    words: list[str], health: str, environment: dict[str, str], folder: Path
) -> Iterator[None]:
    """A server as a process, from the moment it answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_until(lambda: answers(health), process)
        yield
    finally:
        kill_group(process)


def answers(url: str) -> bool:
    """Whether a server answers at `url`."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.fixture
def mlflow_server(environment: dict[str, str], empty_store: Path, tmp_path: Path) -> Iterator[str]:
    """The URL of an MLflow server."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    words = ["mlflow", "server", "--port", str(port), "--workers", "1"]
    words += ["--backend-store-uri", f"sqlite:///{tmp_path}/home/mlflow.db"]
    words += ["--artifacts-destination", str(tmp_path / "artifacts")]
    lean = environment | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with serving(words, f"{url}/health", lean, tmp_path):
        yield url


@pytest.fixture
def prefect_at(environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The API's URL of a Prefect server."""
    url = f"http://127.0.0.1:{(port := free_port())}/api"
    words = ["prefect", "server", "start", "--port", str(port), "--no-services"]
    own = environment | {"PREFECT_HOME": str(tmp_path / "prefect")}
    with serving(words, f"{url}/health", own, tmp_path):
        yield url


def asked(url: str, question: dict[str, Any]) -> Any:
    """The JSON answer to a POST."""
    request = urllib.request.Request(
        url, json.dumps(question).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_a_run_is_found_in_both_servers_and_each_names_the_other(
    environment: dict[str, str],
    mlflow_server: str,
    prefect_at: str,
    sample: Path,
    tmp_path: Path,
) -> None:
    both = environment | {"PREFECT_API_URL": prefect_at, "MLFLOW_TRACKING_URI": mlflow_server}
    words = ["forecast", str(sample), "--horizon", "3", "--models", "naive,drift"]
    done = call([*words, "--json", "found.json"], both, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads((tmp_path / "found.json").read_text())
    (flow_run,) = asked(f"{prefect_at}/flow_runs/filter", {})
    assert flow_run["state_type"] == "COMPLETED"
    api = f"{mlflow_server}/api/2.0/mlflow"
    with urllib.request.urlopen(f"{api}/runs/get?run_id={found['mlflow_run_id']}") as answer:
        run = json.load(answer)["run"]
    tags = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert run["info"]["status"] == "FINISHED"
    assert tags["prefect.flow_run_id"] == flow_run["id"]
    artifacts = asked(f"{prefect_at}/artifacts/filter", {})
    info = run["info"]
    link = f"{mlflow_server}/#/experiments/{info['experiment_id']}/runs/{info['run_id']}"
    assert f"[MLflow run]({link})" in {artifact["data"] for artifact in artifacts}
    assert link in done.stdout
    kept = {path.name for path in (tmp_path / "artifacts").rglob("*")}
    assert {"report.html", "forecaster.safetensors"} <= kept
