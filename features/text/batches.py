"""Sequences of unequal length in batches: of like length, padded to the longest of the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from features.text.vocabulary import PAD


class Padded(NamedTuple):
    """[B, T] numbers and the [B] lengths of the rows before they were padded."""

    ids: Tensor
    lengths: Tensor

    @property
    def mask(self) -> Tensor:
        """[B, T], true where a row has a token of its own."""
        steps = torch.arange(self.ids.shape[1], device=self.ids.device)
        return steps < self.lengths.to(self.ids.device)[:, None]

    def to(self, device: torch.device) -> Padded:
        """The same there; lengths stay on the CPU, where packing wants them."""
        return Padded(self.ids.to(device, non_blocking=True), self.lengths)


def padded(sequences: Sequence[Sequence[int]], value: int = PAD) -> Padded:
    """Sequences as one tensor."""
    lengths = torch.tensor([len(one) for one in sequences])
    ids = torch.full((len(sequences), int(lengths.max())), value)
    for row, one in zip(ids, sequences, strict=True):
        row[: len(one)] = torch.tensor(one)
    return Padded(ids, lengths)


@dataclass(frozen=True)
class Ragged:
    """Sequences end to end, so that a batch of them is one look-up."""

    ids: Tensor
    """[sum of the lengths] numbers."""
    lengths: tuple[int, ...]
    starts: Tensor
    """[R] where each sequence begins."""

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]]) -> Ragged:
        """Sequences of at least one number each."""
        lengths = tuple(len(one) for one in sequences)
        ids = torch.tensor([one for sequence in sequences for one in sequence])
        starts = torch.tensor((0, *lengths[:-1])).cumsum(0)
        return cls(ids, lengths, starts)

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, rows: Sequence[int], value: int = PAD) -> Padded:
        """Some sequences as one tensor, as `padded` makes it."""
        lengths = torch.tensor([self.lengths[k] for k in rows])
        place = torch.arange(int(lengths.max()))
        at = (self.starts[list(rows), None] + place).clamp_max(len(self.ids) - 1)
        return Padded(self.ids[at].where(place < lengths[:, None], value), lengths)


def by_length(
    lengths: Sequence[int],
    tokens: int,
    generator: torch.Generator | None = None,
    beside: Sequence[int] | None = None,
) -> list[list[int]]:
    """Rows of like length together.

    Args:
        lengths: of all rows.
        tokens: most that a batch holds, padding included; a longer row is a batch of its own.
        generator: draws the order of the batches, and which of the equally long rows meet; without
            one the shortest come first.
        beside: lengths of what goes with the rows; of equally long rows, those beside which the
            like lies are together.

    Returns:
        Row numbers of each batch; every row is in one.
    """
    ties = (
        torch.rand(len(lengths), generator=generator).tolist() if generator else range(len(lengths))
    )
    then = beside or [0] * len(lengths)
    order = sorted(range(len(lengths)), key=lambda k: (lengths[k], then[k], ties[k]))
    batches: list[list[int]] = []
    for k in order:
        if batches and lengths[k] * (len(batches[-1]) + 1) <= tokens:
            batches[-1].append(k)
        else:
            batches.append([k])
    if generator is not None:
        batches = [batches[int(k)] for k in torch.randperm(len(batches), generator=generator)]
    return batches


def padding_share(lengths: Sequence[int], batches: Sequence[Sequence[int]]) -> float:
    """The share of all places in the batches that no token takes."""
    places = sum(len(rows) * max(lengths[k] for k in rows) for rows in batches)
    return 1 - sum(lengths) / places
