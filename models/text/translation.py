"""The training of a translator: pairs of sequences, in batches of like length, as a task.

Any model that gives logits [B, T, V] for `(source, target_in)` trains by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from features.text.batches import Padded, Ragged, by_length
from features.text.corpus import Pair
from features.text.vocabulary import BEGIN, END, PAD, Vocabulary
from models.text.forcing import Forcing, always
from models.training import Task


class Batch(NamedTuple):
    """Pairs that are learned from together."""

    source: Padded
    """[B, N]."""
    target_in: Tensor
    """[B, T] from BEGIN on."""
    target_out: Tensor
    """[B, T] to END; PAD where a row has none."""
    forcing: float = 1.0
    """Share of `target_in` that stays as it is."""


@dataclass(frozen=True)
class Parallel:
    """Pairs as numbers: sources that end with END, and targets from BEGIN to END."""

    source: Ragged
    target: Ragged

    @classmethod
    def of(
        cls,
        pairs: Sequence[Pair],
        source: Vocabulary,
        target: Vocabulary,
        longest: int | None = None,
    ) -> Parallel:
        """Pairs by their vocabularies.

        Args:
            pairs: at least one.
            source: of what is read.
            target: of what is written.
            longest: tokens of a source or target; what is longer is cut there.
        """
        read = source.encode(pair.source for pair in pairs)
        written = target.encode(pair.target for pair in pairs)
        return cls(
            Ragged.of([[*one[:longest], END] for one in read]),
            Ragged.of([[BEGIN, *one[:longest], END] for one in written]),
        )

    def __len__(self) -> int:
        return len(self.source)

    @property
    def target_tokens(self) -> int:
        """To be written, each END among them."""
        return sum(self.target.lengths) - len(self)

    def parts(self, tokens: int, generator: torch.Generator | None = None) -> list[list[int]]:
        """Numbers of the pairs of each batch: by the target's length, then by the source's."""
        return by_length(self.target.lengths, tokens, generator, self.source.lengths)

    def batch(self, rows: Sequence[int], forcing: float = 1.0) -> Batch:
        """Some pairs."""
        target = self.target.rows(rows).ids
        return Batch(self.source.rows(rows), target[:, :-1], target[:, 1:], forcing)


def translation_task(
    train: Parallel,
    validation: Parallel,
    tokens: int = 2048,
    smoothing: float = 0.0,
    forcing: Forcing = always,
) -> Task:
    """Learn to write the targets; judged by the validation loss a token, in nats.

    Args:
        train: pairs to learn from.
        validation: pairs to judge by.
        tokens: of the targets in a batch, padding included.
        smoothing: share of the aim that is spread over the vocabulary (Szegedy et al. 2016); the
            judge knows none.
        forcing: share of true tokens, by epoch.
    """

    def batches(number: int, generator: torch.Generator) -> Iterator[Batch]:
        share = forcing(number)
        for rows in train.parts(tokens, generator):
            yield train.batch(rows, share)

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        batch = on_device(batch, model)
        logits = model(batch.source, fed(model, batch))
        return cross_entropy(logits, batch.target_out, smoothing, "mean")

    def judge(model: nn.Module) -> float:
        return float(losses(model, validation, tokens).sum() / validation.target_tokens)

    return Task(len(train.parts(tokens)), batches, loss, judge)


def fed(model: nn.Module, batch: Batch) -> Tensor:
    """[B, T] what the decoder is fed: true tokens, and with a share of the places what it writes.

    What it would write there comes from one pass with the true tokens (Mihaylova & Martins 2019,
    arXiv 1906.07651), so neither pass needs a loop over steps.
    """
    true = batch.target_in
    if batch.forcing >= 1:
        return true
    with torch.no_grad():
        written = model(batch.source, true).argmax(-1)
    draw = torch.rand(true.shape, device=true.device) < batch.forcing
    draw[:, 0] = True  # BEGIN
    before = torch.cat([true[:, :1], written[:, :-1]], 1)
    return torch.where(draw | (true == PAD), true, before)


def losses(model: nn.Module, pairs: Parallel, tokens: int = 2048) -> Tensor:
    """[R] the loss of each pair: minus the log-probability of its target, in nats, END with it."""
    found = torch.zeros(len(pairs))
    with torch.no_grad():
        for rows in pairs.parts(tokens):
            batch = on_device(pairs.batch(rows), model)
            logits = model(batch.source, batch.target_in)
            found[rows] = cross_entropy(logits, batch.target_out, 0.0, "none").sum(1).cpu()
    return found


def cross_entropy(logits: Tensor, target: Tensor, smoothing: float, reduction: str) -> Tensor:
    """Of [B, T, V] against [B, T] without PAD: [B, T], or their mean over the tokens."""
    loss = nn.functional.cross_entropy(
        logits.flatten(0, 1).float(),
        target.flatten(),
        ignore_index=PAD,
        label_smoothing=smoothing,
        reduction=reduction,
    )
    return loss if reduction == "mean" else loss.view(target.shape)


def on_device(batch: Batch, model: nn.Module) -> Batch:
    """The batch where the model is."""
    device = next(model.parameters()).device
    return batch._replace(
        source=batch.source.to(device),
        target_in=batch.target_in.to(device),
        target_out=batch.target_out.to(device),
    )
