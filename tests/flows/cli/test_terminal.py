"""What the terminal shows, in 80 columns."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from evaluation.backtest import Backtest
from flows import forecast_frame
from flows.cli import terminal
from flows.delivery import Report
from flows.results import Result
from flows.tracking.runs import TrackedRun
from tests.flows.small import small_frame

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _as_usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """80 columns, and the environment active: no line holds a path of this machine."""
    monkeypatch.setenv("COLUMNS", "80")
    scripts = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{scripts}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)


def result(factor: float = 1.0) -> Result:
    """Two baselines over the small frame, one of them under the longest name that there is."""
    frame = small_frame()
    frame["y"] *= factor
    found = forecast_frame(frame, 3, ["naive", "seasonal-naive"])
    fetched = replace(found.fetched, title="Water at the pier of a small town by the sea", unit="m")
    test, validation = (renamed(part) for part in (found.test, found.validation))
    return replace(found, fetched=fetched, test=test, validation=validation)


def renamed(part: Backtest) -> Backtest:
    """`seasonal-naive` as `lstm-recursive`."""
    naive, other = part.models
    forecasts = {naive: part.forecasts[naive], "lstm-recursive": part.forecasts[other]}
    if not part.margins:
        return replace(part, forecasts=forecasts)
    margins = {naive: part.margins[naive], "lstm-recursive": part.margins[other]}
    return replace(part, forecasts=forecasts, margins=margins)


def report(found: Result, tmp_path: Path, uri: str = "") -> Report:
    run = TrackedRun("abc", "1", "pier", uri or f"sqlite:///{tmp_path}/home/mlflow.db")
    return Report(found, tmp_path / "home" / "runs" / "pier-1", run)


@pytest.mark.parametrize("factor", [1.0, 4e4, 1e9])
def test_it_fits_80_columns_without_blanks_at_the_end(
    factor: float, tmp_path: Path, capsys: Capture
) -> None:
    terminal.show(report(result(factor), tmp_path))
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\u2026" not in out
    head = next(line for line in lines if line.startswith("model "))
    assert head.split()[-2:] == ["90", "%"]
    assert ("MASE" in head) == (factor < 1e9)
    rows = lines[lines.index(head) + 1 :][:2]
    assert [row.split()[0] for row in rows] == ["lstm-recursive", "naive"]
    assert {len(row) for row in rows} == {len(head)}


def test_without_intervals_nothing_is_said_of_them(tmp_path: Path, capsys: Capture) -> None:
    found = result()
    margins = found.test.margins.items()
    nothing = {name: replace(some, values=some.values * np.nan) for name, some in margins}
    found = replace(found, test=replace(found.test, margins=nothing))
    terminal.show(report(found, tmp_path))
    assert "90 %" not in capsys.readouterr().out


def test_it_says_what_the_run_found_and_which_model_to_use(tmp_path: Path, capsys: Capture) -> None:
    found = result()
    terminal.show(report(found, tmp_path))
    text = " ".join(capsys.readouterr().out.split())
    for sentence in found.verdicts[:2]:
        assert sentence in text
    assert not any(sentence in text for sentence in found.verdicts[2:])
    coverage = found.leaderboard["coverage_90"].iloc[0]
    assert f"{100 * coverage:.1f} %" in text


def test_the_store_is_named_once_by_a_command_to_copy(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / ".venv" / "bin" / "python"))
    terminal.show(report(result(), tmp_path), report(result(), tmp_path))
    out = capsys.readouterr().out
    assert out.count("Report    home/runs/pier-1/report.html\n") == 2
    assert out.count("Runs ") == out.count("mlflow ui") == 1
    command = ".venv/bin/mlflow ui --backend-store-uri sqlite:///home/mlflow.db"
    assert out.splitlines()[-1] == command


def test_elsewhere_paths_are_whole_and_quoted(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "else where").mkdir()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    terminal.show(report(result(), tmp_path / "else where"))
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith(f"--backend-store-uri 'sqlite:///{tmp_path}/else where/home/mlflow.db'")


def test_a_server_is_linked_and_no_password_shown(tmp_path: Path, capsys: Capture) -> None:
    terminal.show(report(result(), tmp_path, "http://me:secret@tides.example:5000"))
    out = capsys.readouterr().out
    assert "Run       http://tides.example:5000/#/experiments/1/runs/abc\n" in out
    assert "secret" not in out
    assert "mlflow ui" not in out
