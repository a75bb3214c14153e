"""The benchmarks of pairs: they end in time, print a table, and know a trained answer."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest
import torch

from benchmarks.text import pairs
from benchmarks.text.dialogue import share, wanted
from benchmarks.text.pairs import Contest, Plan, built, fitted
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import Vocabulary
from models.settings import TrainingSettings
from models.text.transformer import TransformerSettings
from models.text.translation import Parallel, translation_task
from models.text.translator import Translator, TranslatorSettings
from models.training import train

TALK = [Pair("hi", "hello you"), Pair("hi", "hi"), Pair("bye", "see you"), Pair("who", "me")]
VOCABULARY = Vocabulary.words(text for pair in TALK for text in pair)
SHAPE = TranslatorSettings(hidden=16, dropout=0.0)


def test_a_table_of_each_model_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    corpus = Corpus("talk", TALK * 4, TALK, TALK)
    shapes: dict[str, pairs.Shape] = {
        "attention": SHAPE,
        "transformer": TransformerSettings(16, 2, 1, 16, 0.0),
    }
    plans = dict.fromkeys(shapes, Plan(2, 1e-2, 40))
    contest = Contest(corpus, VOCABULARY, VOCABULARY, shapes, plans, "none")
    options = argparse.Namespace(
        seed=0, minutes=1.0, model="transformer,attention", checkpoints=None
    )
    contest.run(options, {"attention": "≥ 35"})
    printed = capsys.readouterr().out
    rows = [line for line in printed.splitlines() if line.startswith("|")]
    assert [row.split(" | ")[0] for row in rows[2:4]] == ["| transformer", "| attention"]
    assert rows[4].startswith("| Model | Words of the source")
    sentences = [int(row.split(" | ")[2]) for row in rows[6:]]
    assert sum(sentences) == 2 * len(TALK)
    assert "attention epoch 2: training" in printed
    assert "≥ 35 | 2 epochs" in rows[3]
    assert "padding 0.0 % of the sources" in printed


def test_a_training_that_goes_on_has_the_epochs_it_began_with(tmp_path: Path) -> None:
    parallel = Parallel.of(TALK, VOCABULARY, VOCABULARY)
    task = translation_task(parallel, parallel)
    done = []
    for minutes in (1e-9, 10.0):
        model = built(len(VOCABULARY), len(VOCABULARY), SHAPE)
        options = argparse.Namespace(seed=3, minutes=minutes, checkpoints=tmp_path / "kept")
        done.append(fitted(model, task, Plan(5, 1e-3), options, "talk"))
    assert [one.split(",")[0] for one in done] == ["1 epochs", "1 epochs"]
    assert (tmp_path / "kept" / "talk-3.safetensors").is_file()


def test_any_of_the_trained_answers_is_right() -> None:
    assert wanted(TALK) == {"hi": {"helloyou", "hi"}, "bye": {"seeyou"}, "who": {"me"}}
    torch.manual_seed(0)
    model = Translator(len(VOCABULARY), len(VOCABULARY), SHAPE)
    parallel = Parallel.of(TALK, VOCABULARY, VOCABULARY)
    settings = TrainingSettings(epochs=60, patience=60, learning_rate=2e-2, device="cpu")
    train(model, translation_task(parallel, parallel), settings)
    assert share(model, VOCABULARY, TALK, 4) == 100
    others = [Pair("hi", "nothing"), *TALK[2:]]
    assert share(model, VOCABULARY, others, 4) == pytest.approx(200 / 3)
