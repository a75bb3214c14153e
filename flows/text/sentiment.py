"""What chapter two does again and again: number the sentences, train a classifier, judge it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch

from evaluation.text.labels import accuracy, macro_f1
from evaluation.text.memory import peak_bytes, state_bytes
from features.text.batches import by_length
from features.text.corpus import Corpus, Labelled
from features.text.examples import Sentences, labelled, names
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from models.settings import TrainingSettings
from models.text.classifier import (
    Classifier,
    ClassifierSettings,
    classification,
    log_probabilities,
)

TOKENS = 1024
"""Most that a batch of the examples holds."""


@dataclass(frozen=True)
class Sentiment:
    """Sentences as numbers; words and classes are those of the training sentences."""

    train: Sentences[int]
    validation: Sentences[int]
    test: Sentences[int]
    vocabulary: Vocabulary
    classes: tuple[str, ...]
    texts: Sequence[Labelled]
    """The test sentences as they are written."""


def prepared(bench: Bench) -> Sentiment:
    """The bench's sentences; some hundred of them where it is to be quick."""
    corpus: Corpus[Labelled] = bench.corpora.labelled()
    parts = [part[: bench.pick(len(part), 300)] for part in _parts(corpus)]
    vocabulary = Vocabulary.words(one.text for one in parts[0])
    classes = names(one.label for one in corpus.train)
    train, validation, test = (labelled(part, vocabulary, classes) for part in parts)
    return Sentiment(train, validation, test, vocabulary, classes, parts[2])


def build(data: Sentiment, shape: ClassifierSettings, seed: int) -> Classifier:
    """A classifier with weights of its own."""
    torch.manual_seed(seed)
    return Classifier(len(data.vocabulary), len(data.classes), shape)


def trained(
    bench: Bench, data: Sentiment, name: str, shape: ClassifierSettings, seed: int, epochs: int
) -> tuple[Classifier, dict[str, float]]:
    """Train a classifier: it, and its test accuracy, macro F1, parameters and seconds."""
    model = build(data, shape, seed)
    task = classification(data.train, data.validation, TOKENS)
    settings = TrainingSettings(
        epochs=epochs, patience=epochs, learning_rate=1e-2, seed=seed, device=bench.device
    )
    begun = time.perf_counter()
    bench.train(name, model, task, settings, pool=shape.pool, **vars(shape.reader.stack))
    seconds = time.perf_counter() - begun
    said = log_probabilities(model, data.test).argmax(1).tolist()
    labels = [[data.classes[k] for k in numbers] for numbers in (data.test.labels, said)]
    found = {
        "accuracy": accuracy(*labels),
        "macro_f1": macro_f1(*labels),
        "parameters": sum(one.numel() for one in model.parameters()),
        "seconds": seconds,
    }
    bench.tell(name, **found)
    return model, found


def step_megabytes(data: Sentiment, shape: ClassifierSettings) -> float:
    """Most memory of the model's first training step on the CPU, on the batch with most tokens.

    Weights, gradients, the optimiser's moments, and what the backward pass needs; 10⁶ bytes.
    """
    model = build(data, shape, 0)
    task = classification(data.train, data.validation, TOKENS)
    lengths = [len(one) for one in data.train.ids]
    rows = max(by_length(lengths, TOKENS), key=lambda rows: sum(lengths[k] for k in rows))
    batch = data.train.batch(rows), torch.tensor([data.train.labels[k] for k in rows])
    optimizer = torch.optim.AdamW(model.parameters())

    def step() -> None:
        task.loss(model, batch).backward()
        optimizer.step()

    return (state_bytes(model) + peak_bytes(step)) / 1e6


def _parts(corpus: Corpus[Labelled]) -> tuple[Sequence[Labelled], ...]:
    return corpus.train, corpus.validation, corpus.test
