from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from features.errors import UserError
from flows.cli import up as cli_up
from flows.cli.up import use_running
from flows.processes import gone
from flows.settings import Settings
from flows.up import doctor
from flows.up.running import FILE, Process, Running, last, running
from flows.up.services import (
    Addresses,
    Keeper,
    free_port,
    has_mlflow_database,
    mlflow_database,
    names_of,
)
from flows.up.status import as_text
from flows.up.up import only_one
from tests.end_to_end.processes import until

PARENT = """
import subprocess, sys
child = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1, flush=True)"
subprocess.Popen(
    [sys.executable, "-c", child + "; time.sleep(600)"], start_new_session=True
)
"""


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MLFLOW_TRACKING_URI", "PREFECT_API_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def me() -> Running:
    mine = Process.of("up", os.getpid())
    return Running("http://127.0.0.1:4200", "http://127.0.0.1:5000", mine, ready=True)


def test_what_runs_is_read_back_and_a_process_of_the_same_number_is_another(
    me: Running, tmp_path: Path
) -> None:
    assert running(tmp_path) is None
    me.write(tmp_path)
    assert running(tmp_path) == me
    replace(me, up=replace(me.up, created=1.0)).write(tmp_path)
    assert running(tmp_path) is None
    assert last(tmp_path) is not None
    (tmp_path / FILE).write_text("{torn", encoding="utf-8")
    assert last(tmp_path) is None


def test_other_commands_use_the_servers_unless_others_are_named(
    me: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path))
    monkeypatch.setenv("PREFECT_API_URL", "")
    monkeypatch.delenv("PREFECT_API_URL")
    use_running()
    assert "PREFECT_API_URL" not in os.environ
    assert Settings().tracking_uri.startswith("sqlite:")
    me.write(tmp_path)
    assert Settings().tracking_uri == me.mlflow
    assert Settings().artifact_root is None
    use_running()
    assert os.environ["PREFECT_API_URL"] == f"{me.prefect}/api"
    for name in ("MLFLOW_TRACKING_URI", "PREFECT_API_URL"):
        monkeypatch.setenv(name, "http://other:1")
    use_running()
    assert os.environ["PREFECT_API_URL"] == Settings().tracking_uri == "http://other:1"


def test_a_server_that_is_not_ready_is_not_used(me: Running, tmp_path: Path) -> None:
    replace(me, ready=False).write(tmp_path)
    assert Settings(home=tmp_path).tracking_uri.startswith("sqlite:")


def test_a_home_has_one_up(me: Running, tmp_path: Path) -> None:
    me.write(tmp_path)
    with (
        only_one(tmp_path),
        pytest.raises(UserError, match=r"http://127.0.0.1:4200.*--home") as error,
        only_one(tmp_path),
    ):
        pass
    assert str(os.getpid()) in str(error.value)
    with only_one(tmp_path):
        pass


def test_ports_stay_and_those_that_are_taken_are_left_alone(me: Running) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        taken = listener.getsockname()[1]
        assert free_port([taken]) != taken
        found = Addresses.choose(replace(me, mlflow=f"http://127.0.0.1:{taken}"))
        assert found.mlflow != f"http://127.0.0.1:{taken}"
    before = replace(me, prefect=f"http://127.0.0.1:{free_port([])}")
    assert Addresses.choose(before).prefect == before.prefect


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    root = str(Path(__file__).parents[3])
    found = Keeper(tmp_path, os.environ | {"PYTHONPATH": root})
    yield found
    found.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="orphans are adopted on Linux only")
def test_nothing_outlives_the_keeper_and_no_signal_but_its_pipe_ends_it(
    keeper: Keeper, tmp_path: Path
) -> None:
    (tmp_path / "parent.py").write_text(PARENT, encoding="utf-8")
    process = psutil.Process(keeper.process().pid)
    server = keeper.start("server", ["http.server", "0", "--bind", "127.0.0.1"])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        process.send_signal(number)
    keeper.start("parent", ["parent"])
    until(lambda: (tmp_path / "logs" / "parent.log").read_text(encoding="utf-8") == "1\n")
    until(lambda: len(process.children()) == 3)  # the orphan is its child now
    tree = process.children(recursive=True)
    assert server.alive
    keeper.stop()
    assert psutil.wait_procs(tree, timeout=10)[1] == []
    assert not server.alive


def test_a_run_is_gone_with_its_process_and_not_where_none_is_known() -> None:
    now = time.time()
    assert not gone(str(os.getpid()), now)
    assert not gone(f"host:{os.getpid()}", now)
    assert gone(str(os.getpid()), 0.0)  # began before the process of that number
    assert gone("4194305", now)
    assert not gone(None, now)


def state_of(name: str) -> str:
    return next(check.state for check in doctor.examine() if check.name == name)


def test_the_doctor_finds_nothing_in_a_new_home_and_makes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path / "new"))
    found = doctor.examine()
    assert [check for check in found if check.state == "fault"] == []
    assert not (tmp_path / "new").exists()
    lines = doctor.as_text(found).splitlines()
    assert max(len(line) for line in lines if str(tmp_path) not in line) <= 80


def test_the_doctor_finds_what_is_planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path))
    (tmp_path / "forecastle.yaml").write_text("forecasts: {stocks: {every: 1}}", encoding="utf-8")
    (tmp_path / "mlflow.db").write_bytes(b"no database" * 200)
    (tmp_path / "ledger.db").write_bytes(b"no database" * 200)
    monkeypatch.setattr(
        doctor, "requires", lambda name: ["numpy<1", "absent", "psycopg; extra=='x'"]
    )
    os.utime(tmp_path / "forecastle.yaml", times=(time.time() + 9e5,) * 2)
    faults = {check.name: check for check in doctor.examine() if check.state == "fault"}
    assert set(faults) == {*("schedules", "MLflow", "MLflow store", "ledger", "versions", "clock")}
    assert "absent (installed: none)" in faults["versions"].found
    assert "psycopg" not in faults["versions"].found
    assert all(check.mend for check in faults.values())


def test_the_doctor_finds_a_server_that_does_not_answer(
    me: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path))
    nowhere = f"http://127.0.0.1:{free_port([])}"
    replace(me, prefect=nowhere, mlflow=nowhere).write(tmp_path)
    checks = list(doctor.servers(Settings()))
    assert [check.state for check in checks] == ["fault", "fault"]


def test_the_status_fits_80_columns() -> None:
    run = {
        "run": "amber-crane", "deployment": "forecast-of-a-very-long-name", "state": "completed",
        "message": "Nothing to do: " + "long " * 30, "due": "2026-11-20T23:00:00.5Z",
        "begun": "2026-11-20T23:00:01.5Z", "seconds": 1234.5, "process": None,
    }  # fmt: skip
    service = {"name": "prefect", "pid": 4194304, "state": "running", "bytes": 987654321}
    told = {
        "home": "/" + "long/" * 30, "running": True, "ready": True, "services": [service],
        "prefect": "http://127.0.0.1:4200", "mlflow": "http://127.0.0.1:5000",
        "next": [run | {"state": "waits for another"}], "last": [run], "stale": [run],
    }  # fmt: skip
    text = as_text(told)
    assert max(map(len, text.splitlines())) <= 80
    assert "Stale" in text
    assert json.dumps(told)


def test_an_address_of_another_machine_is_refused_in_a_sentence() -> None:
    with pytest.raises(UserError, match=r"cannot listen on 192\.0\.2\.1 \(.+\), expected an addr"):
        Addresses.choose(None, "192.0.2.1")


def test_everywhere_is_reached_on_loopback() -> None:
    at = Addresses.choose(None, "0.0.0.0")
    assert at.prefect.startswith("http://127.0.0.1:")
    assert {"localhost", "127.0.0.1", socket.gethostname()} <= set(names_of("0.0.0.0"))
    assert "10.1.2.3" in names_of("10.1.2.3")


def test_who_lets_others_in_is_warned_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "up.lock").touch()
    with only_one(tmp_path):
        for host, warned in {"127.0.0.1": 0, "0.0.0.0": 1}.items():
            with pytest.raises(UserError, match="another forecastle up"):
                cli_up.up(tmp_path, host)
            assert capsys.readouterr().err.count("can run code") == warned


def test_databases_of_ones_own_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_BACKEND_STORE_URI", raising=False)
    assert mlflow_database(tmp_path) == f"sqlite:///{tmp_path / 'mlflow.db'}"
    assert not has_mlflow_database(tmp_path)
    monkeypatch.setenv("MLFLOW_BACKEND_STORE_URI", "postgresql://here/mlflow")
    assert mlflow_database(tmp_path) == "postgresql://here/mlflow"
    assert has_mlflow_database(tmp_path)
