"""Forecast, wait, score: through the command line, with real Prefect and MLflow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from flows.cli import run
from tests.features.providers.meteostat_server import MeteostatServer, days
from tests.flows.postgres import serving
from tests.flows.small import small_frame

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]
OPTIONS = ["--horizon", "3", "--models", "naive,seasonal-naive"]
Capture = pytest.CaptureFixture[str]


def cut(path: Path, last: str) -> str:
    """The small frame up to a date, as the file."""
    frame = small_frame()
    frame[frame["ds"] <= last].to_csv(path, index=False)
    return str(path)


def printed(words: list[str], capsys: Capture, code: int = 0) -> dict[str, Any]:
    assert run([*words, "--json", "-"]) == code
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def count(home: Path, table: str) -> int:
    engine = create_engine(f"sqlite:///{home}/ledger.db", poolclass=NullPool)
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_what_was_forecast_is_scored_when_it_has_come(
    tmp_path: Path, home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = cut(tmp_path / "tides.csv", "2020-05-20")
    printed(["forecast", source, *OPTIONS], capsys)
    again = printed(["forecast", source, *OPTIONS], capsys)
    assert (count(home, "issues"), count(home, "forecasts")) == (1, 2 * 2 * 3)
    cut(tmp_path / "tides.csv", "2020-05-22")
    found = printed(["score", source], capsys)

    # By hand: the naive forecast is the value of the 20th, the other one that of a week before.
    y = small_frame().pivot(index="ds", columns="unique_id", values="y")
    truth = y.loc["2020-05-21":"2020-05-22"]
    naive = np.abs(truth - y.loc["2020-05-20"]).mean()
    seasonal = np.abs(truth - y.shift(7)).mean()
    scores = {(s["model"], s["step"], s["cutoff"]): s for s in found["scores"]}
    by_rule = scores["naive", None, None], scores["seasonal-naive", None, None]
    assert by_rule[0]["points"] == by_rule[1]["points"] == 4
    assert by_rule[0]["mae"] == pytest.approx(naive.mean())
    assert by_rule[1]["mae"] == pytest.approx(seasonal.mean())
    assert by_rule[1]["skill_vs_naive"] == pytest.approx(1 - seasonal.mean() / naive.mean())
    error = y.loc["2020-05-15"] - y.loc["2020-05-22"]
    assert scores["seasonal-naive", 2, None]["bias"] == pytest.approx(error.mean())
    chosen = scores[again["chosen"], None, None] | {"model": "(chosen)"}
    assert scores["(chosen)", None, None] == chosen

    metrics = MlflowClient(f"sqlite:///{home}/mlflow.db").get_run(found["mlflow_run_id"]).data
    assert metrics.metrics["followup/naive/mae"] == pytest.approx(naive.mean())
    assert metrics.tags["drift.errors"] == "stable"
    table = pd.read_csv(Path(found["folder"]) / "followup.csv")
    assert table["mae"].tolist() == pytest.approx([s["mae"] for s in found["scores"]])

    monkeypatch.setenv("COLUMNS", "80")
    assert run(["score", source]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    assert "2020-05-22" in out
    assert f"{y.loc['2020-05-22', 'a']:.2f}" in out
    assert count(home, "actuals") == 2 * 3  # the cutoff too


def test_a_forecast_scores_those_before_it_and_its_own_stay_apart(
    tmp_path: Path, home: Path, capsys: Capture
) -> None:
    source = cut(tmp_path / "tides.csv", "2020-05-20")
    first = printed(["forecast", source, *OPTIONS], capsys)
    assert not (Path(first["folder"]) / "followup.csv").exists()
    cut(tmp_path / "tides.csv", "2020-05-23")
    second = printed(["forecast", source, *OPTIONS], capsys)
    points = pd.read_csv(Path(second["folder"]) / "followup_points.csv")
    assert set(points["cutoff"]) == {"2020-05-20"}
    assert points["y"].notna().all()
    assert any(note.startswith("Earlier forecasts from one cutoff") for note in second["notes"])
    client = MlflowClient(f"sqlite:///{home}/mlflow.db")
    logged = client.get_run(second["mlflow_run_id"]).data
    assert logged.metrics["followup/naive/points"] == 6
    assert logged.tags["drift.inputs"] == "stable"
    assert count(home, "issues") == 2


def test_a_run_that_fails_has_issued_nothing(tmp_path: Path, home: Path) -> None:
    frame = small_frame()
    frame.loc[3, "y"] = -1.0
    frame.to_csv(tmp_path / "tides.csv", index=False)
    words = ["forecast", str(tmp_path / "tides.csv"), "--horizon", "3", "--look-back", "14"]
    assert run([*words, "--models", "gru-direct", "--set", "scaling.log=true"]) == 2
    assert list((home / "runs").iterdir()) == []
    assert count(home, "issues") == count(home, "forecasts") == 0


def test_where_nothing_was_forecast_there_is_nothing_to_score(
    sample: Path, home: Path, capsys: Capture
) -> None:
    assert run(["score", str(sample)]) == 2
    err = capsys.readouterr().err
    assert "the ledger holds no forecast of" in err
    assert err.count("\n") == 1
    assert not (home / "runs").exists()


@pytest.mark.parametrize("command", ["forecast", "score"])
def test_a_ledger_that_cannot_be_used_is_said_before_anything_is_trained(
    command: str, sample: Path, home: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTLE_LEDGER_URL", f"sqlite:///{home}/mlflow.db")
    words = OPTIONS if command == "forecast" else []
    assert run([command, str(sample), *words]) == 2
    err = capsys.readouterr().err
    assert "expected a ledger or nothing" in err
    assert err.count("\n") == 1
    assert not (home / "runs").exists()


def test_weather_of_a_station_is_scored_with_the_words_of_its_forecast(
    capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    with MeteostatServer() as server, serving() as url:
        monkeypatch.setenv("FORECASTLE_METEOSTAT", server.url)
        monkeypatch.setenv("FORECASTLE_LEDGER_URL", url)
        server.add_station("10637", latitude=50.05, longitude=8.6)
        today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
        whole = days(str(today - pd.Timedelta(days=730)), str(today - pd.Timedelta(days=1)))
        whole["temp"] = whole["temp"].fillna(5.0)
        server.tables["daily", "10637"] = whole
        words = ["weather", "--station", "10637"]
        end = f"end={whole.index[-3].date()}"
        printed(["forecast", *words, "--models", "naive", "--set", end], capsys)
        found = printed(["score", *words], capsys)
        temperature = whole["temp"].to_numpy()
        assert [point["y"] for point in found["points"][:3]] == [*temperature[-2:], None]
        error = np.abs(temperature[-2:] - temperature[-3]).mean()
        naive = next(s for s in found["scores"] if s["model"] == "naive")
        assert (naive["points"], naive["mae"]) == (2, pytest.approx(error))
        missing = printed(["score", "weather", "--station", "10637,99999"], capsys, code=3)
        assert missing["points"] == found["points"]
