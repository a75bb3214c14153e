"""Chapter three: the chatbot it makes answers, and its figures show what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from features.errors import UserError
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from flows.text.chapter_three import EXAMPLES
from flows.text.chapter_three_decoding import joined
from flows.text.chapter_three_encoding import apart, measured, plane
from flows.text.chat import chat, plain
from flows.text.translating import Lesson, Machine, learned
from models.kept import keep
from models.text.beam import Search
from models.text.translator import Translator, TranslatorSettings

PAIRS = [Pair("who are you ?", "A friend."), Pair("how are you ?", "I am well.")]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "text" / "chapter-3", size="small", device="cpu")


def test_the_chatbot_of_the_example_is_where_the_command_looks(
    bench: Bench, tmp_path: Path
) -> None:
    EXAMPLES[-1].run(bench)
    said: list[str] = []
    chat(tmp_path, ["hello"], said.append)
    assert len(said) == 1


def test_the_chatbot_says_what_it_was_told(bench: Bench, tmp_path: Path) -> None:
    corpus = Corpus("talk", PAIRS, PAIRS, PAIRS)
    both = tuple(Vocabulary.words(texts) for texts in zip(*PAIRS, strict=True))
    shape = TranslatorSettings(hidden=16, dropout=0.0)
    lesson = Lesson(40, learning_rate=2e-2)
    machine, history = learned(bench, "talk", corpus, (both[0], both[1]), shape, lesson)
    assert len(history) == 40
    machine.keep(tmp_path / "text" / "chat.safetensors")
    said: list[str] = []
    chat(tmp_path, ["Who are you?", "HOW are you ?", "", "who are you?"], said.append)
    assert said == ["A friend.", "I am well."]


def test_without_a_chatbot_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no chatbot at .*chat.safetensors; train one with"):
        chat(tmp_path, ["hello"])


def test_a_chatbot_that_cannot_be_read_is_said_in_one_sentence(tmp_path: Path) -> None:
    place = tmp_path / "text" / "chat.safetensors"
    place.parent.mkdir()
    place.write_bytes(b"cut")
    with pytest.raises(UserError, match="is cut short, or of another version; train one with"):
        chat(tmp_path, ["hello"])
    keep({"settings": {}, "weights": {}}, place)
    with pytest.raises(UserError, match="is cut short, or of another version; train one with"):
        chat(tmp_path, ["hello"])


def test_a_small_chatbot_does_not_take_the_place_of_one_that_is_there(
    bench: Bench, tmp_path: Path
) -> None:
    place = tmp_path / "text" / "chat.safetensors"
    place.parent.mkdir()
    place.write_bytes(b"learned for minutes")
    EXAMPLES[-1].run(bench)
    assert place.read_bytes() == b"learned for minutes"


def test_a_machine_that_is_kept_answers_alike(tmp_path: Path) -> None:
    torch.manual_seed(0)
    words = Vocabulary.words(["a b c"])
    shape = TranslatorSettings("lstm", 8, 2, attention="additive")
    machine = Machine(Translator(7, 7, shape).eval(), words, words)
    machine.keep(tmp_path / "one.safetensors")
    again = Machine.kept(tmp_path / "one.safetensors")
    search = Search(3)
    assert again.answers(["a b", "c"], search, 3) == machine.answers(["a b", "c"], search, 3)
    assert again.model.settings == shape


def test_what_is_typed_is_read_as_what_was_learned() -> None:
    assert plain("  Who's THERE?") == "who 's there ?"
    assert plain(plain("Wait, no!")) == plain("Wait, no!") == "wait , no !"


def test_joined_pairs_stay_within_their_part() -> None:
    parts = [[Pair(f"{name}{k}.", f"{name.upper()}{k}.") for k in range(5)] for name in "abc"]
    corpus = joined(Corpus("toy", *parts), 30, 10, seed=0)
    for part, name in zip((corpus.train, corpus.validation, corpus.test), "abc", strict=True):
        for pair in part:
            assert pair.source.upper() == pair.target
            assert set(pair.source) <= set(f"{name}01234. ")
    assert {len(pair.source.split()) for pair in corpus.train} == {1, 2, 3, 4}
    assert joined(Corpus("toy", *parts), 30, 10, seed=0) == corpus


def test_half_of_what_is_learned_are_single_sentences() -> None:
    part = [Pair("a.", "A.")]
    corpus = joined(Corpus("toy", part, part, part), 1000, 1000, seed=0)
    single = [sum(pair in part for pair in found) for found in (corpus.train, corpus.test)]
    assert single == pytest.approx([500, 250], abs=60)


def test_unknown_words_are_counted_as_words() -> None:
    words = Vocabulary.words(["a b b"])
    assert measured("words", words, ["a b", "c b"]) == ("words", 6, 2.0, 0.25)


def test_the_plane_keeps_the_directions_that_differ_most() -> None:
    draw = np.random.default_rng(0)
    vectors = draw.normal(size=(50, 4)) * np.array([0.1, 9.0, 3.0, 0.01]) + 7
    points = plane(vectors)
    assert abs(np.corrcoef(points[:, 0], vectors[:, 1])[0, 1]) > 0.99
    assert abs(np.corrcoef(points[:, 1], vectors[:, 2])[0, 1]) > 0.99


def test_marked_points_lie_far_from_each_other() -> None:
    points = np.array([[0.0, 0.0], [0.1, 0.0], [9.0, 0.0], [9.0, 0.1], [0.0, 8.0]])
    marked = apart(points, 3)
    assert len(marked & {0, 1}) == 1
    assert len(marked & {2, 3}) == 1
    assert 4 in marked


def test_the_same_seed_gives_the_same_machine(bench: Bench) -> None:
    corpus = Corpus("talk", PAIRS, PAIRS, PAIRS)
    both = Vocabulary.words(["who are you ? how"]), Vocabulary.words(["A friend. I am well."])
    shape, lesson = TranslatorSettings(hidden=8), Lesson(2)
    found = [
        learned(replace(bench, seed=seed), "talk", corpus, both, shape, lesson)[1]
        for seed in (0, 0, 1)
    ]
    losses = [[epoch.validation_loss for epoch in one] for one in found]
    assert losses[0] == losses[1] != losses[2]
