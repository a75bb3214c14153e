"""A Prefect server for a whole session, an MLflow store for each test."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.settings import Settings
from tests.flows.small import small_file


@pytest.fixture(autouse=True)
def _no_litter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a run leaves lies in its home folder: none of MLflow's default folders is made.

    What Prefect left open is closed within the test that opened it, not in one that follows.
    """
    monkeypatch.chdir(tmp_path)
    yield
    gc.collect()
    assert not {"mlruns", "mlartifacts", "mlflow.db"} & {path.name for path in tmp_path.iterdir()}


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """The URL of a Prefect server with a database of its own, in use as long as the session."""
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield str(PREFECT_API_URL.value())


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An MLflow database without runs: making one takes seconds, copying it none."""
    from mlflow.tracking import MlflowClient

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def home(tmp_path: Path, empty_store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder of this test's own."""
    folder = tmp_path / "home"
    folder.mkdir()
    shutil.copy(empty_store, folder / "mlflow.db")
    monkeypatch.setenv("FORECASTLE_HOME", str(folder))
    monkeypatch.setenv("FORECASTLE_WORKERS", "1")  # which --workers changes
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return Settings().home


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A small CSV file."""
    return small_file(tmp_path)


@pytest.fixture
def environment(home: Path) -> dict[str, str]:
    """What a process of this test inherits."""
    root = str(Path(__file__).parents[2])
    return {**os.environ, "PYTHONPATH": root, "PYTHONUNBUFFERED": "1"}
