"""The examples of chapter one tell what they found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from flows.text.bench import Bench
from flows.text.chapter_one import EXAMPLES
from flows.text.chapter_one_language import prose
from flows.text.characters import SMALL, characters
from models.training import Epoch


@dataclass
class Kept:
    """A record in memory."""

    trained: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    epochs: list[tuple[str, Epoch]] = field(default_factory=list)
    found: dict[str, Mapping[str, float]] = field(default_factory=dict)

    def params(self, name: str, params: Mapping[str, Any]) -> None:
        self.trained[name] = params

    def epoch(self, name: str, epoch: Epoch) -> None:
        self.epochs.append((name, epoch))

    def metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        self.found[name] = metrics


def bench(folder: Path) -> Bench:
    return Bench(folder, size="small", device="cpu", record=Kept())


def run(number: str, folder: Path) -> Kept:
    work = bench(folder)
    next(one for one in EXAMPLES if one.number == number).run(work)
    assert isinstance(work.record, Kept)
    return work.record


def test_by_hand_is_autograd_on_the_text(tmp_path: Path) -> None:
    record = run("1.3", tmp_path)
    assert record.found["by-hand"]["difference"] < 1e-6


def test_lags_are_told_for_every_cell(tmp_path: Path) -> None:
    record = run("1.5", tmp_path)
    table = pd.read_csv(tmp_path / "1.5-lags.csv")
    assert table["cell"].tolist() == ["rnn", "lstm", "gru"]
    assert set(table.columns) == {"cell", "adding", "copying"}
    assert {f"adding-4-{cell}" for cell in table["cell"]} <= set(record.found)


def test_the_language_model_stands_beside_counting(tmp_path: Path) -> None:
    record = run("1.6", tmp_path)
    table = pd.read_csv(tmp_path / "1.6-characters.csv").set_index("model")
    bits = table["bits per character"]
    assert bits["LSTM"] == pytest.approx(record.found["characters-lstm"]["bits_per_character"])
    assert bits["3-gram"] < bits["1-gram"] < bits["even guess"]
    samples = (tmp_path / "1.6-samples.txt").read_text(encoding="utf-8")
    assert samples.count("\n--- ") == 6
    assert record.trained["characters-lstm"]["cell"] == "lstm"


def test_a_prompt_is_prose() -> None:
    assert prose("+----+----+ | 1 | it reads on 12 34 56", 11) == "eads on 12 "
    assert prose("short", 60) == "short"


def test_hello_is_completed(tmp_path: Path) -> None:
    run("1.7", tmp_path)
    assert (tmp_path / "1.7-hello.txt").read_text(encoding="utf-8") == "h → hello\n"


def test_the_seed_decides_the_numbers(tmp_path: Path) -> None:
    first, second = (run("1.1", tmp_path / name) for name in "ab")
    torch.rand(3)
    assert first.found == second.found


def test_small_parts_are_the_beginnings_of_the_whole(tmp_path: Path) -> None:
    text, corpus = characters(bench(tmp_path)), Bench(tmp_path).corpora.text()
    assert text.train == "".join(corpus.train[:SMALL])
    assert text.unseen == "".join(corpus.test[:SMALL])
    assert text.written(text.ids(text.train).tolist()) == text.train
