from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from flows.files import file_name, folder_at_once, intact
from models.kept import keep

KILLED = """
import os, signal, sys
from pathlib import Path
from flows.files import folder_at_once
with folder_at_once(Path(sys.argv[1])):
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_folder_appears_whole(tmp_path: Path) -> None:
    final = tmp_path / "deep" / "result"
    with folder_at_once(final) as draft:
        (draft / "a.txt").write_text("a")
        assert not final.exists()
    assert [path.name for path in final.iterdir()] == ["a.txt"]
    assert [path.name for path in final.parent.iterdir()] == ["result"]


@pytest.mark.parametrize("failure", [ValueError, KeyboardInterrupt])
def test_nothing_is_left_of_a_failure(tmp_path: Path, failure: type[BaseException]) -> None:
    def fail() -> None:
        with folder_at_once(tmp_path / "result") as draft:
            (draft / "a.txt").write_text("a")
            raise failure

    with pytest.raises(failure):
        fail()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "result").mkdir()
    (tmp_path / "result" / "kept.txt").write_text("kept")
    with pytest.raises(OSError, match="not empty"), folder_at_once(tmp_path / "result"):
        pass
    assert (tmp_path / "result" / "kept.txt").read_text() == "kept"


def test_what_a_killed_process_left_goes_and_what_another_one_writes_stays(tmp_path: Path) -> None:
    with folder_at_once(tmp_path / "mine") as mine:
        root = str(Path(__file__).parents[2])
        words = [sys.executable, "-c", KILLED, str(tmp_path / "killed")]
        assert subprocess.run(words, cwd=root, check=False).returncode == -signal.SIGKILL
        assert len(list(tmp_path.iterdir())) == 2
        with folder_at_once(tmp_path / "other") as other:
            assert sorted(tmp_path.iterdir()) == sorted([mine, other])


def test_a_cut_archive_is_told_from_a_whole_one(tmp_path: Path) -> None:
    kept = tmp_path / "kept.npz"
    np.savez(kept, forecasts=np.arange(100.0))
    assert intact(kept)
    content = kept.read_bytes()
    for length in range(0, len(content), 50):
        kept.write_bytes(content[:length])
        assert not intact(kept)


def test_cut_weights_are_told_from_whole_ones(tmp_path: Path) -> None:
    path = tmp_path / "kept.safetensors"
    keep({"w": torch.arange(100.0)}, path)
    assert intact(path)
    content = path.read_bytes()
    for length in range(0, len(content), 50):
        path.write_bytes(content[:length])
        assert not intact(path)


def test_cut_json_is_told_from_whole_json(tmp_path: Path) -> None:
    kept = tmp_path / "kept.json"
    kept.write_text("[1]")
    assert intact(kept)
    kept.write_text("[1")
    assert not intact(kept)


@pytest.mark.parametrize("name", ["BRK/B ../x", "../../x", "/etc/x", "a\\b", "..\0/x", "C:x", "~"])
def test_file_names_hold_no_path(name: str, tmp_path: Path) -> None:
    there = (tmp_path / f"{file_name(name)}-forecast").resolve()
    assert there.parent == tmp_path.resolve()
    assert not set("/\\:\0~") & set(file_name(name))
