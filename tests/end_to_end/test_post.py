"""What is told to MLflow twice, or cut short, against a real store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import pytest
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from features.panel import Panel
from features.schema import to_panel
from flows.parameters import ForecastParameters
from flows.registry.champion import PREVIOUS, Registry
from flows.settings import Settings
from flows.tracking.log import Log
from flows.tracking.outbox import Outbox
from flows.tracking.post import Post
from flows.tracking.runs import dataset_of
from tests.flows.small import given, small_frame

pytestmark = pytest.mark.usefixtures("home")


@pytest.fixture
def client() -> MlflowClient:
    return MlflowClient(Settings().tracking_uri)


def log_everything(log: Log, panel: Panel, folder: Path) -> None:
    """A message of each kind."""
    log.open({"candidate": log.name})
    log.tags(**{f"tag.{k}": str(k) for k in range(120)})
    log.params({f"param.{k}": str(k) for k in range(120)})
    points = [Metric("loss", 0.5, 1000 + step, step) for step in range(3)]
    log.metrics(points)
    log.dataset(dataset_of(panel, ForecastParameters(**given("small.csv", experiment="tides"))))
    (folder / "figures").mkdir()
    (folder / "figures" / "a.txt").write_text("a")
    log.files(folder / "figures", "figures")
    (folder / "script.py").write_text(
        "import mlflow\n"
        "from mlflow.pyfunc import PythonModel\n"
        "class Same(PythonModel):\n"
        "    def predict(self, context, model_input, params=None):\n"
        "        return model_input\n"
        "mlflow.models.set_model(Same())\n"
    )
    mlflow.pyfunc.save_model(
        folder / "model", python_model=str(folder / "script.py"), pip_requirements=["numpy"]
    )
    log.model(folder / "model", points[:1])
    log.end()


def test_everything_told_twice_is_there_once(client: MlflowClient, tmp_path: Path) -> None:
    experiment = client.create_experiment("tides", (tmp_path / "artifacts").as_uri())
    parent = client.create_run(experiment).info.run_id
    box = Outbox(tmp_path / "outbox" / parent)
    log_everything(Log(box, "child"), to_panel(small_frame()), tmp_path)
    posts = [Post(client, experiment, parent) for _ in range(2)]  # of two processes

    def post(message: dict[str, Any]) -> None:
        for one in (*posts, *posts):
            one(message)

    box.send(post)
    box.close()
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'")
    (child,) = children
    assert child.info.run_id == posts[0].id_of("child") == posts[1].id_of("child")
    assert (child.info.status, child.data.params["param.119"]) == ("FINISHED", "119")
    history = client.get_metric_history(child.info.run_id, "loss")
    assert Counter(point.step for point in history) == {0: 1, 1: 1, 2: 1}
    assert child.inputs is not None
    assert child.outputs is not None
    assert len(child.inputs.dataset_inputs) == len(child.outputs.model_outputs) == 1
    (model,) = client.search_logged_models([experiment])
    assert model.model_id == child.outputs.model_outputs[0].model_id
    assert [metric.key for metric in model.metrics or []] == ["loss"]
    mlflow.set_tracking_uri(Settings().tracking_uri)
    assert mlflow.pyfunc.load_model(f"models:/{model.model_id}").predict([1]) == [1]


@pytest.fixture
def registry(client: MlflowClient, tmp_path: Path) -> Registry:
    """Three versions, the second of which took the place of the first."""
    found = Registry(Settings().tracking_uri, "tides-h3")
    client.create_registered_model(found.name)
    for k in range(3):
        client.create_model_version(found.name, (tmp_path / f"model{k}").as_uri())
    first, second = (client.get_model_version(found.name, str(k)) for k in (1, 2))
    found.promote(first, "the first", None)
    found.promote(second, "better", first)
    return found


@pytest.mark.parametrize("answered", range(6))
def test_a_promotion_cut_short_has_happened_or_not_and_is_finished_by_another(
    registry: Registry, answered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = registry.client
    over, version = (client.get_model_version(registry.name, str(k)) for k in (2, 3))
    client.set_registered_model_alias(registry.name, "challenger", "3")
    left = iter(range(answered))

    def until_away(write: Callable[..., Any]) -> Callable[..., Any]:
        def writing(*arguments: Any) -> Any:
            if next(left, None) is None:
                raise MlflowException("away")
            return write(*arguments)

        return writing

    names = ("set_model_version_tag", "set_registered_model_alias")
    with monkeypatch.context() as cut:
        for name in (*names, "delete_registered_model_alias"):
            cut.setattr(client, name, until_away(getattr(client, name)))
        with pytest.raises(MlflowException, match="away"):
            registry.promote(version, "better still", over)
    changed = registry.aliases()["champion"] == "3"
    assert changed == (answered > 3)
    after = {"champion": "3", PREVIOUS: "2"}
    before = {"champion": "2", PREVIOUS: "1", "challenger": "3"}
    assert registry.aliases() == (after if changed else before)
    registry.promote(version, "better still", over)
    assert registry.aliases() == after
    kept = client.get_registered_model(registry.name).aliases
    assert {alias: str(number) for alias, number in kept.items()} == after
