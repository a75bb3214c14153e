"""The benchmark of sentence polarity, on sentences that a pattern makes."""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import pytest

from benchmarks.text import polarity


def folder_of(sentences: int, home: Path) -> Path:
    draw = random.Random(0)
    (home / "sentiment").mkdir()
    for label, words in (("neg", "awful dull poor"), ("pos", "great fine superb")):
        lines = (
            " ".join(
                [
                    *draw.choices(["the", "a", "film", "plot", "is", "so"], k=draw.randint(2, 8)),
                    word,
                ]
            )
            for word in draw.choices(words.split(), k=sentences)
        )
        path = home / "sentiment" / f"rt-polarity.{label}"
        path.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return home


def options(checkpoints: Path | None = None) -> argparse.Namespace:
    return argparse.Namespace(seed=0, minutes=1e-6, checkpoints=checkpoints)


def test_a_sentence_is_in_one_part_only(tmp_path: Path) -> None:
    corpus = polarity.read(folder_of(60, tmp_path) / "sentiment", 0)
    parts = [{*part} for part in (corpus.train, corpus.validation, corpus.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))
    assert {one.label for one in corpus.train} == {"neg", "pos"}


def test_it_tells_what_it_reaches_and_goes_on_from_its_checkpoints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polarity, "RUNS", 2)
    data, kept = folder_of(100, tmp_path), tmp_path / "kept"
    told = []
    for _ in range(2):
        polarity.main(data, options(kept))
        told.append(capsys.readouterr().out.splitlines())
    first, again = ([line.split("|")[1:6] for line in lines if "|" in line] for lines in told)
    # without time for more, each run has one member
    assert [row[1].strip() for row in first[2:]] == ["1", "1"]
    assert first == again
    assert any("epoch 6" in line for line in told[0])
    assert not any("epoch" in line for line in told[1])
    assert "target 76.5 %" in told[0][-1]
