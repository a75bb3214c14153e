"""Champion and challenger against a real registry, and the champion's forecasts."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.entities.model_registry import ModelVersion
from mlflow.tracking import MlflowClient

from features.errors import UserError
from flows.cli import run
from flows.delivery import Report
from flows.forecast import forecast
from flows.parameters import ForecastParameters, RetrainParameters
from flows.registry.champion import Registry
from flows.retrain import retrain
from flows.settings import Settings
from flows.steps import look_ahead
from tests.end_to_end.processes import free_port, kill_group, start_python, wait_until
from tests.flows.small import given, small_frame

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]
NAME = "waves-h3"


@pytest.fixture
def waves(tmp_path: Path) -> Path:
    """A weekly wave, so that who knows the season beats who does not."""
    path = tmp_path / "waves.csv"
    small_frame(400).to_csv(path, index=False)
    return path


@pytest.fixture
def train(waves: Path) -> Callable[..., Report]:
    """Run the flow `retrain` with these models."""

    def run(*models: str) -> Report:
        return retrain(RetrainParameters(**given(waves, models=models)))

    return run


def by_champion(source: Path, **fields: Any) -> Report:
    return forecast(ForecastParameters(**given(source, champion=True, **fields)))


def roles() -> dict[str, str]:
    """Alias -> model."""
    registry = Registry(Settings().tracking_uri, NAME)
    held = {alias: registry.holder(alias) for alias in registry.aliases()}
    return {alias: version.tags["model"] for alias, version in held.items() if version}


def test_a_life_of_champions(
    train: Callable[..., Report],
    waves: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from prefect.artifacts import Artifact

    first = train("naive")
    assert roles() == {"champion": "naive"}
    assert "naive is the first champion" in first.result.notes[0]

    refused = train("drift")
    assert roles() == {"champion": "naive", "challenger": "drift"}
    assert refused.result.notes[0].startswith("The champion stays: on 78 origins from 2020-11-15")
    assert "loses to the champion" in refused.result.notes[0]
    monkeypatch.setenv("COLUMNS", "80")
    capsys.readouterr()
    assert run(["champion", "show", str(waves), "--horizon", "3"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    assert "Champion     naive, version 1, since" in shown
    assert "Challenger   drift, version 2. The champion stays" in shown

    better = train("ridge")
    assert roles() == {"champion": "ridge", "previous": "naive"}
    decision = json.loads((better.folder / "champion.json").read_text())
    assert decision["promoted"]
    assert decision["champion"] == f"naive, version 1 of {NAME}"
    assert decision["evidence"]["p"] < 0.05
    report = (better.folder / "report.html").read_text(encoding="utf-8")
    assert "The challenger is promoted" in report
    tags = MlflowClient().get_run(better.run.id).data.tags
    assert tags["champion.decision"] == "promoted"
    assert tags["champion.challenger"] == f"{NAME} version 3"
    kept: Any = Artifact.get("waves-champion")
    assert "| p |" in str(kept.data)

    issued = by_champion(waves)
    assert issued.result.chosen == "ridge"
    assert list(issued.result.future.forecasts) == ["ridge", "naive", "seasonal-naive"]  # type: ignore[union-attr]
    expected = look_ahead([better.result.candidates[0]], better.result.panel).forecasts["ridge"]
    got = issued.result.future.forecasts["ridge"]  # type: ignore[union-attr]
    np.testing.assert_array_equal(got, expected)
    assert np.isfinite(issued.result.forecast["ridge-lo-90"]).all()
    assert "Use ridge, version 3 of waves-h3: champion since" in issued.result.verdicts[1]
    run_of = MlflowClient().get_run(issued.run.id)
    assert run_of.data.tags["chosen"] == "ridge"

    capsys.readouterr()
    assert run(["champion", "rollback", str(waves), "--horizon", "3"]) == 0
    assert capsys.readouterr().out.startswith(f"Champion  naive, version 1 of {NAME}")
    assert roles() == {"champion": "naive", "previous": "ridge"}
    assert by_champion(waves).result.chosen == "naive"
    assert run(["champion", "show", str(waves), "--horizon", "3", "--json", "-"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["champion"]["tags"]["champion.why"] == "Rolled back by hand from version 3."
    assert found["previous"]["version"] == 3
    assert found["challenger"] is None


def test_the_champion_forecasts_later_data_as_it_was_trained(
    train: Callable[..., Report], waves: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = train("gru-direct")
    longer = small_frame(430)
    longer.to_csv(waves, index=False)
    monkeypatch.setattr("flows.candidates.Candidate.fit", lambda *_: pytest.fail("it was trained"))
    issued = by_champion(waves)
    panel = issued.result.panel
    expected = look_ahead([report.result.candidates[0]], panel).forecasts["gru-direct"]
    got = issued.result.future.forecasts["gru-direct"]  # type: ignore[union-attr]
    np.testing.assert_array_equal(got, expected)
    split, before = issued.result.split, report.result.split
    assert (split.train, split.validation) == (before.train, before.validation)
    assert split.test == range(before.validation.stop, 430)


def test_a_champion_that_does_not_fit_is_one_sentence(
    train: Callable[..., Report], waves: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError, match=r"no champion 'waves-h3'; run forecastle retrain"):
        by_champion(waves)
    train("naive")
    with pytest.raises(UserError, match=r"no champion 'waves-h5' \(it holds waves-h3\)"):
        by_champion(waves, horizon=5)
    assert run(["champion", "rollback", str(waves), "--horizon", "3"]) == 2
    assert "is the first champion" in capsys.readouterr().err
    registry = Registry(Settings().tracking_uri, NAME)
    with pytest.raises(UserError, match="another run changed it"):
        registry.promote(ModelVersion(NAME, "7", 0), "overtaken", None)
    frame = small_frame(400)
    other = frame.assign(unique_id=frame["unique_id"].replace("b", "c"))
    other.to_csv(waves, index=False)
    with pytest.raises(UserError, match="trained on the series a, b, and the data has a, c"):
        by_champion(waves)
    frame[frame["ds"] > frame["ds"].iloc[330]].to_csv(waves, index=False)
    with pytest.raises(UserError, match="does not reach from the training of naive"):
        by_champion(waves)
    assert roles() == {"champion": "naive"}


def test_a_champion_made_on_later_data_is_not_judged_on_what_it_knew(
    train: Callable[..., Report], waves: Path
) -> None:
    train("naive")
    small_frame(320).to_csv(waves, index=False)
    report = train("ridge")
    assert "no origin lies after what both were fitted and chosen on" in report.result.notes[0]
    assert roles() == {"champion": "naive", "challenger": "ridge"}


def test_the_served_champion_answers_as_it_forecasts_here(
    train: Callable[..., Report],
    waves: Path,
    environment: dict[str, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    report = train("gru-direct")
    port = free_port()
    words = ["serve", str(waves), "--horizon", "3", "--port", str(port)]
    quick = (
        "from flows import cli; from flows.registry import serving; serving.LOOK = 0.5; cli.main()"
    )
    server = start_python(["-c", quick, *words], environment, tmp_path)
    try:
        wait_until(lambda: answers(port), server)
        frame = pd.read_csv(waves)
        question = {"dataframe_split": frame.to_dict(orient="split", index=False)}
        served = pd.DataFrame(asked(port, question)["predictions"])
        assert run(words) == 2
        assert f"port {port} of 127.0.0.1 cannot be had" in capsys.readouterr().err
        train("ridge")
        wait_until(lambda: set(served_by(port, question)) == {"unique_id", "ds", "ridge"}, server)
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=60)
        assert server.returncode == 130, said
        assert not answers(port)
    finally:
        if server.poll() is None:
            kill_group(server)
    expected = look_ahead([report.result.candidates[0]], report.result.panel).forecast_frame()
    served["ds"] = pd.to_datetime(served["ds"])
    pd.testing.assert_frame_equal(
        served, expected.drop(columns="cutoff"), check_dtype=False, check_exact=True
    )
    assert mlflow.get_tracking_uri() == report.run.uri


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5):
            return True
    except OSError:
        return False


def served_by(port: int, question: dict[str, Any]) -> list[str]:
    """The columns of the answer; none while the one server takes the other's place."""
    try:
        return list(asked(port, question)["predictions"][0])
    except OSError:
        return []


def asked(port: int, question: dict[str, Any]) -> Any:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations",
        json.dumps(question).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)
