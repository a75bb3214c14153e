"""Chapter three, other pairs: texts and their summaries, questions and their answers."""

from __future__ import annotations

import pandas as pd

from evaluation.text.summaries import lead, rouge
from evaluation.text.translation_figures import plot_rouge
from features.text.corpus import Corpus, Pair
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from flows.text.chat import NAME, plain
from flows.text.translating import Lesson, learned, some
from models.text.beam import Search
from models.text.translator import TranslatorSettings


def summaries(bench: Bench) -> None:
    """3.6: the translator learns to summarise, and is held against the first sentence."""
    corpus = bench.corpora.summarised()
    corpus = some(corpus, bench.pick(1600, 40), bench.pick(200, 8))
    both = (
        Vocabulary.words((pair.source for pair in corpus.train), 2),
        Vocabulary.words((pair.target for pair in corpus.train), 2),
    )
    shape = TranslatorSettings(hidden=bench.pick(96, 16), attention="additive", dropout=0.1)
    machine, _ = learned(
        bench, "summaries", corpus, both, shape, Lesson(bench.pick(7, 1), tokens=256)
    )
    texts = [pair.source for pair in corpus.test]
    wanted = [[pair.target] for pair in corpus.test]
    search = Search(width=bench.pick(4, 2), ratio=0.5, more=16)
    written = machine.translate(texts, search)
    scores = {
        "first sentence": rouge([lead(text) for text in texts], wanted),
        "encoder and decoder": rouge(written, wanted),
    }
    bench.tell(
        "summaries", **{name.lower(): v for name, v in scores["encoder and decoder"].items()}
    )
    table = pd.DataFrame([{"summary": name, **score} for name, score in scores.items()])
    bench.table("3.6-rouge", table)
    bench.figure("3.6-rouge", plot_rouge(scores))
    lines = [
        f"{text}\n  written: {got}\n  wanted:  {one[0]}"
        for text, got, one in zip(texts, written, wanted, strict=True)
    ]
    bench.text("3.6-summaries", "\n".join(lines[:20]) + "\n")


def chatbot(bench: Bench) -> None:
    """3.7: what is said and what is answered; the machine is kept for `forecastle text chat`."""
    whole = bench.corpora.dialogues()
    said = [Pair(plain(pair.source), pair.target) for pair in whole.train][: bench.pick(2000, 30)]
    # a chatbot is to know what it was told, so that is what its best epoch is chosen by
    corpus = Corpus(whole.name, said, said[:200], whole.test)
    both = (
        Vocabulary.subwords((pair.source for pair in corpus.train), 600),
        Vocabulary.subwords((pair.target for pair in corpus.train), 800),
    )
    shape = TranslatorSettings(hidden=bench.pick(128, 16), attention="additive", dropout=0.1)
    lesson = Lesson(bench.pick(16, 1), tokens=256)
    machine, _ = learned(bench, "chatbot", corpus, both, shape, lesson)
    prompts = [plain(pair.source) for pair in corpus.test][:20]
    lines: list[str] = []
    for title, texts in (("Told:", [pair.source for pair in said[:20]]), ("Not told:", prompts)):
        lines.append(title)
        for text, found in zip(texts, machine.answers(texts, Search(4), best=3), strict=True):
            lines += [f"> {text}", *(f"  {machine.target.decode(one.ids)}" for one in found)]
    bench.text("3.7-answers", "\n".join(lines) + "\n")
    place = bench.to_keep(NAME)
    if bench.size == "usual" or not place.exists():  # a small one knows nothing
        machine.keep(place)
