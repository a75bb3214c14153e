"""Live data through the command line: real clients, a real store, real Prefect and MLflow."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from flows.cli import run
from tests.end_to_end.processes import call
from tests.features.providers.meteostat_server import MeteostatServer, days
from tests.features.providers.yahoo_chart import traded
from tests.features.providers.yahoo_server import YahooServer

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]
Capture = pytest.CaptureFixture[str]
SESSIONS = pd.bdate_range("2024-01-02", "2025-12-31")
MODELS = ["--models", "naive,gru-direct", "--epochs", "1", "--look-back", "20", "--device", "cpu"]


@pytest.fixture
def yahoo(monkeypatch: pytest.MonkeyPatch) -> Iterator[YahooServer]:
    with YahooServer() as server:
        monkeypatch.setenv("FORECASTLE_YAHOO", server.url)
        server.add("AAPL", traded(SESSIONS, {300: 4.0}, {100: 0.3}))
        server.add("MSFT", traded(SESSIONS, seed=1))
        yield server


@pytest.fixture
def meteostat(monkeypatch: pytest.MonkeyPatch) -> Iterator[MeteostatServer]:
    with MeteostatServer() as server:
        monkeypatch.setenv("FORECASTLE_METEOSTAT", server.url)
        server.add_station("10637", latitude=50.05, longitude=8.6)
        server.tables["daily", "10637"] = days("2024-01-01", "2025-12-31")
        yield server


def found(words: list[str], capsys: Capture, code: int = 0) -> dict[str, Any]:
    assert run(["forecast", *words, *MODELS, "--json", "-"]) == code
    result: dict[str, Any] = json.loads(capsys.readouterr().out)
    return result


def test_stocks_are_fetched_and_a_run_repeats_as_of_its_moment(
    yahoo: YahooServer, capsys: Capture
) -> None:
    words = ["stocks", "--symbols", "AAPL,MSFT", "--set", "calendar=B"]
    first = found(words, capsys)
    assert {row["unique_id"] for row in first["forecast"]} == {"AAPL", "MSFT"}
    asked = len(yahoo.asked)
    yahoo.add("AAPL", traded(SESSIONS, {300: 4.0, 500: 2.0}, {100: 0.3}))
    again = found([*words, "--as-of", first["parameters"]["as_of"]], capsys)
    assert len(yahoo.asked) == asked
    assert again["leaderboard"] == first["leaderboard"]
    assert again["forecast"] == first["forecast"]


def test_a_symbol_that_is_not_there_is_named_and_the_others_go_on(
    yahoo: YahooServer, capsys: Capture
) -> None:
    words = ["stocks", "--symbols", "AAPL,NONE,MSFT", "--set", "calendar=B"]
    got = found(words, capsys, code=3)
    assert {row["unique_id"] for row in got["forecast"]} == {"AAPL", "MSFT"}
    assert any(note.startswith("Missing: NONE: ") for note in got["notes"])
    found([*words, "--set", "live.may_fail=1"], capsys, code=0)


def test_weather_of_a_station_and_of_a_place_and_again_from_its_parameters(
    meteostat: MeteostatServer, capsys: Capture
) -> None:
    by_name = found(["weather", "--station", "10637"], capsys)
    by_place = found(["weather", "--lat", "50.1", "--lon", "8.5"], capsys)
    assert by_name["forecast"] == by_place["forecast"]
    folder = Path(by_place["folder"])
    assert "passed" in (folder / "quality.csv").read_text(encoding="utf-8")
    asked = len(meteostat.asked)
    again = found(["weather", "--config", str(folder / "parameters.json")], capsys)
    assert len(meteostat.asked) == asked
    assert again["forecast"] == by_place["forecast"]


def test_severe_data_stops_the_run_before_training(yahoo: YahooServer, capsys: Capture) -> None:
    table = traded(SESSIONS)
    table.loc[250:, ["open", "high", "low", "close"]] /= 4  # a split that nobody recorded
    yahoo.add("AAPL", table)
    words = ["forecast", "stocks", "--symbols", "AAPL", "--set", "calendar=B", *MODELS]
    assert run(words) == 2
    said = capsys.readouterr().err
    assert "'unrecorded-split'" in said
    assert "AAPL" in said
    assert said.count("\n") == 1
    assert run([*words, "--set", "live.accept=[unrecorded-split]"]) == 0


@pytest.mark.parametrize(
    "words",
    [
        ["forecast", "stocks", "--symbols", "AAPL", "--as-of", "2199-01-01"],
        ["forecast", "stocks", "--symbols", "AAPL", "--as-of", "yesterday"],
        ["forecast", "stocks", "--station", "10637"],
        ["forecast", "weather", "--lat", "50"],
        ["forecast", "weather", "--as-of", "2026-01-01"],
        ["forecast", "stocks", "--symbols", "AAPL", "--set", "live.accept=[nothing]"],
        ["data", "show", "NONE"],
        ["data", "ls"],
        ["data", "show", "AAPL", "--as-of", "2026-01-31x"],
    ],
)
def test_a_mistake_is_one_sentence(words: list[str], yahoo: YahooServer, capsys: Capture) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_offline_with_a_warm_store_it_works_and_says_how_old_the_data_is(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with YahooServer() as server:
        server.add("AAPL", traded(SESSIONS))
        words = ["data", "fetch", "stocks", "--symbols", "AAPL"]
        online = environment | {"FORECASTLE_YAHOO": server.url}
        fetched = call([*words, "--end", "2025-06-30"], online, tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    offline = environment | {"FORECASTLE_YAHOO": "http://127.0.0.1:9"}
    words = ["forecast", "stocks", "--symbols", "AAPL", "--set", "calendar=B", *MODELS]
    done = call(words, offline, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Not brought up to date: AAPL" in done.stdout


def test_the_store_lists_shows_verifies_and_exports(
    yahoo: YahooServer, capsys: Capture, tmp_path: Path
) -> None:
    assert run(["data", "fetch", "stocks", "--symbols", "AAPL,MSFT"]) == 0
    assert "as of" in capsys.readouterr().out
    assert run(["data", "ls"]) == 0
    assert "AAPL" in capsys.readouterr().out
    assert run(["data", "show", "MSFT", "--rows", "3"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert run(["data", "export", "AAPL", "--to", str(tmp_path / "aapl.csv")]) == 0
    assert len(pd.read_csv(tmp_path / "aapl.csv")) == len(SESSIONS)
    assert run(["data", "verify"]) == 0
    (segment,) = (tmp_path / "home" / "store" / "yahoo" / "1d").glob("*.parquet")
    segment.write_bytes(segment.read_bytes()[:-100])
    capsys.readouterr()
    assert run(["data", "verify"]) == 3
    assert segment.name in capsys.readouterr().out
    assert run(["data", "show", "AAPL"]) == 2
