"""The flows against a real Prefect server and a real MLflow store."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pandas as pd
import pytest
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import TaskRun
from prefect.client.schemas.sorting import TaskRunSort

from features.errors import UserError
from flows.backtest import backtest
from flows.delivery import Report
from flows.forecast import forecast
from flows.parameters import BacktestParameters, ForecastParameters
from flows.tracking.runs import process_tags
from tests.end_to_end.processes import until
from tests.flows.small import MODELS, given, small_frame

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]


@pytest.fixture
def run_forecast(sample: Path) -> Callable[..., Report]:
    """Run the forecast flow over the small file."""

    def run(**fields: Any) -> Report:
        return forecast(ForecastParameters(**given(sample, **fields)))

    return run


def runs(home: Path, **wanted: str) -> list[Run]:
    """All runs of the store, newest first, whose tags are as wanted."""
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    ids = [experiment.experiment_id for experiment in client.search_experiments()]
    found = client.search_runs(ids)
    return [r for r in found if all(r.data.tags.get(k) == v for k, v in wanted.items())]


def test_a_forecast_leaves_a_whole_folder_and_no_checkpoints(
    run_forecast: Callable[..., Report], home: Path
) -> None:
    report = run_forecast()
    names = {path.name for path in report.folder.iterdir()}
    assert names == {
        *("forecast.csv", "backtest.parquet", "leaderboard.csv", "leaderboard.json"),
        *("by_series.csv", "by_horizon.csv", "parameters.json", "verdicts.txt", "report.html"),
        *("slices.csv", "intervals.csv", "significance.csv", "significance_parts.csv"),
        *("drift.csv", "outcome.json"),
        *("forecast-a.png", "forecast-b.png", "error-by-horizon.png", "losses-gru-direct.png"),
    }
    assert list((home / "runs").iterdir()) == [report.folder]
    assert list((home / "checkpoints").iterdir()) == []
    table = pd.read_csv(report.folder / "forecast.csv", parse_dates=["ds", "cutoff"])
    pd.testing.assert_frame_equal(table, report.result.forecast)
    board = json.loads((report.folder / "leaderboard.json").read_text())
    assert [row["model"] for row in board] == list(report.result.leaderboard.index)


def test_mlflow_remembers_the_run_and_each_candidate(
    run_forecast: Callable[..., Report], home: Path
) -> None:
    report = run_forecast(experiment="tides")
    (parent,) = runs(home, flow="forecast")
    children = runs(home, **{"mlflow.parentRunId": parent.info.run_id})
    assert parent.info.status == "FINISHED"
    assert parent.data.params["network.hidden"] == "4"
    assert parent.data.tags["data.digest"] == report.result.panel.digest
    assert parent.data.tags["prefect.flow_run_id"] != "None"
    assert {child.data.tags["candidate"] for child in children} == set(MODELS)
    client = MlflowClient()
    assert client.get_experiment(report.run.experiment_id).name == "tides"
    by_name = {child.data.tags["candidate"]: child for child in children}
    network = by_name["gru-direct"]
    board = report.result.leaderboard.loc["gru-direct"]
    assert network.data.metrics["mae"] == board["mae"]
    assert network.inputs is not None
    assert network.inputs.dataset_inputs[0].dataset.digest == report.result.panel.digest[:36]
    curve = client.get_metric_history(network.info.run_id, "validation_loss")
    assert [point.step for point in curve] == [1, 2]
    steps = client.get_metric_history(network.info.run_id, "mae_by_horizon")
    by_step = report.result.by_horizon.loc["gru-direct"]["mae"]
    assert {point.step: point.value for point in steps} == by_step.to_dict()
    kept = {item.path for item in client.list_artifacts(parent.info.run_id)}
    assert kept >= {"results", "environment.json"}


def test_the_logged_model_forecasts_in_a_fresh_process(
    run_forecast: Callable[..., Report],
    home: Path,
    sample: Path,
    tmp_path: Path,
    environment: dict[str, str],
) -> None:
    report = run_forecast(models=["naive", "gru-direct"])
    (child,) = runs(home, candidate="gru-direct")
    assert child.outputs is not None
    uri = f"models:/{child.outputs.model_outputs[0].model_id}"
    code = f"""
import sys, mlflow, pandas as pd
mlflow.set_tracking_uri({report.run.uri!r})
model = mlflow.pyfunc.load_model({uri!r})
frame = model.predict(pd.read_csv({str(sample)!r}, parse_dates=["ds"]))
frame.to_parquet("served.parquet")
assert "prefect" not in sys.modules
"""
    safe = environment | {"MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false"}
    subprocess.run([sys.executable, "-c", code], env=safe, cwd=tmp_path, check=True)
    served = pd.read_parquet(tmp_path / "served.parquet")
    expected = report.result.forecast[["unique_id", "ds", "gru-direct"]]
    pd.testing.assert_frame_equal(served, expected, check_dtype=False)
    info = mlflow.models.get_model_info(uri)
    assert info.signature.outputs.input_names() == ["unique_id", "ds", "gru-direct"]
    assert info.saved_input_example_info is not None


@pytest.mark.parametrize("ahead", [3, 0])
def test_the_input_example_can_be_forecast_with_known_future_covariates(
    ahead: int, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = small_frame()
    frame["holiday"] = (frame.index % 9 == 0).astype(float)
    last = frame["ds"].max() - pd.Timedelta(days=ahead)
    frame.loc[frame["ds"] > last, "y"] = float("nan")
    frame.to_csv(tmp_path / "known.csv", index=False)
    fields = given(tmp_path / "known.csv", models=["gru-seq2seq"])
    fields["covariates"] = {"future": ["holiday"]}
    if ahead:
        report = forecast(ForecastParameters(**fields))
    else:
        report = backtest(BacktestParameters(**fields))
    assert "Failed to validate" not in capsys.readouterr().err
    (child,) = runs(home, candidate="gru-seq2seq")
    assert child.outputs is not None
    model = mlflow.pyfunc.load_model(f"models:/{child.outputs.model_outputs[0].model_id}")
    served = model.predict(model.input_example)
    assert list(served["ds"].unique()) == list(pd.date_range("2020-06-06", periods=3))
    if ahead:
        expected = report.result.forecast["gru-seq2seq"]
        pd.testing.assert_series_equal(served["gru-seq2seq"], expected, rtol=1e-3)


def test_prefect_keeps_the_leaderboard(
    run_forecast: Callable[..., Report], prefect_server: str
) -> None:
    from prefect.artifacts import Artifact

    report = run_forecast(experiment="Prefect's own")
    table: Any = Artifact.get("prefect-s-own-leaderboard")
    words: Any = Artifact.get("prefect-s-own-verdict")
    rows = json.loads(str(table.data))
    chosen = report.result.chosen
    assert {row["model"] for row in rows} == set(MODELS) - {chosen} | {f"{chosen} *"}
    assert list(rows[0])[:3] == ["model", "MAE", "RMSE"]
    assert "\\* chosen on the validation range" in str(table.description)
    assert report.run.id in str(words.data)
    assert str(report.folder / "report.html") in str(words.data)
    (picture,) = re.findall(r"!\[.*\]\(data:image/png;base64,(.*)\)", str(words.data))
    assert 0 < len(picture) < 60_000
    assert base64.b64decode(picture).startswith(b"\x89PNG")


def test_a_backtest_with_refits(sample: Path, home: Path) -> None:
    fields = given(sample, models=["naive", "lstm-direct"], refit_every=15)
    report = backtest(BacktestParameters(**fields))
    assert report.result.future is None
    assert not (report.folder / "forecast.csv").exists()
    assert list((home / "checkpoints").iterdir()) == []
    (parent,) = runs(home, flow="backtest")
    assert parent.data.params["refit_every"] == "15"


def test_a_failure_in_mid_run_is_marked_and_leaves_no_folder(
    run_forecast: Callable[..., Report], home: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(tmp_path / "small.csv")
    frame.loc[3, "y"] = -1.0
    frame.to_csv(tmp_path / "small.csv", index=False)
    with pytest.raises(UserError, match="logarithm"):
        run_forecast(scaling={"log": True})
    (parent,) = [run for run in runs(home) if "mlflow.parentRunId" not in run.data.tags]
    assert parent.info.status == "FAILED"
    assert "has no logarithm" in parent.data.tags["failure"]
    assert list((home / "runs").iterdir()) == []


def test_what_a_killed_process_left_running_is_swept(
    run_forecast: Callable[..., Report], home: Path
) -> None:
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    experiment = client.create_experiment("small", (home / "mlartifacts").as_uri())
    gone = {**process_tags(), "forecastle.process": f"{2**22 + 1} 0.0"}
    killed = client.create_run(experiment, tags=gone).info.run_id
    alive = client.create_run(experiment, tags=process_tags()).info.run_id
    run_forecast(models=["naive"])
    assert client.get_run(killed).info.status == "KILLED"
    assert client.get_run(alive).info.status == "RUNNING"


def test_two_homes_in_one_process_keep_apart(
    run_forecast: Callable[..., Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = run_forecast(models=["naive"])
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path / "other"))
    other = run_forecast(models=["naive"])
    assert other.run.uri == f"sqlite:///{tmp_path}/other/mlflow.db"
    assert one.run.uri != other.run.uri
    assert other.folder.is_relative_to(tmp_path / "other")


def test_mistakes_are_not_tried_again(run_forecast: Callable[..., Report], home: Path) -> None:
    with pytest.raises(UserError, match="unknown series 'z'"):
        run_forecast(series=["z"])
    with get_client(sync_client=True) as client:

        def newest() -> TaskRun:
            found: list[TaskRun] = client.read_task_runs(
                sort=TaskRunSort.EXPECTED_START_TIME_DESC, limit=1
            )
            return found[0]

        until(lambda: newest().name.startswith("fetch") and newest().state_name == "Failed")
        assert newest().run_count == 1
    assert runs(home) == []
