"""`forecastle audit` on files: what it says, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.audit import Leak
from features.errors import UserError
from features.sources.files import ColumnMapping, read_file
from flows.audit.fetch import rewritten
from flows.audit.inspection import Part, tried
from flows.cli import run
from tests.flows.small import SETTINGS, small_file, small_frame

Capture = pytest.CaptureFixture[str]
NETWORK = [f"network.{key}={value}" for key, value in SETTINGS["network"].items()]
SMALL = [word for setting in NETWORK for word in ("--set", setting)]
SMALL += ["--models", "naive,gru-direct", "--horizon", "3", "--device", "cpu"]


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path / "home"))


def leaking(folder: Path) -> list[str]:
    """Words of a command whose covariate is tomorrow's value."""
    ahead = small_frame().groupby("unique_id")["y"].shift(-1).to_numpy()
    path = small_file(folder, ahead=ahead)
    return ["audit", str(path), *SMALL, "--set", "covariates.past=[ahead]"]


def test_a_clean_run_ends_with_0_and_says_so_in_80_columns(tmp_path: Path, capsys: Capture) -> None:
    assert run(["audit", str(small_file(tmp_path)), *SMALL]) == 0
    said = capsys.readouterr().out
    assert "Nothing leaks." in said
    assert "LEAKS" not in said
    assert max(map(len, said.splitlines())) <= 80


def test_a_leak_ends_with_4_and_is_named(tmp_path: Path, capsys: Capture) -> None:
    assert run(leaking(tmp_path)) == 4
    said = capsys.readouterr().out
    assert "data                LEAKS" in said
    assert "data: 'ahead' of series 'a'" in said
    assert "1 leak." in said
    assert max(map(len, said.splitlines())) <= 80


def test_what_a_run_does_not_have_is_not_called_clean(tmp_path: Path, capsys: Capture) -> None:
    words = ["--models", "naive,drift", "--horizon", "3"]
    assert run(["audit", str(small_file(tmp_path)), *words]) == 0
    said = capsys.readouterr().out
    steps = [line.removesuffix("clean").strip() for line in said.splitlines() if "clean" in line]
    assert steps == ["fetch", "data", "validation", "fit", "forecast", "calibration", "selection"]
    assert "networks" not in said


def test_nothing_is_told_of_steps_that_refuse_another_future() -> None:
    leak = Leak("fit", "y", None, None, "fit: it knows.")

    def refuse() -> list[Leak]:
        raise UserError("the values are not finite")

    parts: dict[tuple[str, ...], Part] = {
        ("validation", "forecast"): refuse,
        ("validation", "fit"): lambda: [leak],
    }
    leaks, refused, (note,) = tried(parts)
    assert (leaks, refused) == ([leak], {"validation", "forecast"})
    assert note.startswith("Nothing is told of validation, forecast: ")
    assert "the values are not finite" in note


def test_json_holds_the_same_and_stands_alone_on_standard_output(
    tmp_path: Path, capsys: Capture
) -> None:
    assert run([*leaking(tmp_path), "--json", "-"]) == 4
    got: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert got["clean"] is False
    assert [(leak["step"], leak["column"]) for leak in got["leaks"]] == [("data", "ahead")]
    assert got["parameters"]["models"] == ["naive", "gru-direct"]


@pytest.mark.parametrize(
    "words", [["audit"], ["audit", "nowhere.csv"], ["audit", "weather", "--models", "gru"]]
)
def test_a_mistake_ends_with_2_and_one_sentence(words: list[str], capsys: Capture) -> None:
    assert run(words) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("kind", ["long", "wide", "semicolons", "parquet", "indexed"])
def test_a_copy_of_a_file_is_wild_after_the_origin_only(kind: str, tmp_path: Path) -> None:
    long = small_frame().assign(note="x", place=1.0)
    wide = small_frame().pivot(index="ds", columns="unique_id", values="y")
    path, copy = tmp_path / "given.csv", tmp_path / "copy.csv"
    if kind == "long":
        long.to_csv(path, index=False)
    elif kind == "parquet":
        path, copy = path.with_suffix(".parquet"), copy.with_suffix(".parquet")
        long.to_parquet(path, index=False)
    elif kind == "indexed":
        path, copy = path.with_suffix(".parquet"), copy.with_suffix(".parquet")
        wide.to_parquet(path)
    else:
        wide.to_csv(path, sep=";" if kind == "semicolons" else ",")
    before = read_file(path).frame
    origin = before["ds"].iloc[100]
    assert rewritten(path, copy, None, origin, ["place"])
    after = read_file(copy).frame
    late = before["ds"] > origin
    pd.testing.assert_frame_equal(before[~late], after[~late], check_exact=True)
    assert (before.loc[late, "y"] != after.loc[late, "y"]).all()
    if "place" in after:
        assert (after["place"] == 1).all()


def test_a_mapped_column_is_rewritten_under_its_own_name(tmp_path: Path) -> None:
    path, copy = tmp_path / "given.csv", tmp_path / "copy.csv"
    days = pd.date_range("2020-01-01", periods=30)
    pd.DataFrame({"day": days, "t": np.arange(30.0), "other": 1.5}).to_csv(path, index=False)
    mapping = ColumnMapping("day", {"t": "temperature"})
    assert rewritten(path, copy, mapping, days[9], [])
    table = pd.read_csv(copy)
    assert (table["t"][10:] > 100).sum() >= 15
    assert (table["t"][:10] == np.arange(10.0)).all()
    assert (table["other"] == 1.5).all()
