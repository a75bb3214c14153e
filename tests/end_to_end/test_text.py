"""The flow `text` against a real Prefect server and a real MLflow store."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from flows.text.flow import text
from flows.text.parameters import TextParameters
from tests.end_to_end.processes import call

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]


def test_a_chapter_is_a_run_with_its_models_and_figures(home: Path) -> None:
    (report,) = text(TextParameters(examples=("5.1", "5.4"), size="small", device="cpu"))
    names = {path.name for path in report.folder.iterdir()}
    assert {"5.1-scaling.png", "5.4-horizons.png", "models.csv"} <= names
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    experiment = client.get_experiment_by_name("text")
    assert experiment is not None
    runs = client.search_runs([experiment.experiment_id])
    children = {run.info.run_name for run in runs if "model" in run.data.tags}
    assert children == {"5.4 naive", "5.4 gru-direct", "5.4 gru-recursive"}
    assert {run.info.status for run in runs} == {"FINISHED"}
    (parent,) = (run for run in runs if run.data.tags.get("chapter") == "5")
    assert parent.data.tags["flow"] == "text"
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
