"""The command line as people and scripts meet it: what it prints, how it exits and survives."""

from __future__ import annotations

import io
import json
import os
import re
import signal
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from flows.cli import run
from tests.end_to_end.processes import call, free_port, kill_group, start, wait_until

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]

OPTIONS = [
    *("--horizon", "3", "--look-back", "14", "--device", "cpu"),
    *("--set", "network.hidden=4", "--set", "training.batch_rows=4"),
    *("--set", "training.chunk_origins=16"),
]
EPOCHS = 100
Capture = pytest.CaptureFixture[str]


def test_it_runs_with_no_server_started_by_hand(
    environment: dict[str, str], sample: Path, tmp_path: Path, home: Path
) -> None:
    alone = {k: v for k, v in environment.items() if k != "PREFECT_API_URL"}
    alone |= {"PREFECT_HOME": str(tmp_path / "prefect"), "COLUMNS": "80"}
    models = ["--models", "naive,seasonal-naive,lstm-direct", "--epochs", "2"]
    done = call(["forecast", str(sample), *OPTIONS, *models], alone, tmp_path)
    assert done.returncode == 0
    assert re.fullmatch(r"small: lstm-direct 2 epochs, \d+\.\d s\n", done.stderr)
    lines = done.stdout.splitlines()
    (folder,) = (home / "runs").iterdir()
    assert any(line.startswith("seasonal-naive *") for line in lines)
    assert f"Report    {folder.relative_to(tmp_path)}/report.html" in lines
    assert lines[-1].endswith("mlflow ui --backend-store-uri sqlite:///home/mlflow.db")
    assert {path.name for path in tmp_path.iterdir()} == {"home", "prefect", "small.csv"}


def test_standard_output_is_for_scripts(sample: Path, tmp_path: Path, capsys: Capture) -> None:
    csv = tmp_path / "forecast.csv"
    words = ["forecast", str(sample), *OPTIONS, "--models", "naive,drift"]
    assert run([*words, "--json", "-", "--csv", str(csv)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert {row["model"] for row in found["leaderboard"]} == {"naive", "drift"}
    naive = list(pd.read_csv(csv)["naive"])
    assert [row["naive"] for row in found["forecast"]] == pytest.approx(naive, rel=1e-9)
    assert max(len(cell) for cell in re.split("[,\n]", csv.read_text()) if "." in cell) <= 12
    assert found["chosen"] in ("naive", "drift")
    assert Path(found["folder"], "report.html").is_file()


def test_a_backtest_as_csv_holds_what_was_observed(sample: Path, capsys: Capture) -> None:
    words = ["backtest", str(sample), *OPTIONS, "--models", "naive,drift", "--refit-every", "9"]
    assert run([*words, "--stride", "2", "--csv", "-"]) == 0
    table = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(table.columns[:4]) == ["unique_id", "ds", "cutoff", "y"]
    assert table["cutoff"].nunique() == 15


def test_a_mistake_found_in_mid_flow_is_one_sentence(home: Path, capsys: Capture) -> None:
    assert run(["forecast", "stocks", "--set", "series=[DAX]"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[-1].startswith("forecastle: unknown series 'DAX'")
    assert [path.name for path in home.iterdir()] == ["mlflow.db"]


def test_an_mlflow_server_that_is_away_is_one_sentence(
    sample: Path, home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:secret@127.0.0.1:{free_port()}")
    assert run(["forecast", str(sample), *OPTIONS, "--models", "naive"]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("forecastle: the MLflow store at http://127.0.0.1:")
    assert "secret" not in said
    assert not (home / "runs").exists()


def test_killed_in_mid_training_it_goes_on_and_ends_the_same(
    environment: dict[str, str],
    prefect_server: str,
    sample: Path,
    tmp_path: Path,
    home: Path,
    capsys: Capture,
) -> None:
    training = ["--models", "naive,gru-direct", "--epochs", str(EPOCHS)]
    words = ["forecast", str(sample), *OPTIONS, *training]
    words += ["--set", f"training.patience={EPOCHS}", "--json", "-"]
    first = start(words, environment | {"PREFECT_API_URL": prefect_server}, tmp_path)
    wait_until(lambda: any(home.glob("checkpoints/*/training.safetensors")), first)
    kill_group(first)
    (unfinished,) = home.glob("checkpoints/*/training.safetensors")
    assert not (unfinished.parent / "fitted").exists()
    resumed, unkilled = (found(words, at, capsys) for at in (home, tmp_path / "other"))
    assert resumed["leaderboard"] == unkilled["leaderboard"]
    assert resumed["forecast"] == unkilled["forecast"]
    assert 0 < taken_up(resumed) < EPOCHS
    assert taken_up(unkilled) == 0
    statuses = [one.info.status for one in runs(resumed) if "flow" in one.data.tags]
    assert sorted(statuses) == ["FINISHED", "KILLED"]


def found(words: list[str], home: Path, capsys: Capture) -> dict[str, Any]:
    """The JSON that the command prints."""
    assert run([*words, "--home", str(home)]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def runs(content: dict[str, Any]) -> list[Run]:
    """All MLflow runs of the experiment that the command has written to."""
    client = MlflowClient(content["mlflow_tracking_uri"])
    experiment = client.get_run(content["mlflow_run_id"]).info.experiment_id
    return list(client.search_runs([experiment]))


def taken_up(content: dict[str, Any]) -> float:
    """Epochs that the network's training took up from a checkpoint."""
    wanted = {"mlflow.parentRunId": content["mlflow_run_id"], "candidate": "gru-direct"}
    (network,) = [one for one in runs(content) if wanted.items() <= one.data.tags.items()]
    return float(network.data.metrics["taken_up_epochs"])


def test_interrupted_it_says_so_and_fails_its_run(
    environment: dict[str, str], prefect_server: str, sample: Path, tmp_path: Path, home: Path
) -> None:
    words = ["forecast", str(sample), *OPTIONS, "--models", "gru-direct", "--epochs", "100000"]
    words += ["--set", "training.patience=100000"]
    process = start(words, environment | {"PREFECT_API_URL": prefect_server}, tmp_path)
    wait_until(lambda: any(home.glob("checkpoints/*/training.safetensors")), process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err == "forecastle: interrupted\n"
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    experiment = client.get_experiment_by_name("small")
    assert experiment is not None
    tracked = client.search_runs([experiment.experiment_id])
    assert {one.data.tags.get("candidate") for one in tracked} >= {None, "gru-direct"}
    assert {one.info.status for one in tracked} == {"FAILED"}
    assert list((home / "runs").iterdir()) == []


def test_ctrl_c_at_a_terminal_reaches_the_command_and_leaves_its_server_to_it(
    environment: dict[str, str], sample: Path, tmp_path: Path, home: Path
) -> None:
    alone = {k: v for k, v in environment.items() if k != "PREFECT_API_URL"}
    alone |= {"PREFECT_HOME": str(tmp_path / "prefect")}
    words = ["forecast", str(sample), *OPTIONS, "--models", "gru-direct", "--epochs", "100000"]
    process = start([*words, "--set", "training.patience=100000"], alone, tmp_path)
    wait_until(lambda: any(home.glob("checkpoints/*/training.safetensors")), process)
    children = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it
    out, err = process.communicate()
    assert (process.returncode, out) == (130, "")
    assert err == "forecastle: interrupted\n"
    assert children
    assert not psutil.wait_procs(children, timeout=60)[1]
