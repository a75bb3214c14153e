"""The flow `text` against a real Prefect server and a real MLflow store."""

from __future__ import annotations

import signal
from pathlib import Path

import pandas as pd
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient

from flows.cli import run
from flows.text.flow import text
from flows.text.parameters import TextParameters
from tests.end_to_end.processes import call, start_python

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]


def test_a_chapter_is_a_run_with_its_models_and_figures(home: Path) -> None:
    (report,) = text(TextParameters(examples=("5.1", "5.4"), size="small", device="cpu"))
    names = {path.name for path in report.folder.iterdir()}
    assert {"5.1-scaling.png", "5.4-horizons.png", "models.csv"} <= names
    tracked = runs(home)
    children = {one.info.run_name for one in tracked if "model" in one.data.tags}
    assert children == {"5.4 naive", "5.4 gru-direct", "5.4 gru-recursive"}
    assert {one.info.status for one in tracked} == {"FINISHED"}
    (parent,) = (one for one in tracked if one.data.tags.get("chapter") == "5")
    assert parent.data.tags["flow"] == "text"
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    files = {one.path for one in client.list_artifacts(parent.info.run_id, "results")}
    assert "results/5.4-horizons.png" in files


def test_the_command_says_where_everything_is(
    environment: dict[str, str], tmp_path: Path, home: Path
) -> None:
    words = ["text", "--examples", "5.1", "--size", "small"]
    done = call(words, environment | {"COLUMNS": "80"}, tmp_path)
    assert done.returncode == 0
    (folder,) = (home / "runs").iterdir()
    lines = done.stdout.splitlines()
    assert "Chapter 5: Forecasting" in lines
    assert f"Figures   {folder.relative_to(tmp_path)}" in lines
    assert "          5.1-scaling.png" in lines
    assert "text: 5.1 Preprocessing without leaks …" in done.stderr.splitlines()


def test_killed_in_mid_training_it_goes_on_and_ends_the_same(
    environment: dict[str, str], tmp_path: Path, home: Path
) -> None:
    words = ["text", "--examples", "1.1", "--size", "small", "--device", "cpu"]
    doomed = ["-m", "benchmarks.doomed", "models.training._save", "4", *words]
    killed = start_python(doomed, environment, tmp_path)
    assert (killed.wait(), killed.communicate()[0]) == (-signal.SIGKILL, "")
    assert len(list(home.glob("checkpoints/*/1.1/*.safetensors"))) == 2
    for at in (home, tmp_path / "other"):
        assert run([*words, "--home", str(at)]) == 0
    resumed, unkilled = (models(at) for at in (home, tmp_path / "other"))
    pd.testing.assert_frame_equal(resumed, unkilled, check_exact=True)
    assert not list(home.glob("checkpoints/*/1.1/*"))
    parents = [one for one in runs(home) if "chapter" in one.data.tags]
    assert sorted(one.info.status for one in parents) == ["FINISHED", "KILLED"]
    ended, killed_run = sorted(parents, key=lambda one: one.info.status)
    took = seconds(home, killed_run)
    assert took
    assert took.items() <= seconds(home, ended).items()  # no epoch was done twice


def models(home: Path) -> pd.DataFrame:
    """The table of models of the one run that ended."""
    (table,) = home.glob("runs/*/models.csv")
    return pd.read_csv(table)


def runs(home: Path) -> list[Run]:
    """What MLflow has of the experiment."""
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    experiment = client.get_experiment_by_name("text")
    assert experiment is not None
    return list(client.search_runs([experiment.experiment_id]))


def seconds(home: Path, parent: Run) -> dict[tuple[str, int], float]:
    """What each epoch of each model took, to the bit."""
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    mine = {"mlflow.parentRunId": parent.info.run_id}
    return {
        (str(one.info.run_name), epoch.step): epoch.value
        for one in runs(home)
        if mine.items() <= one.data.tags.items()
        for epoch in client.get_metric_history(one.info.run_id, "seconds")
    }
