"""A chapter gone through: what MLflow has of it, and what is left of one that was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
import torch
from matplotlib.figure import Figure
from mlflow.entities import Run
from mlflow.tracking import MlflowClient
from prefect.logging import disable_run_logger
from torch import nn

from features.errors import UserError
from flows.settings import Settings
from flows.text.bench import Bench
from flows.text.example import Example
from flows.text.parameters import TextParameters
from flows.text.teaching import ChapterReport, place, teach
from models.settings import TrainingSettings
from models.training import Task


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An MLflow database: one for all, for making one takes seconds."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}"
    MlflowClient(uri).search_experiments()
    return uri


@pytest.fixture
def settings(tmp_path: Path, store: str) -> Iterator[Settings]:
    with disable_run_logger():
        yield Settings(home=tmp_path / "home", mlflow_tracking_uri=store)


@pytest.fixture
def client(store: str) -> MlflowClient:
    return MlflowClient(store)


def line(bench: Bench, name: str = "line", killed_after: int | None = None) -> list[int]:
    """Train two weights for four epochs; tells which epochs this process did."""
    torch.manual_seed(bench.seed)
    x = torch.linspace(-1, 1, 32)[:, None]
    done: list[int] = []

    def loss(model: nn.Module, _: object) -> torch.Tensor:
        return (model(x) - 3 * x).square().mean()

    def judge(model: nn.Module) -> float:
        if killed_after is not None and len(done) >= killed_after:
            raise KeyboardInterrupt
        done.append(1)
        return float(loss(model, None))

    task = Task(4, lambda number, generator: iter(range(4)), loss, judge)
    settings = TrainingSettings(epochs=4, learning_rate=0.1, device="cpu")
    epochs = bench.train(name, nn.Linear(1, 1), task, settings, slope=3)
    bench.tell(name, error=epochs[-1].validation_loss, absurd=float("nan"))
    bench.figure("1.1-line", Figure())
    assert bench.to_keep("chat.safetensors").parent.name == "text"
    bench.table("1.1-losses", pd.DataFrame({"loss": [e.validation_loss for e in epochs]}))
    return done


def named(number: str, run: Callable[[Bench], object]) -> Example:
    return Example(number, "A line", "Little.", "models.training", "1.1-line.png", run)  # type: ignore[arg-type]


def runs(client: MlflowClient, report: ChapterReport) -> dict[str, Run]:
    """The chapter's run under an empty name, and its children by name."""
    asked = f"tags.`mlflow.parentRunId` = '{report.run.id}'"
    children = client.search_runs([report.run.experiment_id], asked)
    return {"": client.get_run(report.run.id)} | {run.info.run_name: run for run in children}


def test_a_chapter_is_a_run_and_a_model_its_child(settings: Settings, client: MlflowClient) -> None:
    params = TextParameters(experiment="t1", seed=5)
    report = teach(1, [named("1.1", line)], params, settings)
    found = runs(client, report)
    parent, child = found[""], found["line"]
    assert set(found) == {"", "line"}
    assert {run.info.status for run in found.values()} == {"FINISHED"}
    assert parent.data.tags["chapter"] == "1"
    assert parent.data.params["seed"] == "5"
    assert child.data.params["slope"] == "3"
    assert child.data.params["learning_rate"] == "0.1"
    assert child.data.params["parameters"] == "2"
    curve = client.get_metric_history(child.info.run_id, "validation_loss")
    assert [point.step for point in curve] == [1, 2, 3, 4]
    assert curve[-1].value == pytest.approx(child.data.metrics["error"])
    assert "absurd" not in child.data.metrics
    for run in (parent, child):
        files = {one.path for one in client.list_artifacts(run.info.run_id, "results")}
        assert {"results/1.1-line.png", "results/1.1-losses.csv"} <= files


def test_its_folder_has_the_figures_and_a_table_of_models(settings: Settings) -> None:
    report = teach(1, [named("1.1", line)], TextParameters(experiment="t2"), settings)
    names = {path.name for path in report.folder.iterdir()}
    assert names == {"1.1-line.png", "1.1-losses.csv", "models.csv"}
    (row,) = pd.read_csv(report.folder / "models.csv").to_dict("records")
    assert (row["model"], row["example"], row["epochs"]) == ("line", 1.1, 4)
    assert row["validation_loss"] <= row["error"]
    assert not list(settings.checkpoints.glob("*"))
    assert not list(settings.outbox.glob("*"))


def test_a_killed_chapter_goes_on_at_its_epoch(settings: Settings, client: MlflowClient) -> None:
    params = TextParameters(experiment="t3")

    def killed(bench: Bench) -> None:
        line(bench, killed_after=2)

    with pytest.raises(KeyboardInterrupt):
        teach(1, [named("1.1", killed)], params, settings)
    experiment = client.get_experiment_by_name("t3")
    assert experiment is not None
    (run,) = client.search_runs([experiment.experiment_id], "tags.chapter = '1'")
    assert run.info.status == "FAILED"
    assert not list(settings.runs.glob("[!.]*"))
    did: list[list[int]] = []
    report = teach(1, [named("1.1", lambda bench: did.append(line(bench)))], params, settings)
    assert len(did[0]) == 2
    child = runs(client, report)["line"]
    curve = client.get_metric_history(child.info.run_id, "validation_loss")
    assert sorted(point.step for point in curve) == [1, 2, 3, 4]
    whole = teach(1, [named("1.1", line)], TextParameters(experiment="t4"), settings)
    assert report.models[0].metrics["error"] == whole.models[0].metrics["error"]
    assert not list(settings.checkpoints.glob("*"))


def test_a_checkpoint_that_was_cut_is_trained_anew(settings: Settings) -> None:
    params = TextParameters(experiment="t5")
    cut = settings.checkpoints / place(params) / "1.1" / "line.safetensors"
    cut.parent.mkdir(parents=True)
    cut.write_bytes(b"cut")
    did: list[list[int]] = []
    teach(1, [named("1.1", lambda bench: did.append(line(bench)))], params, settings)
    assert len(did[0]) == 4


def test_two_examples_with_a_model_of_one_name(settings: Settings) -> None:
    twice = [named("1.1", line), named("1.2", line)]
    with pytest.raises(UserError, match=r"1\.1 and 1\.2 both have a model 'line'"):
        teach(1, twice, TextParameters(experiment="t6"), settings)


def test_checkpoints_belong_to_parameters_and_texts(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("a\tb\n", encoding="utf-8")
    first = place(TextParameters(dialogue=str(path)))
    assert place(TextParameters(dialogue=str(path), chapters=(2,), experiment="x")) == first
    assert place(TextParameters(dialogue=str(path), seed=1)) != first
    path.write_text("a\tc, and more\n", encoding="utf-8")
    assert place(TextParameters(dialogue=str(path))) != first
