"""Chapter three, what is written: forced or free, greedy or searched for, short or long."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pandas as pd

from evaluation.text.translation import bleu, length_ratio
from evaluation.text.translation import by_length as scored_by_length
from evaluation.text.translation_figures import plot_by_length, plot_forcing, plot_widths
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from flows.text.translating import Lesson, Machine, learned, some
from models.attention import Score
from models.text.beam import Search
from models.text.forcing import Forcing, always, exponential, inverse_sigmoid, linear
from models.text.translator import TranslatorSettings


def schedules(bench: Bench) -> None:
    """3.2: four schedules of teacher forcing, and what each learns to write by itself."""
    corpus = japanese(bench)
    epochs = bench.pick(5, 2)
    ways: dict[str, Forcing] = {
        "always the true word": always,
        "linear": linear(0.5, epochs),
        "exponential": exponential(0.84),
        "inverse sigmoid": inverse_sigmoid(3.0),
    }
    shape = TranslatorSettings(hidden=bench.pick(96, 16), attention="additive", dropout=0.1)
    pairs, shares, found, scores = corpus.test, {}, {}, {}
    for name, forcing in ways.items():
        lesson = Lesson(epochs, forcing=forcing)
        machine, history = learned(
            bench, f"forcing {name}", corpus, words(corpus), shape, lesson, forcing=name
        )
        shares[name] = [forcing(epoch) for epoch in range(epochs)]
        found[name] = [epoch.validation_loss for epoch in history]
        scores[name] = scored(machine, pairs, Search(width=1))
        bench.tell(f"forcing {name}", bleu=scores[name])
    rows = [
        (name, k + 1, shares[name][k], loss) for name in ways for k, loss in enumerate(found[name])
    ]
    bench.table("3.2-forcing", pd.DataFrame(rows, columns=["schedule", "epoch", "share", "loss"]))
    bench.figure("3.2-forcing", plot_forcing(shares, found, scores))


def widths(bench: Bench) -> None:
    """3.3: one translator, searched greedily and with beams of some widths."""
    corpus = japanese(bench)
    shape = TranslatorSettings(hidden=bench.pick(96, 16), attention="additive", dropout=0.1)
    name = "for the search"
    machine, _ = learned(bench, name, corpus, words(corpus), shape, Lesson(bench.pick(3, 1)))
    pairs = corpus.test[: bench.pick(200, 8)]
    texts, wanted = [pair.source for pair in pairs], [pair.target for pair in pairs]
    rows = []
    for width in bench.pick((1, 2, 4, 8, 16), (1, 2)):
        for alpha in (0.0, 0.6, 1.2):
            found = machine.answers(texts, Search(width, alpha))
            got = [machine.target.decode(one[0].ids) for one in found]
            log_p = float(np.mean([one[0].log_p for one in found]))
            score = bleu(got, wanted, "none")
            rows.append((width, alpha, score, log_p, length_ratio(got, wanted)))
    table = pd.DataFrame(rows, columns=["width", "alpha", "bleu", "log_p", "ratio"])
    bench.table("3.3-widths", table)
    bench.figure("3.3-widths", plot_widths(table))
    lines = []
    for text, best in zip(texts[:10], machine.answers(texts[:10], Search(4), best=4), strict=True):
        lines += [text, *(f"  {one.score:6.2f}  {machine.target.decode(one.ids)}" for one in best)]
    bench.text("3.3-n-best", "\n".join(lines) + "\n")


def by_length(bench: Bench) -> None:
    """3.5: the context vector against attention, on one to four sentences at a time."""
    corpus = joined(
        bench.corpora.pairs("ja"), bench.pick(2000, 40), bench.pick(250, 16), bench.seed
    )
    both = words(corpus)
    texts, wanted = [pair.source for pair in corpus.test], [pair.target for pair in corpus.test]
    written, losses = {}, {}
    ways: dict[str, Score | None] = {"context vector": None, "attention": "dot"}
    for name, attention in ways.items():
        shape = TranslatorSettings(hidden=bench.pick(96, 16), attention=attention, dropout=0.1)
        lesson = Lesson(bench.pick(6, 1))
        machine, _ = learned(bench, f"by length {name}", corpus, both, shape, lesson)
        written[name] = machine.translate(texts, Search(width=1))
        losses[name] = np.array(machine.losses(corpus.test))
        score, loss = bleu(written[name], wanted, "none"), float(losses[name].mean())
        bench.tell(f"by length {name}", bleu=score, loss=loss)
        lengths = machine.numbers(texts).lengths
    table = scored_by_length(lengths, written, wanted, losses, bench.pick(6, 2), "none")
    bench.table("3.5-length", table)
    bench.figure(
        "3.5-length",
        plot_by_length(
            table, "The longer the text, the less of it one vector holds; attention keeps more"
        ),
    )


def joined(corpus: Corpus[Pair], train: int, held: int, seed: int) -> Corpus[Pair]:
    """Pairs of one to four sentences, drawn within each part, so that there are long ones too.

    Half of the training part are single sentences, which are learned first; the others have as
    many of each.
    """
    draw = random.Random(seed)

    def long(pairs: Sequence[Pair], weights: tuple[int, ...]) -> Pair:
        count = draw.choices((1, 2, 3, 4), weights)[0]
        chosen = draw.choices(pairs, k=count)
        return Pair(*(" ".join(texts) for texts in zip(*chosen, strict=True)))

    asked = (
        (corpus.train, train, (5, 2, 2, 1)),
        (corpus.validation, held, (1, 1, 1, 1)),
        (corpus.test, held, (1, 1, 1, 1)),
    )
    parts = ([long(pairs, weights) for _ in range(count)] for pairs, count, weights in asked)
    return Corpus(f"{corpus.name}, joined", *parts)


def japanese(bench: Bench) -> Corpus[Pair]:
    """English and Japanese, in tokens."""
    return some(bench.corpora.pairs("ja"), bench.pick(2000, 60), bench.pick(300, 12))


def words(corpus: Corpus[Pair]) -> tuple[Vocabulary, Vocabulary]:
    """Words of the training part that are seen twice."""
    return (
        Vocabulary.words((pair.source for pair in corpus.train), 2),
        Vocabulary.words((pair.target for pair in corpus.train), 2),
    )


def scored(machine: Machine, pairs: Sequence[Pair], search: Search) -> float:
    """BLEU of pairs that are tokens already."""
    got = machine.translate([pair.source for pair in pairs], search)
    return bleu(got, [pair.target for pair in pairs], "none")
