"""Chapter three, what is read: a sentence as one vector, and a sentence in pieces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from evaluation.text.translation import bleu, chrf
from evaluation.text.translation_figures import plot_contexts, plot_vocabularies
from features.panel import Floats
from features.text.vocabulary import UNKNOWN, Vocabulary
from flows.text.bench import Bench
from flows.text.translating import Lesson, Machine, learned, some
from models.text.translator import TranslatorSettings


def context_vector(bench: Bench) -> None:
    """3.1: translate from one vector, and look at the vectors of some sentences."""
    corpus = bench.corpora.pairs("fr")
    if bench.size == "small":
        corpus = some(corpus, 60, 12)
    both = (
        Vocabulary.subwords((pair.source for pair in corpus.train), 1000),
        Vocabulary.subwords((pair.target for pair in corpus.train), 1000),
    )
    shape = TranslatorSettings(hidden=bench.pick(128, 16), attention=None, dropout=0.1)
    machine, _ = learned(
        bench, "context vector", corpus, both, shape, Lesson(bench.pick(10, 1), 5e-3)
    )
    texts = [pair.source for pair in corpus.test][:300]
    wanted = [pair.target for pair in corpus.test][:300]
    got = machine.translate(texts)
    bench.tell("context vector", bleu=bleu(got, wanted), chrf=chrf(got, wanted))
    lines = [
        f"{text}\n  written: {one}\n  wanted:  {reference}"
        for text, one, reference in zip(texts, got, wanted, strict=True)
    ]
    bench.text("3.1-translations", "\n".join(lines[:30]) + "\n")
    points = plane(contexts(machine, texts))
    marked = apart(points * (1, 6), 12)  # a text is wider than high
    shown = [text if k in marked else "" for k, text in enumerate(texts)]
    lengths = machine.numbers(texts).lengths
    bench.figure("3.1-context", plot_contexts(points, shown, lengths))


def contexts(machine: Machine, texts: list[str]) -> Floats:
    """[R, D] the context vector of each text."""
    numbers = machine.numbers(texts)
    with torch.no_grad():
        state: Any = machine.model.begin(numbers.rows(range(len(texts))))
    found: Floats = state.memory[:, 0].double().numpy()
    return found


def plane(vectors: Floats) -> Floats:
    """[R, D] → [R, 2]: their first two principal components."""
    centred = vectors - vectors.mean(0)
    _, _, axes = np.linalg.svd(centred)  # all D of them, however few the rows
    found: Floats = centred @ axes[:2].T
    return found


def apart(points: Floats, wanted: int) -> set[int]:
    """Rows of points [R, 2] that lie far from each other: each the farthest from those before."""
    chosen = [int(np.argmax(np.linalg.norm(points, axis=1)))]
    while len(chosen) < min(wanted, len(points)):
        away = np.linalg.norm(points[:, None] - points[chosen], axis=2).min(1)
        chosen.append(int(np.argmax(away)))
    return set(chosen)


def vocabularies(bench: Bench) -> None:
    """3.4: how long sentences become, and which words are lost, by the size of the vocabulary."""
    corpus = bench.corpora.pairs("fr")
    train = [pair.target for pair in corpus.train]
    held = [pair.target for pair in corpus.validation]
    found = [measured("characters", Vocabulary.characters(train), held)]
    for size in bench.pick((100, 200, 400, 800, 1600), (100, 200)):
        found.append(measured("sub-words (BPE)", Vocabulary.subwords(train, size), held))
        unigram = Vocabulary.subwords(train, size, "unigram")
        found.append(measured("sub-words (unigram)", unigram, held))
    found += [
        measured("words", Vocabulary.words(train, at_least), held)
        for at_least in bench.pick((20, 10, 5, 2, 1), (2, 1))
    ]
    table = pd.DataFrame(found, columns=["kind", "size", "length", "unknown"])
    table = table.drop_duplicates().sort_values(["kind", "size"])
    bench.table("3.4-vocabularies", table)
    bench.figure("3.4-vocabularies", plot_vocabularies(table))
    cut = Vocabulary.subwords(train, 400)
    lines = [f"{text}\n  {' '.join(cut.tokens(cut.encode([text])[0]))}" for text in held[:20]]
    bench.text("3.4-cut", "\n".join(lines) + "\n")


def measured(kind: str, vocabulary: Vocabulary, held: list[str]) -> tuple[str, int, float, float]:
    """Kind, entries, tokens of a held-out sentence, and share of words with an unknown token."""
    length = float(np.mean([len(ids) for ids in vocabulary.encode(held)]))
    words = vocabulary.encode([word for text in held for word in text.split()])
    unknown = float(np.mean([UNKNOWN in ids for ids in words]))
    return kind, len(vocabulary), length, unknown
