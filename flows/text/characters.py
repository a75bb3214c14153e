"""The text of a bench as numbers, for the character models of chapter one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from features.errors import UserError
from features.text.vocabulary import Vocabulary
from flows.text.bench import Bench
from models.settings import TrainingSettings

LEAST = 5_000
"""Characters of a text that every example has enough in, part by part."""
SMALL = 12_000
"""Characters of the training text that a small example reads."""


@dataclass(frozen=True)
class Characters:
    """A text in its parts, each as it is written and as [N] numbers."""

    vocabulary: Vocabulary
    train: str
    held: str
    """What epochs are judged by."""
    unseen: str
    """What no choice was made by; the held-out text where the corpus has no more."""

    def ids(self, text: str) -> Tensor:
        """[N] numbers of a text."""
        return torch.tensor(self.vocabulary.encode([text])[0])

    def written(self, ids: Sequence[int]) -> str:
        """The text of some numbers."""
        return self.vocabulary.decode(ids)


def characters(bench: Bench) -> Characters:
    """The bench's text; the vocabulary is the training text's.

    Raises:
        UserError: a source that cannot be used, or holds too little.
    """
    corpus = bench.corpora.text()
    count = sum(len(part) for part in (corpus.train, corpus.validation, corpus.test))
    if count < LEAST:
        raise UserError(
            f"the text {corpus.name} has {count:,} characters, expected at least {LEAST:,}; name "
            "a longer one"
        )
    parts = ("".join(part) for part in (corpus.train, corpus.validation, corpus.test))
    train, held, unseen = (part[: bench.pick(len(part), SMALL)] for part in parts)
    return Characters(Vocabulary.characters([train]), train, held, unseen or held)


def settings(bench: Bench, epochs: int, rate: float, clip: float = 1.0) -> TrainingSettings:
    """Settings of a training at a bench, which goes on to its last epoch."""
    return TrainingSettings(
        epochs=epochs,
        patience=epochs,
        learning_rate=rate,
        gradient_clip=clip,
        device=bench.device,
        seed=bench.seed,
    )
