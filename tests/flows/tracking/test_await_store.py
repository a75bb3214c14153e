from __future__ import annotations

from pathlib import Path

import pytest
from prefect.logging import disable_run_logger

from flows.settings import Settings
from flows.tracking.patience import StoreError
from flows.tracking.runs import await_store
from tests.end_to_end.processes import free_port


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{free_port()}")
    return Settings(home=tmp_path, mlflow_patience=0.5)


def test_a_run_of_a_deployment_waits_for_the_server_as_long_as_it_is_told(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PREFECT__RUNTIME__DEPLOYMENT__ID", "one")
    with disable_run_logger(), pytest.raises(StoreError, match="cannot be used"):
        await_store(settings)
    assert "0 s waited" in capfd.readouterr().err


def test_who_waits_at_a_terminal_is_told_by_what_comes_next(settings: Settings) -> None:
    await_store(settings)
