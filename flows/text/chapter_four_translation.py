"""Chapter four, translation: where it looks, what that is worth, and a Transformer for the same."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from evaluation.text.alignment import Alignment, plot_alignments
from evaluation.text.translation import bleu
from features.text.batches import padded
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import BEGIN, END, Vocabulary
from flows.text.bench import Bench
from flows.text.chapter_four_scores import quickest
from flows.text.chapter_three_decoding import words
from flows.text.translating import Lesson, Machine, learned, some
from models.attention import Score
from models.text.beam import Search
from models.text.multi_head import watched
from models.text.transformer import Transformer, TransformerSettings
from models.text.translator import TranslatorSettings

SHOWN = 4
"""Sentences whose alignment is drawn."""


def alignments(bench: Bench) -> None:
    """4.2: where additive attention looks while it translates into French."""
    corpus = some(bench.corpora.pairs("fr"), bench.pick(3000, 60), bench.pick(300, 12))
    shape = TranslatorSettings(hidden=bench.pick(96, 16), attention="additive", dropout=0.1)
    machine, _ = learned(
        bench, "alignments", corpus, pieces(corpus), shape, Lesson(bench.pick(10, 1), tokens=768)
    )
    found = [aligned(machine, text) for text in understood(machine, corpus, SHOWN)]
    focus = float(np.mean([one.focus for one in found]))
    bench.tell("alignments", focus=focus)
    title = "Where a translator looks for each word that it writes: additive attention"
    bench.figure("4.2-alignment", plot_alignments(found, title))


def with_and_without(bench: Bench) -> None:
    """4.3: the context vector alone, and each score of attention, on the same pairs."""
    corpus = some(bench.corpora.pairs("ja"), bench.pick(1600, 60), bench.pick(300, 12))
    both, rows = words(corpus), []
    wanted = [pair.target for pair in corpus.test]
    ways: tuple[Score | None, ...] = (None, *bench.pick(get_args(Score), ("scaled", "local")))
    for score in ways:
        shape = TranslatorSettings(hidden=bench.pick(96, 16), attention=score, dropout=0.1)
        name = f"attention {score or 'none'}"
        lesson = Lesson(bench.pick(6, 1), tokens=768)
        machine, history = learned(bench, name, corpus, both, shape, lesson)
        texts = [pair.source for pair in corpus.test]
        greedy, beam = (
            bleu(machine.translate(texts, search), wanted, "none")
            for search in (Search(1), Search(bench.pick(4, 2)))
        )
        loss = min(epoch.validation_loss for epoch in history)
        seconds = float(np.mean([epoch.seconds for epoch in history]))
        count = sum(one.numel() for one in machine.model.parameters())
        bench.tell(name, bleu=beam, greedy_bleu=greedy, loss=loss)
        rows.append((score or "none", count, loss, greedy, beam, seconds))
    columns = ["attention", "parameters", "loss", "greedy_bleu", "beam_bleu", "seconds_per_epoch"]
    bench.table("4.3-attention", pd.DataFrame(rows, columns=columns))


def transformer(bench: Bench) -> None:
    """4.5: a Transformer learns the same pairs; its kernel, and attention written out."""
    corpus = some(bench.corpora.pairs("fr"), bench.pick(3000, 60), bench.pick(300, 12))
    width = bench.pick(96, 16)
    shape = TransformerSettings(width, bench.pick(4, 2), 2, 2 * width, 0.1)
    machine, _ = learned(bench, "transformer", corpus, pieces(corpus), shape, lesson_of(bench))
    texts, wanted = [pair.source for pair in corpus.test], [pair.target for pair in corpus.test]
    score = bleu(machine.translate(texts, Search(1)), wanted)
    bench.tell("transformer", bleu=score)
    bench.table("4.5-equal", compared(machine, corpus, bench.pick(5, 1)))
    heads = each_head(machine, understood(machine, corpus, 1)[0])
    title = f"Where each head of a Transformer's last layer looks (test part: BLEU {score:.0f} %)"
    bench.figure("4.5-heads", plot_alignments(heads, title))


def lesson_of(bench: Bench) -> Lesson:
    """How Transformers of this chapter are trained."""
    return Lesson(bench.pick(8, 1), learning_rate=3e-3, tokens=768)


def pieces(corpus: Corpus[Pair]) -> tuple[Vocabulary, Vocabulary]:
    """Sub-words of the training part, most of them whole words."""
    return (
        Vocabulary.subwords((pair.source for pair in corpus.train), 2000),
        Vocabulary.subwords((pair.target for pair in corpus.train), 2000),
    )


def telling(corpus: Corpus[Pair], wanted: int) -> list[Pair]:
    """Pairs of the test part of middling length: long enough to have an order, and to be read."""
    size = {pair: len(pair.source.split()) for pair in corpus.test}
    fit = [pair for pair in corpus.test if 6 <= size[pair] <= 11]
    fit.sort(key=lambda pair: -size[pair])
    return (fit or list(corpus.test))[:wanted]


def understood(machine: Machine, corpus: Corpus[Pair], wanted: int) -> list[str]:
    """Telling sources, first those whose translation is the reference: there is sense in a look."""
    pairs = telling(corpus, 40)
    said = machine.translate([pair.source for pair in pairs], Search(4))
    wrong = [one != pair.target for one, pair in zip(said, pairs, strict=True)]
    order = sorted(range(len(pairs)), key=wrong.__getitem__)  # otherwise as they were
    return [pairs[k].source for k in order[:wanted]]


def aligned(machine: Machine, text: str) -> Alignment:
    """A text translated, and where its translation comes from."""
    read = machine.numbers([text]).rows([0])
    ids = machine.answers([text], Search(4))[0][0].ids
    with torch.no_grad():
        weights = machine.model.alignment(read, padded([[BEGIN, *ids]]).ids)[0]
    return as_alignment(machine, read.ids[0], [*ids, END], weights, "")


def each_head(machine: Machine, text: str) -> list[Alignment]:
    """The same by each head of a Transformer's last layer."""
    read = machine.numbers([text]).rows([0])
    ids = machine.answers([text], Search(4))[0][0].ids
    model = machine.model
    assert isinstance(model, Transformer)
    with torch.no_grad(), watched(model) as seen:
        model(read, padded([[BEGIN, *ids]]).ids)
    heads = seen[f"decoder.{len(model.decoder) - 1}.cross_attention"][0]
    return [
        as_alignment(machine, read.ids[0], [*ids, END], one, f"head {k + 1}")
        for k, one in enumerate(heads)
    ]


def as_alignment(
    machine: Machine, read: Tensor, written: list[int], weights: Tensor, title: str
) -> Alignment:
    """Numbers as words."""
    source = [shown(one) for one in machine.source.tokens(read.tolist())]
    target = [shown(one) for one in machine.target.tokens(written)]
    return Alignment(source, target, weights.double().numpy(), title)


def shown(token: str) -> str:
    """A token as one reads it: pieces that go on with a word have a hyphen in front."""
    special = {"</s>": "⟨end⟩", "<unk>": "⟨unknown⟩"}
    if token in special:
        return special[token]
    return token[1:] if token.startswith("▁") else f"-{token}"


def compared(machine: Machine, corpus: Corpus[Pair], times: int) -> pd.DataFrame:
    """PyTorch's kernel and attention written out: the same logits, at another price."""
    batch = machine.parallel(corpus.test[:64]).batch(range(min(64, len(corpus.test))))
    model = machine.model

    @torch.no_grad()
    def fused() -> Tensor:
        return model(batch.source, batch.target_in)

    @torch.no_grad()
    def written() -> Tensor:
        with watched(model):
            return model(batch.source, batch.target_in)

    apart = float((fused() - written()).abs().max())
    rows = [
        ("scaled_dot_product_attention", 0.0, 1000 * quickest(fused, times)),
        ("written out", apart, 1000 * quickest(written, times)),
    ]
    return pd.DataFrame(rows, columns=["attention", "largest_difference", "milliseconds"])
