"""What the command line says and how it exits, as far as no flow is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.main import get_command

from features.errors import UserError
from flows.cli import run
from flows.cli.app import app
from flows.invocation import parameters_of
from flows.parameters import CANDIDATES, BacktestParameters, ForecastParameters
from flows.presets import PRESETS
from models.registry import MODELS
from models.settings import NetworkSettings
from tests.flows.small import small_file, small_frame

HEAVY = ("numpy", "pandas", "torch", "prefect", "mlflow", "optuna", "rich.console")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    return tmp_path / "home"


@pytest.mark.parametrize(
    "command",
    [
        *([], ["forecast"], ["backtest"], ["search"], ["score"], ["demo"]),
        *(["retrain"], ["serve"], ["champion"], ["champion", "show"], ["champion", "rollback"]),
    ],
)
def test_help_fits_the_terminal_and_imports_nothing_heavy(command: list[str]) -> None:
    code = f"""
import sys
from flows.cli import run
assert run({[*command, "--help"]!r}) == 0
print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""
    wide = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=wide
    )
    assert done.stderr.strip() == "[]"
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert not [line for line in done.stdout.splitlines() if line.endswith("-")]  # no cut names
    assert "forecastle" in done.stdout


Change = Callable[[pd.DataFrame], pd.DataFrame]
FRAMES: dict[str, tuple[Change, str]] = {
    "an empty frame": (lambda f: f.head(0), "no rows"),
    "one row": (lambda f: f.head(1), "one row"),
    "all NaN": (lambda f: f.assign(y=np.nan), "no observation"),
    "duplicate dates": (lambda f: pd.concat([f, f.tail(1)]), "repeats row"),
    "unsorted dates": (lambda f: f.iloc[::-1], "increase"),
    "mixed time zones": (
        lambda f: f.assign(ds=[f"{d}T00:00+0{k % 2}:00" for k, d in enumerate(f["ds"])]),
        "time zone",
    ),
    "infinite values": (lambda f: f.assign(y=f["y"].where(f.index != 5, np.inf)), "finite"),
    "a constant series": (lambda f: f.assign(y=1.0), "constant"),
    "a short series": (lambda f: f.groupby("unique_id").head(15), "steps"),
    "an unknown column": (lambda f: f.rename(columns={"y": "value"}), "'y'"),
    "words for numbers": (lambda f: f.assign(y="high"), "'high'"),
}


@pytest.mark.parametrize(("change", "said"), FRAMES.values(), ids=FRAMES)
def test_a_bad_frame_gets_one_sentence(
    change: Change, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    frame = small_frame()
    frame["ds"] = frame["ds"].dt.strftime("%Y-%m-%d")
    path = tmp_path / "bad.csv"
    change(frame).to_csv(path, index=False)
    refused(["forecast", str(path)], said, capsys, home)


def refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    """One sentence on standard error, exit code 2, nothing on disk."""
    assert run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert err.startswith("forecastle: ")
    assert err.count("\n") == 1
    assert not home.exists()


BYTES = {
    "nothing": (b"", "empty"),
    "words": (b"what a day\nit has been\n", "header"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40, "cannot read"),
    "200 MB of garbage": (bytes(np.random.default_rng(0).bytes(2**20)) * 200, "cannot read"),
    "half a Parquet file": (b"PAR1" + bytes(100), "Parquet"),
}


@pytest.mark.parametrize(("content", "said"), BYTES.values(), ids=BYTES)
def test_a_file_that_is_no_table_gets_one_sentence(
    content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    refused(["forecast", str(path)], said, capsys, home)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["missing.csv"], "missing.csv"),
        (["sotcks"], "did you mean 'stocks'?"),
        ([], "no source is named"),
        (["stocks", "--models", "naive,gru-drict"], "did you mean 'gru-direct'?"),
        (["stocks", "--models", ""], "unknown model ''"),
        (["stocks", "--horizon", "0"], "horizon: input should be greater than or equal to 1"),
        (
            ["stocks", "--look-back", "0"],
            "network.look_back: input should be greater",
        ),
        (
            ["stocks", "--epochs", "0"],
            "training.epochs: input should be greater than or equal to 1",
        ),
        (["stocks", "--device", "tpu"], "training.device"),
        (["stocks", "--set", "network.hidden"], "expected KEY=VALUE"),
        (["stocks", "--set", "network.hidden=[1"], "not a YAML value"),
        (["stocks", "--set", "network.heads=4"], "network.heads"),
        (["stocks", "--set", "network=4"], "network"),
        (["stocks", "--config", "missing.yaml"], "cannot read the parameters in missing.yaml"),
        (["stocks", "--json", "-", "--csv", "-"], "both write to standard output"),
    ],
)
def test_a_bad_option_gets_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str], home: Path
) -> None:
    refused(["forecast", *arguments], said, capsys, home)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--models", "naive,drift"], "a search needs a network"),
        (["--trials", "0"], "trials: input should be greater than or equal to 1"),
        (["--set", "tune=[heads]"], "tune.0: input should be 'hidden'"),
        (["--set", "training.members=2"], "training.members is 2; leave it at 1"),
        (["--look-back", "150"], "fewer than the"),
    ],
)
def test_a_bad_search_gets_one_sentence(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    home: Path,
) -> None:
    refused(["search", str(small_file(tmp_path)), *arguments], said, capsys, home)


@pytest.mark.parametrize("arguments", [["forecats"], ["forecast", "stocks", "--horizn", "3"]])
def test_a_word_it_does_not_know_is_a_usage_error(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    assert "No such" in capsys.readouterr().err


def test_the_help_names_models_that_there_are() -> None:
    command = get_command(app).commands["forecast"]  # type: ignore[attr-defined]
    (option,) = [option for option in command.params if "--models" in option.opts]
    names = option.help.partition(": ")[2].rstrip(".").split(", ")
    assert set(names) <= set(MODELS)
    assert set(names) >= set(CANDIDATES)


def test_later_words_win(tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text("horizon: 9\nnetwork: {hidden: 7, layers: 2}\nstride: 4\n")
    options: dict[str, Any] = {"network.hidden": 9, "training.seed": 3}
    parameters = parameters_of("forecast", "weather", config, options, ["training.seed=4"])
    assert isinstance(parameters, ForecastParameters)
    assert (parameters.horizon, parameters.stride) == (9, 4)  # the file's, over the preset's 7
    preset = NetworkSettings(**PRESETS["weather"]["network"])
    assert parameters.network == replace(preset, hidden=9, layers=2)
    assert parameters.training.seed == 4


def test_the_parameters_of_a_run_make_it_again(tmp_path: Path) -> None:
    settings = ["refit_every=10", "covariates.past=[wind]"]
    parameters = parameters_of("backtest", "weather", None, {}, settings)
    assert isinstance(parameters, BacktestParameters)
    config = tmp_path / "parameters.json"
    config.write_text(json.dumps(parameters.model_dump(mode="json")))
    assert parameters_of("backtest", None, config, {}, []) == parameters


@pytest.mark.parametrize("content", ["- 1\n- 2\n", "3", "a: [", "\x00"])
def test_a_file_of_parameters_must_hold_names_and_values(content: str, tmp_path: Path) -> None:
    config = tmp_path / "mine.yaml"
    config.write_text(content)
    with pytest.raises(UserError, match=r"mine\.yaml"):
        parameters_of("forecast", "stocks", config, {}, [])


def test_a_bug_keeps_its_traceback_and_exits_with_1(tmp_path: Path) -> None:
    code = """
import flows.steps
def broken(parameters): return 1 / 0
flows.steps.rehearse = broken
from flows.cli import main
main()
"""
    command = [sys.executable, "-c", code, "forecast", str(small_file(tmp_path))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("ZeroDivisionError: division by zero")
