"""A class for each sentence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from features.text.batches import Padded, by_length
from features.text.examples import Sentences
from models.text import reader
from models.text.pooling import Pool, Pooling
from models.text.reader import Reader, ReaderSettings, Reading, asked
from models.training import Task


@dataclass(frozen=True)
class ClassifierSettings:
    """The shape of a classifier."""

    reader: ReaderSettings = field(default_factory=ReaderSettings)
    pool: Pool = "max"


class Classifier(nn.Module):
    """Reader, pooling, and a linear layer: [B, K] logits of the classes."""

    def __init__(self, words: int, classes: int, settings: ClassifierSettings) -> None:
        super().__init__()
        self.reader = Reader(words, settings.reader)
        stack = settings.reader.stack
        self.pooling = Pooling(settings.pool, stack.width, stack.both)
        self.dropout = nn.Dropout(settings.reader.dropout)
        self.head = nn.Linear(stack.width, classes)

    def forward(self, text: Padded, pieces: Tensor | None = None) -> Tensor:
        """Sentences, as a reader takes them → [B, K]."""
        states, mask = self.reader(text, pieces)
        logits: Tensor = self.head(self.dropout(self.pooling(states, mask)))
        return logits


Batch = tuple[Reading, Tensor]
"""What a reader takes, and [B] numbers of classes."""


def classification(
    train: Sentences[int],
    validation: Sentences[int],
    tokens: int = 1024,
    smoothing: float = 0.0,
) -> Task:
    """Learn classes by cross-entropy, in nats a sentence.

    Args:
        train: to learn from.
        validation: to judge epochs by.
        tokens: most that a batch holds.
        smoothing: share of a label that is spread over all classes (Szegedy et al. 2016).
    """
    lengths = [len(one) for one in train.ids]

    def batches(epoch: int, generator: torch.Generator) -> Iterator[Batch]:
        for rows in by_length(lengths, tokens, generator):
            yield train.batch(rows), torch.tensor([train.labels[k] for k in rows])

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        logits = asked(model, batch[0])
        return cross_entropy(logits, batch[1].to(logits.device), label_smoothing=smoothing)

    def judge(model: nn.Module) -> float:
        scores = log_probabilities(model, validation, tokens)
        return -float(scores[range(len(scores)), validation.labels].mean())

    return Task(len(by_length(lengths, tokens)), batches, loss, judge)


def log_probabilities(model: nn.Module, sentences: Sentences[object], tokens: int = 8192) -> Tensor:
    """[N, K] of the classes of sentences, on the CPU, the model as it is in use."""
    return torch.stack(reader.log_probabilities(model, sentences, tokens))
