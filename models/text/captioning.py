"""The training of a captioner, as a task of the shared loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from features.text.batches import padded
from features.text.scenes import Scene
from features.text.vocabulary import BEGIN, END, PAD, Vocabulary
from models.text.captioner import Captioner
from models.text.translation import cross_entropy
from models.training import Task


class Batch(NamedTuple):
    """Images and captions that are learned from together."""

    images: Tensor
    """[B, side, side]."""
    target_in: Tensor
    """[B, T] from BEGIN on."""
    target_out: Tensor
    """[B, T] to END; PAD where a row has none."""


@dataclass(frozen=True)
class Captioned:
    """Scenes as numbers."""

    images: Tensor
    """[R, side, side]."""
    captions: Tensor
    """[R, T + 1] from BEGIN to END, then PAD."""

    @classmethod
    def of(cls, scenes: Sequence[Scene], vocabulary: Vocabulary) -> Captioned:
        """Scenes by a vocabulary of the words of captions."""
        written = vocabulary.encode(scene.caption for scene in scenes)
        captions = padded([[BEGIN, *one, END] for one in written]).ids
        return cls(torch.stack([scene.image for scene in scenes]), captions)

    def batch(self, rows: Tensor, device: torch.device) -> Batch:
        """Some scenes, there; no longer than their longest caption."""
        captions = self.captions[rows]
        captions = captions[:, (captions != PAD).any(0)].to(device)
        return Batch(self.images[rows].to(device), captions[:, :-1], captions[:, 1:])

    def parts(self, size: int, device: torch.device) -> Iterator[Batch]:
        """All scenes in their order."""
        for rows in torch.arange(len(self.images)).split(size):
            yield self.batch(rows, device)


def naming_task(train: Captioned, validation: Captioned, size: int = 32) -> Task:
    """Learn which words are in the captions, in any order; judged by the loss a scene, in nats.

    The convolutions of Xu et al. have learned to name things, on a million images, before their
    decoder learns to look at them. A decoder that looks everywhere teaches convolutions nothing.
    """

    def loss(model: nn.Module, rows: Tensor) -> Tensor:
        batch = train.batch(rows, _device(model))
        return _unnamed(cast(Captioner, model), batch) / len(rows)

    @torch.no_grad()
    def judge(model: nn.Module) -> float:
        parts = validation.parts(size, _device(model))
        total = sum(_unnamed(cast(Captioner, model), batch).item() for batch in parts)
        return total / len(validation.images)

    return Task(-(-len(train.images) // size), _shuffled(train, size), loss, judge)


def caption_task(train: Captioned, validation: Captioned, size: int = 32) -> Task:
    """Learn to write the captions; judged by the loss a token, in nats.

    Args:
        train: scenes to learn from.
        validation: scenes to judge by.
        size: scenes in a batch.
    """

    def loss(model: nn.Module, rows: Tensor) -> Tensor:
        batch = train.batch(rows, _device(model))
        logits = model(batch.images, batch.target_in)
        return cross_entropy(logits, batch.target_out, 0.0, "mean")

    @torch.no_grad()
    def judge(model: nn.Module) -> float:
        total, tokens = 0.0, 0
        for batch in validation.parts(size, _device(model)):
            logits = model(batch.images, batch.target_in)
            total += float(cross_entropy(logits, batch.target_out, 0.0, "none").sum())
            tokens += int((batch.target_out != PAD).sum())
        return total / tokens

    return Task(-(-len(train.images) // size), _shuffled(train, size), loss, judge)


def _shuffled(train: Captioned, size: int) -> Callable[[int, torch.Generator], Iterator[Tensor]]:
    """Rows of the batches of an epoch."""

    def batches(number: int, generator: torch.Generator) -> Iterator[Tensor]:
        yield from torch.randperm(len(train.images), generator=generator).split(size)

    return batches


def _unnamed(model: Captioner, batch: Batch) -> Tensor:
    """Summed loss of telling the words that are in each caption from those that are not."""
    logits = model.named(batch.images)
    there = torch.zeros_like(logits).scatter_(1, batch.target_out, 1.0)
    return nn.functional.binary_cross_entropy_with_logits(
        logits[:, PAD + 1 :], there[:, PAD + 1 :], reduction="sum"
    )


def _device(model: nn.Module) -> torch.device:
    return next(model.parameters()).device
