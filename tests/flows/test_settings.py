from __future__ import annotations

from pathlib import Path

import pytest

from flows.settings import Settings


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_the_home_folder_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path))
    settings = Settings()
    assert settings.runs == tmp_path / "runs"
    assert settings.checkpoints == tmp_path / "checkpoints"


def test_a_relative_home_becomes_absolute_in_store_and_artifacts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=Path("here"))
    assert settings.tracking_uri == f"sqlite:///{tmp_path}/here/mlflow.db"
    assert settings.artifact_root == (tmp_path / "here" / "mlartifacts").as_uri()


def test_a_server_keeps_its_own_artifacts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://tracking:5000")
    settings = Settings()
    assert settings.tracking_uri == "http://tracking:5000"
    assert settings.artifact_root is None


def test_the_ledger_lies_in_the_home_folder_or_where_it_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert Settings(home=tmp_path).ledger == f"sqlite:///{tmp_path}/ledger.db"
    monkeypatch.setenv("FORECASTLE_LEDGER_URL", "postgresql://host/x")
    assert Settings().ledger == "postgresql://host/x"


def test_one_process_of_this_machine_does_all_work_unless_told_otherwise() -> None:
    assert Settings().alone
    assert not Settings(workers=2).alone
    assert not Settings(task_runner="dask").alone
