"""MLflow's server where `forecastle up --host` lets others in: its check of names stays."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.up.services import Addresses, answers, commands, names_of
from tests.end_to_end.processes import wait_until

EVERYWHERE = "0.0.0.0"
SEARCH = "/ajax-api/2.0/mlflow/experiments/search"


@pytest.fixture(scope="module")
def served(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """MLflow's server as `up --host 0.0.0.0` starts it."""
    home = tmp_path_factory.mktemp("home")
    (home / "mlflow.db").write_bytes(empty_store.read_bytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_SERVER_ALLOWED_HOSTS", "forecasts.example")
        patch.delenv("MLFLOW_BACKEND_STORE_URI", raising=False)
        at = Addresses.choose(None, EVERYWHERE)
        process = subprocess.Popen(
            [sys.executable, "-m", *commands(home, at)["mlflow"]],
            env=at.environment(home) | {"PYTHONPATH": str(Path(__file__).parents[2])},
            cwd=home,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    try:
        wait_until(lambda: answers(f"{at.mlflow}/health"), process, pause=0.1)
        yield at
    finally:
        process.terminate()
        process.wait(60)


def code_of(served: Addresses, host: str, origin: str) -> int:
    """The answer to what a page of `origin` asks for under the name `host`."""
    headers = {"Host": host, "Origin": origin, "Content-Type": "application/json"}
    request = urllib.request.Request(f"{served.mlflow}{SEARCH}", b'{"max_results": 1}', headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_its_own_pages_work_under_every_name_of_this_machine(served: Addresses) -> None:
    port = served.mlflow.rpartition(":")[2]
    for name in names_of(EVERYWHERE):
        host = f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
        assert code_of(served, host, f"http://{host}") == 200, name


def test_a_proxy_in_front_is_let_in_by_its_name(served: Addresses) -> None:
    assert code_of(served, "forecasts.example", "https://forecasts.example") == 200


def test_another_name_and_another_page_are_refused(served: Addresses) -> None:
    port = served.mlflow.rpartition(":")[2]
    assert code_of(served, f"evil.example:{port}", f"http://evil.example:{port}") == 403
    assert code_of(served, f"127.0.0.1:{port}", "http://evil.example") == 403
