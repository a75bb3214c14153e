"""The benchmark of the text models: what it is told, and that it finds its tasks."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType

import pytest

from benchmarks.text.__main__ import MINUTES, TASKS, main
from features.errors import UserError


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["benchmarks.text", *words])
    main()


def test_a_task_gets_its_folder_and_options(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[tuple[Path, argparse.Namespace]] = []
    task = ModuleType("benchmarks.text.enja")
    task.main = lambda data, options: got.append((data, options))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "benchmarks.text.enja", task)
    call(monkeypatch, "--data", str(tmp_path), "--task", "enja", "--seed", "3", "--model", "a,b")
    call(monkeypatch, "--data", str(tmp_path), "--task", "enja", "--minutes", "0.5")
    (data, first), (_, second) = got
    assert data == tmp_path
    assert (first.seed, first.minutes, first.model, first.checkpoints) == (3, 45, "a,b", None)
    assert (second.seed, second.minutes) == (0, 0.5)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--data", "nowhere", "--task", "enja"], "nowhere is no folder of corpora; name one with"),
        (["--data", ".", "--task", "enja", "--minutes", "0"], "--minutes is 0, expected more than"),
    ],
)
def test_what_cannot_be_used(
    words: list[str], sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=sentence):
        call(monkeypatch, *words)


def test_each_task_has_its_time() -> None:
    assert list(TASKS) == list(MINUTES)
