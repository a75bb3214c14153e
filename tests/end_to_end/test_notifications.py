"""A webhook that `forecastle up` has set: each thing that matters is told once, its URL nowhere."""

from __future__ import annotations

import json
import os
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from prefect.events.worker import EventsWorker
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.cli import run
from flows.up.running import Running
from flows.up.services import asked
from tests.end_to_end.processes import until
from tests.end_to_end.receiver import Receiver, receiving
from tests.end_to_end.test_up import begun, deployed, runs
from tests.flows.small import given, small_file, small_frame

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")  # Prefect closes sockets late
TOKEN, PASSWORD = "T0KEN-of-the-webhook", "Pa55word-of-the-store"
WORDS = ["--horizon", "3", "--models"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(scope="module")
def served(
    home: Path, receiver: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """`forecastle up` with a webhook."""
    own = {
        **{k: v for k, v in os.environ.items() if k not in ("PREFECT_API_URL", "PREFECT_API_KEY")},
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "FORECASTLE_HOME": str(home),
        "FORECASTLE_WEBHOOK": f"{receiver.url}/hooks/{TOKEN}",
    }
    own.pop("MLFLOW_TRACKING_URI", None)
    with begun(own, home, tmp_path_factory.mktemp("elsewhere")) as (_, found):
        yield found
        EventsWorker.drain_all()  # while there is a server that takes them


@pytest.fixture(autouse=True)
def _same_home(home: Path, served: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Commands of this process use the servers of `up`, MLflow by a URL with a password."""
    monkeypatch.setenv("FORECASTLE_HOME", str(home))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", with_password(served.mlflow))
    monkeypatch.setenv("PREFECT_API_URL", f"{served.prefect}/api")  # else a command sets it
    with temporary_settings({PREFECT_API_URL: f"{served.prefect}/api"}):
        yield


def with_password(url: str) -> str:
    return url.replace("//", f"//somebody:{PASSWORD}@")


def start(found: Running, **fields: Any) -> str:
    """A run of the deployment `backtest`."""
    url = f"{found.prefect}/api/deployments/{deployed(found)['backtest']['id']}/create_flow_run"
    return str(asked(url, {"parameters": {"params": given(**fields)}})["id"])


def test_a_failed_and_a_crashed_run_are_told_once_by_the_server(
    served: Running, receiver: Receiver, tmp_path: Path
) -> None:
    path = tmp_path / "torn.csv"
    frame = small_frame().astype({"y": object})
    frame.loc[5, "y"] = "n/a?"
    frame.to_csv(path, index=False)
    failed = start(served, source=path, models=["naive"])
    until(lambda: bool(receiver.of("prefect.flow-run.Failed")))
    (told,) = receiver.messages
    assert told["text"].startswith("backtest failed: column 'y' holds 'n/a?'")
    assert told["text"].endswith(f"leave it empty if it is missing\n{told['run']}")
    assert told["run"] == f"{served.prefect}/runs/flow-run/{failed}"
    assert told["experiment"] == str(path)
    assert receiver.paths == [f"/hooks/{TOKEN}"]

    training = {"epochs": 100_000, "patience": 100_000, "device": "cpu"}
    crashed = start(served, source=small_file(tmp_path), models=["gru-direct"], training=training)
    process = worker_of(served, crashed)
    process.send_signal(signal.SIGKILL)
    until(lambda: bool(receiver.of("prefect.flow-run.Crashed")))
    (told,) = receiver.of("prefect.flow-run.Crashed")
    assert told["text"].startswith("backtest crashed: ")
    assert told["run"] == f"{served.prefect}/runs/flow-run/{crashed}"
    assert len(receiver.messages) == 2


def worker_of(found: Running, run: str) -> psutil.Process:
    """The process of a run that is under way."""
    until(lambda: bool(runs(found, id=run, state_type="RUNNING")))
    (told,) = runs(found, id=run)
    return psutil.Process(int(told["infrastructure_pid"].rpartition(":")[2]))


def test_the_same_drift_is_told_once(served: Running, receiver: Receiver, tmp_path: Path) -> None:
    frame = small_frame(400)
    late = frame["ds"] > frame["ds"].iloc[300]
    frame.loc[late, "y"] *= 5  # inputs are changes from step to step
    frame.to_csv(tmp_path / "drifted.csv", index=False)
    words = ["forecast", str(tmp_path / "drifted.csv"), *WORDS, "naive"]
    before = len(receiver.messages)
    assert run(words) == 0
    until(lambda: bool(receiver.of("forecastle.drift")))
    (told,) = receiver.of("forecastle.drift")
    assert told["experiment"] == "drifted"
    assert told["text"].startswith("drifted: Drift of inputs: 2 of 2 are distributed otherwise")
    assert told["run"].startswith(f"{served.mlflow}/#/experiments/")
    assert run(words) == 0
    assert run(["notify"]) == 0  # what was emitted before it has been dealt with when it comes
    assert len(receiver.of("forecastle.drift")) == 1
    assert len(receiver.messages) == before + 2


def test_promotions_are_told_and_refusals_are_not(receiver: Receiver, tmp_path: Path) -> None:
    path = tmp_path / "waves.csv"
    small_frame(400).to_csv(path, index=False)
    for model in ("naive", "drift", "ridge"):
        assert run(["retrain", str(path), *WORDS, model]) == 0
    assert run(["champion", "rollback", str(path), "--horizon", "3"]) == 0
    until(lambda: len(receiver.of("forecastle.promotion")) == 3)
    first, second, back = (told["text"] for told in receiver.of("forecastle.promotion"))
    assert first.startswith("waves: naive is the first champion")
    assert second.startswith("waves: The challenger is promoted")
    assert back.startswith("waves: Rolled back from ridge, version 3 of waves-h3 to naive, ")


def test_pages_of_strangers_get_no_answer(served: Running) -> None:
    page = f"{served.mlflow}/api/2.0/mlflow/experiments/get?experiment_id=0"
    assert asked_as(page, Host=served.mlflow.removeprefix("http://")) == (200, None)
    assert asked_as(page, Host="rebound.example")[0] == 403
    api = f"{served.prefect}/api/admin/version"
    assert asked_as(api, Origin=served.prefect) == (200, served.prefect)
    assert asked_as(api, Origin="http://strange.example") == (200, None)


def asked_as(url: str, **headers: str) -> tuple[int, str | None]:
    """The status of the answer, and the origin whose pages may read it."""
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers["Access-Control-Allow-Origin"]
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, None


def test_secrets_are_nowhere(
    served: Running,
    home: Path,
    receiver: Receiver,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ["forecast", str(small_file(tmp_path)), *WORDS, "naive"]
    assert run([*words, "--json", "-"]) == 0
    monkeypatch.setenv("FORECASTLE_LEDGER_URL", with_password("postgresql://127.0.0.1:1/ledger"))
    assert run(words) == 2
    monkeypatch.delenv("FORECASTLE_LEDGER_URL")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", with_password("http://127.0.0.1:1"))
    assert run(words) == 2
    assert run(["doctor", "--json"]) in (0, 1)
    assert run(["status", "--json"]) == 0
    told = "".join(capsys.readouterr())
    assert "the ledger at" in told
    assert "the MLflow store at" in told
    assert TOKEN not in told
    assert PASSWORD not in told
    until(lambda: logged(served, "the MLflow store at"))
    files = [path for path in home.rglob("*") if path.is_file()]
    assert {"prefect.db", "mlflow.db", "up.json", "worker.log"} <= {path.name for path in files}
    kept = {path: path.read_bytes() for path in files}
    assert [path for path, content in kept.items() if TOKEN.encode() in content] == []
    assert [path for path, content in kept.items() if PASSWORD.encode() in content] == []
    assert PASSWORD not in json.dumps(receiver.messages)


def logged(found: Running, text: str) -> bool:
    """Whether a run's log in Prefect holds a text."""
    lines = asked(f"{found.prefect}/api/logs/filter", {"sort": "TIMESTAMP_DESC"})
    return any(text in line["message"] for line in lines)
