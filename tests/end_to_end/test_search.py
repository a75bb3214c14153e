"""A search as people meet it: what it leaves, what a forecast makes of it, what a kill costs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from flows.cli import run
from tests.end_to_end.processes import kill_group, start, wait_until

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]

OPTIONS = [
    *("--horizon", "3", "--look-back", "14", "--device", "cpu", "--models", "gru-direct"),
    *("--set", "network.hidden=4", "--set", "training.batch_rows=4"),
    *("--set", "training.chunk_origins=16", "--set", "tune=[dropout, learning_rate]"),
]
Capture = pytest.CaptureFixture[str]


def test_the_best_settings_are_judged_and_a_forecast_finds_the_same(
    sample: Path, tmp_path: Path, home: Path, capsys: Capture
) -> None:
    words = ["search", str(sample), *OPTIONS, "--epochs", "2", "--trials", "4", "--top", "2"]
    assert run(words) == 0
    out, err = capsys.readouterr()
    assert [line.split(",")[0] for line in err.splitlines()] == [
        f"small: trial {k} of 4" for k in (1, 2, 3, 4)
    ]
    (folder,) = (home / "runs").iterdir()
    best = folder.relative_to(tmp_path) / "best.yaml"
    assert f"forecastle forecast {sample} --config {best}" in out.splitlines()
    board = pd.read_csv(folder / "leaderboard.csv", index_col="model")
    assert set(board.index) == {"naive", "seasonal-naive", "gru-direct", "ensemble"}
    trials = pd.read_csv(folder / "trials.csv").set_index("trial")
    children = [run for run in logged(home) if "trial" in run.data.tags]
    assert len(trials) == len(children) == 4
    for child in children:
        row = trials.loc[int(child.data.tags["trial"])]
        assert child.data.tags["trial.state"] == "complete"
        assert float(child.data.params["network.dropout"]) == row["dropout"]
        assert child.data.metrics["validation_mae"] == pytest.approx(row["validation_mae"])
        assert child.data.metrics["epochs"] == 2
        assert child.data.metrics["validation_loss"] > 0
    again = found(["forecast", str(sample), "--config", str(best)], capsys)
    settings = yaml.safe_load(best.read_text())
    assert again["parameters"]["training"] == settings["training"]
    row = next(row for row in again["leaderboard"] if row["model"] == "gru-direct")
    assert row["mae"] == pytest.approx(board.loc["gru-direct", "mae"], rel=1e-9)


def test_killed_in_mid_trial_it_goes_on_and_finds_the_same(
    environment: dict[str, str],
    prefect_server: str,
    sample: Path,
    tmp_path: Path,
    home: Path,
    capsys: Capture,
) -> None:
    words = ["search", str(sample), *OPTIONS, "--epochs", "20", "--trials", "3", "--top", "2"]
    words += ["--set", "training.patience=20", "--json", "-"]
    first = start(words, environment | {"PREFECT_API_URL": prefect_server}, tmp_path)
    wait_until(lambda: len(trainings(home)) == 2, first)  # in the midst of the second trial
    kill_group(first)
    (finished,) = home.glob("searches/*/*/fitted")
    assert len(trainings(home)) == 2
    resumed = found(words, capsys)
    unkilled = found([*words, "--home", str(tmp_path / "other")], capsys)
    assert resumed["leaderboard"] == unkilled["leaderboard"]
    drawn = ["validation_mae", "dropout", "learning_rate"]
    one, other = (pd.read_csv(Path(c["folder"]) / "trials.csv") for c in (resumed, unkilled))
    pd.testing.assert_frame_equal(one[drawn], other[drawn])
    assert list(one["trial"]) == [0, 2, 3]  # 1 was drawn again as 2
    assert finished.is_dir()
    parents = [r for r in logged(home) if "flow" in r.data.tags]
    assert sorted(r.info.status for r in parents) == ["FINISHED", "KILLED"]
    trials = [
        r.data.tags["trial"]
        for r in logged(home)
        if r.data.tags.get("mlflow.parentRunId") == resumed["mlflow_run_id"]
        and "trial" in r.data.tags
    ]
    assert sorted(trials) == ["0", "2", "3"]


def trainings(home: Path) -> list[Path]:
    """Checkpoints of the trials."""
    return list(home.glob("searches/*/*/training.safetensors"))


def found(words: list[str], capsys: Capture) -> dict[str, Any]:
    """The JSON that the command prints."""
    assert run([*words, *(["--json", "-"] if "--json" not in words else [])]) == 0
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def logged(home: Path) -> list[Run]:
    """All MLflow runs in the home folder's store."""
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    return list(client.search_runs(ids))
