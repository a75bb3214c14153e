from __future__ import annotations

from pathlib import Path

import pytest

from flows.files import file_name, folder_at_once


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


@pytest.mark.parametrize("name", ["BRK/B ../x", "../../x", "/etc/x", "a\\b", "..\0/x", "C:x", "~"])
def test_file_names_hold_no_path(name: str, tmp_path: Path) -> None:
    there = (tmp_path / f"{file_name(name)}-forecast").resolve()
    assert there.parent == tmp_path.resolve()
    assert not set("/\\:\0~") & set(file_name(name))
