"""What is held out teaches nothing; corpora of few examples are enough, or are refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from features.errors import UserError
from features.text.corpora import Corpora
from flows.text.bench import Bench, Forgetful
from flows.text.course import example
from models.training import Epoch

KNOWN, OTHER = ("a", "man", "sees", "the", "cat"), ("an", "odd", "word", "not", "known")


class Losses(Forgetful):
    """Remembers how large each model was, and its first epoch."""

    def __init__(self) -> None:
        self.sizes: dict[str, int] = {}
        self.first: dict[str, Epoch] = {}

    def params(self, name: str, params: Mapping[str, Any]) -> None:
        self.sizes[name] = params["parameters"]

    def epoch(self, name: str, epoch: Epoch) -> None:
        self.first.setdefault(name, epoch)


def sentences(words: tuple[str, ...], count: int) -> list[str]:
    return [" ".join((*words[k % 5 :], *words[: k // 5 + 1])) for k in range(count)]


def tabs(words: tuple[str, ...], count: int) -> str:
    return "".join(f"{text}\t{text.upper()}\n" for text in sentences(words, count))


def classes(words: tuple[str, ...], count: int) -> str:
    return "".join(
        f"{t}\t{'good' if k % 2 else 'bad'}\n" for k, t in enumerate(sentences(words, count))
    )


def tags(words: tuple[str, ...], count: int) -> str:
    rows = (
        "".join(f"{w} {'B-PER' if k == 1 else 'O'}\n" for k, w in enumerate(text.split()))
        for text in sentences(words, count)
    )
    return "\n".join(rows)


def jsons(words: tuple[str, ...], count: int) -> str:
    rows = (line.split("\t") for line in classes(words, count).splitlines())
    return "".join(f'{{"text": "{text}", "label": "{label}"}}\n' for text, label in rows)


WRITERS: dict[str, tuple[str, Callable[[tuple[str, ...], int], str]]] = {
    "sentiment": ("jsonl", jsons),
    "tags": ("conll", tags),
    "translation": ("tsv", tabs),
    "summaries": ("tsv", tabs),
    "dialogue": ("tsv", tabs),
}


def in_parts(folder: Path, held: tuple[str, ...]) -> Corpora:
    """Corpora whose parts to choose by and to judge by are of the words `held`."""
    for kind, (suffix, write) in WRITERS.items():
        (folder / kind).mkdir(parents=True)
        for part, words in (("train", KNOWN), ("dev", held), ("test", held)):
            (folder / kind / f"{part}.{suffix}").write_text(write(words, 12), encoding="utf-8")
    text = "\n".join(sentences(KNOWN, 20)) + "\n"
    text = (text * 20)[:4800] + ("".join(held) * 200)[:1200]
    (folder / "text.txt").write_text(text, encoding="utf-8")
    named = {kind: str(folder / kind) for kind in WRITERS} | {"characters": f"{folder}/text.txt"}
    return Corpora(**named, seed=0)


@pytest.mark.parametrize("number", ["1.2", "2.4", "2.7", "3.1", "3.6", "3.7", "4.3"])
def test_what_is_held_out_changes_neither_vocabulary_nor_training(
    number: str, tmp_path: Path
) -> None:
    found = []
    for name, held in (("one", KNOWN[::-1]), ("other", OTHER)):
        record, folder = Losses(), tmp_path / name
        example(number).run(
            Bench(folder / "out", in_parts(folder, held), "small", 0, "cpu", record)
        )
        found.append(record)
    one, other = found
    assert one.sizes == other.sizes != {}
    losses = [{n: e.train_loss for n, e in record.first.items()} for record in found]
    assert losses[0] == losses[1]
    if number != "3.7":  # it is to know what it was told, and is judged by that
        for name, epoch in one.first.items():
            assert epoch.validation_loss != other.first[name].validation_loss


@pytest.mark.parametrize("number", ["2.7", "3.1", "3.6", "4.6"])
def test_four_examples_are_enough_to_go_through_one(number: str, tmp_path: Path) -> None:
    named = {}
    for kind, (suffix, write) in WRITERS.items():
        path = tmp_path / f"{kind}.{suffix}"
        path.write_text(write(KNOWN, 4), encoding="utf-8")
        named[kind] = str(path)
    bench = Bench(tmp_path / "out", Corpora(**named, seed=1), "small", 0, "cpu")
    example(number).run(bench)
    assert (tmp_path / "out" / example(number).look).exists()


def test_a_text_that_is_too_short_for_the_examples(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("hello " * 100, encoding="utf-8")
    bench = Bench(tmp_path, Corpora(characters=str(path)), "small", 0, "cpu")
    with pytest.raises(
        UserError, match=r"a\.txt has 600 characters, expected at least 5,000; name"
    ):
        example("1.1").run(bench)
