"""A tag for each token: many-to-many, aligned."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from features.text.batches import Padded, by_length, padded
from features.text.examples import Sentences
from models.text import reader
from models.text.reader import Reader, ReaderSettings, Reading, asked
from models.training import Task

NONE = -100
"""Where there is no tag: in the padding."""


class Tagger(nn.Module):
    """Reader and a linear layer: [B, T, K] logits of the tags."""

    def __init__(self, words: int, tags: int, settings: ReaderSettings) -> None:
        super().__init__()
        self.reader = Reader(words, settings)
        self.dropout = nn.Dropout(settings.dropout)
        self.head = nn.Linear(settings.stack.width, tags)

    def forward(self, text: Padded, pieces: Tensor | None = None) -> Tensor:
        """Sentences, as a reader takes them → [B, T, K], T the length of the longest row."""
        logits: Tensor = self.head(self.dropout(self.reader(text, pieces)[0]))
        return logits


def masked_loss(logits: Tensor, tags: Tensor) -> Tensor:
    """Cross-entropy in nats a token; the padding is no token."""
    return cross_entropy(logits.transpose(1, 2), tags, ignore_index=NONE)


Batch = tuple[Reading, Tensor]
"""What a reader takes, and [B, T] numbers of tags, NONE in the padding."""


def tagging(
    train: Sentences[list[int]],
    validation: Sentences[list[int]],
    tokens: int = 1024,
) -> Task:
    """Learn tags by cross-entropy, in nats a token.

    Args:
        train: to learn from.
        validation: to judge epochs by.
        tokens: most that a batch holds.
    """
    lengths = [len(one) for one in train.ids]

    def batches(epoch: int, generator: torch.Generator) -> Iterator[Batch]:
        for rows in by_length(lengths, tokens, generator):
            yield train.batch(rows), padded([train.labels[k] for k in rows], NONE).ids

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        logits = asked(model, batch[0])
        return masked_loss(logits, batch[1].to(logits.device))

    def judge(model: nn.Module) -> float:
        scores = torch.cat(log_probabilities(model, validation, tokens))  # [tokens, K]
        tags = torch.tensor([tag for row in validation.labels for tag in row])
        return -float(scores.gather(1, tags[:, None]).mean())

    return Task(len(by_length(lengths, tokens)), batches, loss, judge)


def log_probabilities(
    model: nn.Module, sentences: Sentences[object], tokens: int = 8192
) -> list[Tensor]:
    """[T, K] of the tags of each sentence, on the CPU, the model as it is in use."""
    said = reader.log_probabilities(model, sentences, tokens)
    return [one[: len(ids)] for one, ids in zip(said, sentences.ids, strict=True)]
