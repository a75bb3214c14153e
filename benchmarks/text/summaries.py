"""SciTLDR-A: abstracts and summaries of a sentence, by ROUGE F1 with the nearest of the references.

Against the first sentence of the abstract stand a pointer to one of its sentences, and the
translator, which writes words of its own; `--model pointer,attention` names what is trained, and
`--minutes` is the time of each.
"""

from __future__ import annotations

import argparse
import gzip
import json
from pathlib import Path
from typing import NamedTuple

import torch

from benchmarks.text.pairs import Plan, fitted
from evaluation.text.summaries import likeness, rouge
from features.text.corpus import Pair
from features.text.vocabulary import END, Vocabulary
from models.text.beam import Search, written
from models.text.chooser import Choices, Chooser, ChooserSettings, choosing, chosen
from models.text.translation import Parallel, translation_task
from models.text.translator import Translator, TranslatorSettings

WORDS, LONGEST = 8000, 220
"""Entries of the vocabularies; tokens after which an abstract is cut for the translator."""
POINTER, TRANSLATOR = Plan(8, 2e-3), Plan(12, 2e-3, 1500)


class Abstract(NamedTuple):
    """A paper's abstract and its summaries."""

    sentences: list[str]
    summaries: list[str]


def read(path: Path) -> list[Abstract]:
    """A file of SciTLDR."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        found = [json.loads(line) for line in file]
    return [Abstract(one["source"], one["target"]) for one in found]


def main(data: Path, options: argparse.Namespace) -> None:
    """Train, and print a line an epoch and one table."""
    parts = [read(data / "summaries" / f"{name}.jsonl.gz") for name in ("train", "dev", "test")]
    wanted = [one.summaries for one in parts[2]]
    rows = {"first sentence": ([one.sentences[0] for one in parts[2]], "")}
    makers = {"pointer": pointer, "attention": translator}
    for name in (options.model or "pointer,attention").split(","):
        rows[name] = makers[name](parts, options)
    rows["best sentence, with the summary known"] = ([known(one) for one in parts[2]], "")
    print("| Summary | ROUGE-1 | ROUGE-2 | ROUGE-L | Training |")
    print("|---|---|---|---|---|")
    for name, (texts, done) in rows.items():
        scores = " | ".join(f"{score:.2f}" for score in rouge(texts, wanted).values())
        print(f"| {name} | {scores} | {done} |")


def known(abstract: Abstract) -> str:
    """The sentence with most of the summary: no choice of one can be much better."""
    of = likeness()
    return max(abstract.sentences, key=lambda sentence: of(sentence, abstract.summaries[0]))


def pointer(parts: list[list[Abstract]], options: argparse.Namespace) -> tuple[list[str], str]:
    """The sentence that the network points at."""
    vocabulary = Vocabulary.subwords((s for one in parts[0] for s in one.sentences), WORDS)
    of = likeness()
    train, validation, test = (
        Choices.of(
            [[[*ids, END] for ids in vocabulary.encode(one.sentences)] for one in part],
            [[of(s, one.summaries[0]) for s in one.sentences] for one in part],
        )
        for part in parts
    )
    torch.manual_seed(options.seed)
    model = Chooser(len(vocabulary), ChooserSettings())
    done = fitted(model, choosing(train, validation), POINTER, options, "pointer")
    places = chosen(model.eval(), test)
    return [one.sentences[k] for one, k in zip(parts[2], places, strict=True)], done


def translator(parts: list[list[Abstract]], options: argparse.Namespace) -> tuple[list[str], str]:
    """What the translator with attention writes."""
    pairs = [[Pair(" ".join(one.sentences), one.summaries[0]) for one in part] for part in parts]
    vocabulary = Vocabulary.subwords((text for pair in pairs[0] for text in pair), WORDS)
    train, validation, test = (Parallel.of(p, vocabulary, vocabulary, LONGEST) for p in pairs)
    torch.manual_seed(options.seed)
    shape = TranslatorSettings("gru", 192, 1, attention="additive", dropout=0.4)
    model = Translator(len(vocabulary), len(vocabulary), shape)
    task = translation_task(train, validation, TRANSLATOR.tokens, TRANSLATOR.smoothing)
    done = fitted(model, task, TRANSLATOR, options, "summaries-attention")
    search = Search(4, 1.0, ratio=0.0, more=48)
    return [vocabulary.decode(ids) for ids in written(model.eval(), test.source, search)], done
