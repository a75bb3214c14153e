"""Each format is read as it is written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from features.text.corpora import Corpora
from features.text.corpus import Labelled, Pair, Tagged
from features.text.loaders import (
    load_labelled,
    load_pairs,
    load_tagged,
    load_text,
)
from features.text.source import Source, source_of
from features.text.translations import load_translations

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def to(name: str, text: str) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    return to


def at(path: Path, **options: str) -> Source:
    return Source(str(path), options)


def test_tab_separated_pairs(write: Write) -> None:
    path = write("a.tsv", "Hi.\tSalut !\tCC-BY\r\nGo.\tVa !\n")
    assert load_translations(at(path), "fr").train == [Pair("Hi.", "Salut !"), Pair("Go.", "Va !")]


def test_two_files_line_by_line(write: Write) -> None:
    one, other = write("x.en", "a b\nc\n"), write("x.ja", "い ろ\nは\n")
    both = Source(f"{one},{other}")
    assert load_translations(both, "ja").train == [Pair("a b", "い ろ"), Pair("c", "は")]


def test_a_folder_of_parallel_files_keeps_its_own_parts(write: Write) -> None:
    for part in ("train", "dev", "test"):
        write(f"{part}.en", f"{part} one\n{part} two\n")
        folder = write(f"{part}.ja", f"{part} 一\n{part} 二\n").parent
    corpus = Corpora(translation=str(folder)).pairs("ja")
    assert corpus.train == [Pair("train one", "train 一"), Pair("train two", "train 二")]
    assert corpus.validation[0].source == "dev one"
    assert corpus.test[1].target == "test 二"


def test_a_folder_a_class(write: Write) -> None:
    write("good/1.txt", "nice\nfilm")
    folder = write("bad/1.txt", "dull").parents[1]
    assert load_labelled(at(folder)).train == [
        Labelled("dull", "bad"),
        Labelled("nice film", "good"),
    ]


@pytest.mark.parametrize("name", ["", "rt-polarity"], ids=["the folder", "what the names share"])
def test_a_file_a_class(write: Write, name: str) -> None:
    write("rt-polarity.pos", "nice\nfine\n")
    folder = write("rt-polarity.neg", "dull\n").parent
    found = load_labelled(at(folder / name)).train
    assert found == [Labelled("dull", "neg"), Labelled("nice", "pos"), Labelled("fine", "pos")]


def test_a_folder_a_class_in_train_and_test(write: Write) -> None:
    for part in ("train", "test"):
        write(f"imdb/{part}/pos/0.txt", f"{part} nice")
        write(f"imdb/{part}/neg/0.txt", f"{part} dull")
    found = load_labelled(at(write("imdb/README", "reviews").parent))
    assert found.train == [Labelled("train dull", "neg"), Labelled("train nice", "pos")]
    assert found.validation is None
    assert found.test == [Labelled("test dull", "neg"), Labelled("test nice", "pos")]


def test_json_lines_with_named_fields(write: Write) -> None:
    path = write(
        "a.jsonl", '{"review": "nice\\n one", "stars": 5}\n{"review": "dull", "stars": 1}\n'
    )
    found = load_labelled(at(path, text="review", label="stars")).train
    assert found == [Labelled("nice one", "5"), Labelled("dull", "1")]


def test_compressed_json_lines_of_sentences_in_parts(tmp_path: Path) -> None:
    for part in ("train", "dev", "test"):
        line = json.dumps({"source": [f"{part} a .", "b ."], "target": ["short .", "other ."]})
        (tmp_path / f"{part}.jsonl.gz").write_bytes(gzip.compress(line.encode()))
    corpus = Corpora(summaries=str(tmp_path)).summarised()
    assert list(corpus.train) == [Pair("train a . b .", "short .")]
    assert list(corpus.validation) == [Pair("dev a . b .", "short .")]


def test_json_lines_of_translations(write: Write) -> None:
    path = write("a.jsonl", '{"translation": {"en": "hi", "de": "hallo"}}\n')
    assert load_translations(at(path), "de").train == [Pair("hi", "hallo")]
    path = write("b.jsonl", '{"english": "hi", "deutsch": "hallo"}\n')
    found = load_translations(at(path, en="english", de="deutsch"), "ja").train
    assert found == [Pair("hi", "hallo")]
    path = write("c.jsonl", '{"said": "hi", "meant": "hallo"}\n')
    found = load_translations(at(path, source="said", target="meant"), "ja").train
    assert found == [Pair("hi", "hallo")]


def test_the_first_language_that_is_there_unless_one_is_named(write: Write) -> None:
    for language in ("en", "fr", "de"):
        for part in ("train", "dev"):
            folder = write(f"{part}.{language}", f"{part} {language}\n").parent
    assert load_translations(at(folder), "ja", "fr").train == [Pair("train en", "train fr")]
    named = load_translations(at(folder, language="de"), "ja", "fr")
    assert (named.train, named.validation) == (
        [Pair("train en", "train de")],
        [Pair("dev en", "dev de")],
    )
    path = write("a.jsonl", '{"translation": {"en": "hi", "fr": "salut", "de": "hallo"}}\n')
    assert load_translations(at(path), "ja", "fr").train == [Pair("hi", "salut")]
    assert load_translations(at(path, language="de"), "fr").train == [Pair("hi", "hallo")]


@pytest.mark.parametrize("language", ["fr", "ja"])
def test_one_language_serves_the_examples_of_both(write: Write, language: str) -> None:
    write("train.en", "a\nb\nc\n")
    folder = write(f"train.{language}", "x\ny\nz\n").parent
    one, other = (Corpora(translation=str(folder)).pairs(asked) for asked in ("fr", "ja"))
    assert one == other


def test_a_folder_of_tab_separated_translations(write: Write) -> None:
    for part in ("train", "test"):
        folder = write(f"{part}.tsv", f"{part} en\t{part} fr\n").parent
    found = load_translations(at(folder), "fr")
    assert found.train == [Pair("train en", "train fr")]
    assert found.test == [Pair("test en", "test fr")]
    write("train.en", "hi\n")  # what a file a language says goes before any other file
    write("train.fr", "salut\n")
    assert load_translations(at(folder), "fr").train == [Pair("hi", "salut")]


def test_a_name_may_have_a_comma_in_it(write: Write) -> None:
    path = write("a, b.tsv", "a\tb\nc\td\n")
    assert load_translations(Source(str(path)), "fr").train == [Pair("a", "b"), Pair("c", "d")]


def test_dialogues_in_yaml(write: Write) -> None:
    text = "conversations:\n- - Hi\n  - Hello\n  - How are you?\n- - Bye\n  - See you\n- alone\n"
    path = write("talk/a.yml", text)
    want = [Pair("Hi", "Hello"), Pair("Hello", "How are you?"), Pair("Bye", "See you")]
    assert load_pairs(at(path)).train == want
    assert load_pairs(at(path.parent)).train == want


def test_tagged_files(write: Write) -> None:
    path = write(
        "train.conll",
        "-DOCSTART- -X- O O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\n\nPeter NNP B-NP B-PER\n",
    )
    want = [Tagged(("EU", "rejects"), ("B-ORG", "O")), Tagged(("Peter",), ("B-PER",))]
    assert load_tagged(at(path)).train == want
    assert load_tagged(at(path.parent)).train == want


def test_plain_text_with_any_line_ends_and_a_mark_of_bytes(write: Write) -> None:
    path = write("a.txt", "\ufeffOne\r\ntwo\n\nthree")
    assert load_text(at(path)) == "One\ntwo\n\nthree"


def test_parts_that_a_source_lacks_are_drawn_by_the_seed(write: Write) -> None:
    path = write("a.tsv", "".join(f"s{k}\tt{k}\n" for k in range(100)))
    one, same = (Corpora(dialogue=str(path)).dialogues() for _ in range(2))
    other = Corpora(dialogue=str(path), seed=1).dialogues()
    assert one.digest == same.digest != other.digest
    assert (len(one.train), len(one.validation), len(one.test)) == (80, 10, 10)
    assert len({*one.train, *one.validation, *one.test}) == 100


def test_an_option_names_what_stands_behind_the_question_mark() -> None:
    assert source_of("a.jsonl?text=body&label=stars") == Source(
        "a.jsonl", {"text": "body", "label": "stars"}
    )
    assert source_of("hf:user/set?config=fr-en") == Source("user/set", {"config": "fr-en"}, True)
