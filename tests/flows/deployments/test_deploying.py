from __future__ import annotations

from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from features.errors import UserError
from flows.deployments.deploying import deploy
from flows.settings import Settings
from flows.up import doctor
from tests.end_to_end.processes import free_port


def test_without_a_server_it_says_how_to_name_one(tmp_path: Path) -> None:
    with (
        temporary_settings(restore_defaults={PREFECT_API_URL}),
        pytest.raises(UserError, match="expected the address of one in PREFECT_API_URL"),
    ):
        deploy(tmp_path)


def test_a_server_that_is_away_is_named_without_its_password(tmp_path: Path) -> None:
    url = f"http://me:hidden@127.0.0.1:{free_port()}/api"
    with (
        temporary_settings({PREFECT_API_URL: url}),
        pytest.raises(UserError, match="start it, or name another") as error,
    ):
        deploy(tmp_path)
    assert "hidden" not in str(error.value)


def test_a_mistake_in_the_plan_is_told_before_a_server_is_asked(tmp_path: Path) -> None:
    (tmp_path / "forecastle.yaml").write_text("forecasts: {x: {cron: 1, evry: 2}}")
    with pytest.raises(UserError, match=r"forecastle\.yaml"):
        deploy(tmp_path)


def test_doctor_asks_the_servers_that_are_named_and_shows_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = f"http://me:hidden@127.0.0.1:{free_port()}"
    monkeypatch.setenv("PREFECT_API_URL", f"{away}/api")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", away)
    monkeypatch.setenv("FORECASTLE_LEDGER_URL", "postgresql://me:hidden@127.0.0.1:1/x")
    settings = Settings(home=tmp_path)
    found = [c for look in (doctor.servers, doctor.ledger, doctor.stale) for c in look(settings)]
    told = {check.name: (check.state, check.mend) for check in found}
    assert told["Prefect server"] == ("fault", "start it, or change PREFECT_API_URL")
    assert told["MLflow server"] == ("fault", "start it, or change MLFLOW_TRACKING_URI")
    assert told["ledger"][0] == "fault"
    assert told["stale runs"][0] == "good"
    assert "hidden" not in doctor.as_text(found)
