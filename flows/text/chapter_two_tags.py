"""Chapter two, tagging: a label for each token."""

from __future__ import annotations

import torch

from evaluation.text.labels import entities, entity_score
from evaluation.text.tags import plot_entity_f1
from features.text.examples import Sentences, names, tagged
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from models.settings import TrainingSettings
from models.text.reader import ReaderSettings
from models.text.stack import StackSettings
from models.text.tagger import Tagger, log_probabilities, tagging

BUCKETS = 2000


def reader(both: bool, buckets: int) -> ReaderSettings:
    """Of these taggers."""
    stack = StackSettings("lstm", 32, both=both)
    return ReaderSettings(32, word_dropout=0.1, dropout=0.2, buckets=buckets, stack=stack)


READERS = {
    "from the left": reader(both=False, buckets=0),
    "both directions": reader(both=True, buckets=0),
    "both, and spelling": reader(both=True, buckets=BUCKETS),
}


def tagging_entities(bench: Bench) -> None:
    """2.7: names of persons, places and the like, by the words around and by their spelling."""
    corpus = bench.corpora.tagged()
    parts = [
        part[: bench.pick(len(part), 200)]
        for part in (corpus.train, corpus.validation, corpus.test)
    ]
    vocabulary = Vocabulary.words(" ".join(one.tokens) for one in parts[0])
    tags = names(tag for one in corpus.train for tag in one.tags)
    truth = [one.tags for one in parts[2]]
    kinds = sorted({span.kind for one in truth for span in entities(one)})
    epochs = bench.pick(6, 1)
    scores: dict[str, dict[str, float]] = {}
    said: list[list[str]] = []
    for name, shape in READERS.items():
        train, validation, test = (tagged(part, vocabulary, tags, shape.buckets) for part in parts)
        torch.manual_seed(bench.seed)
        model = Tagger(len(vocabulary), len(tags), shape)
        settings = TrainingSettings(
            epochs=epochs, patience=epochs, learning_rate=1e-2, seed=bench.seed, device=bench.device
        )
        label = f"tagger-{len(scores)}"
        bench.train(
            label,
            model,
            tagging(train, validation),
            settings,
            buckets=shape.buckets,
            both=shape.stack.both,
        )
        said = told(model, test, tags)
        f1 = {kind: entity_score(truth, said, kind).f1 for kind in kinds}
        scores[name] = {**f1, "all": entity_score(truth, said).f1}
        bench.tell(label, entity_f1=scores[name]["all"])
    bench.figure("2.7-tags", plot_entity_f1(scores))
    shown = [
        " ".join(
            f"{token}/{tag}" if tag != "O" else token
            for token, tag in zip(one.tokens, row, strict=True)
        )
        for one, row in zip(parts[2][:20], said, strict=False)
    ]
    bench.text("2.7-tags", "\n".join(shown) + "\n")


def told(model: Tagger, sentences: Sentences[list[int]], tags: tuple[str, ...]) -> list[list[str]]:
    """The likeliest tag of each token."""
    scores = log_probabilities(model, sentences)
    return [[tags[k] for k in one.argmax(1).tolist()] for one in scores]
