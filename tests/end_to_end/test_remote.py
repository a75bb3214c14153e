"""`backtest --remote`: a worker of a Prefect server does what the command would have done here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.cli import run
from flows.deployments.catalog import deployments, register
from flows.deployments.plan import Plan
from flows.up.services import POOL
from tests.end_to_end.processes import free_port, kill_group, start_python, wait_until

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]
WORDS = ["backtest", "small.csv", "--horizon", "3", "--models", "naive,drift"]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def client(prefect_server: str) -> Iterator[SyncPrefectClient]:
    """A client of the session's server, which afterwards holds no deployment of ours."""
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        yield client
        register(client, [])
        client.delete_work_pool(POOL)


def working(client: SyncPrefectClient) -> bool:
    return bool(client.read_workers_for_work_pool(POOL))


def refused(capsys: Capture) -> str:
    """What the command says when nobody can do it."""
    assert run([*WORDS, "--remote"]) == 2
    *_, said = capsys.readouterr().err.splitlines()
    return said


def test_a_worker_does_it_and_the_command_ends_as_if_it_had(
    client: SyncPrefectClient,
    sample: Path,
    environment: dict[str, str],
    prefect_server: str,
    capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        assert "no Prefect server is named" in refused(capsys)
    with temporary_settings({PREFECT_API_URL: f"http://127.0.0.1:{free_port()}/api"}):
        assert "does not answer" in refused(capsys)
    assert "has no deployment backtest/backtest" in refused(capsys)
    register(client, deployments(Plan()))
    assert f"no worker of the pool {POOL} is online" in refused(capsys)

    own = environment | {"PREFECT_API_URL": prefect_server, "PREFECT_WORKER_QUERY_SECONDS": "1"}
    worker = start_python(["-m", "prefect", "worker", "start", "--pool", POOL], own, tmp_path)
    try:
        wait_until(lambda: working(client), worker, pause=0.2)
        assert run([*WORDS, "--remote", "--json", "there.json", "--csv", "there.csv"]) == 0
        remote = capsys.readouterr()
        assert run([*WORDS, "--json", "here.json", "--csv", "here.csv"]) == 0
        here = capsys.readouterr()
        assert f"The worker has to find small.csv as {sample}" in remote.err
        assert "\nCompleted\n" in remote.err
        assert shown(remote.out) == shown(here.out)
        assert plain("there.json") == plain("here.json")
        assert Path("there.csv").read_bytes() == Path("here.csv").read_bytes()

        assert run(["backtest", "/nowhere/small.csv", "--horizon", "3", "--remote"]) == 2
        assert "forecastle: " in (said := capsys.readouterr().err.splitlines()[-1])
        assert "/nowhere/small.csv" in said

        interrupted(capsys, monkeypatch)
    finally:
        kill_group(worker)


def interrupted(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the command waits."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flows.deployments.remote.time.sleep", interrupt)
    assert run([*WORDS, "--remote"]) == 130
    assert "The run goes on. To end it: prefect flow-run cancel " in capsys.readouterr().err


def shown(out: str) -> str:
    """The table and the verdict, without the places of a run."""
    return out[: out.index("Report  ")]


def plain(name: str) -> dict[str, Any]:
    """A summary without what names the run or its file."""
    found: dict[str, Any] = json.loads(Path(name).read_text(encoding="utf-8"))
    names = ("folder", "mlflow_run_id")
    found["parameters"].pop("source")
    return {key: value for key, value in found.items() if key not in names}
