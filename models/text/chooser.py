"""A summary that is one of the text's sentences: a pointer to the one that says most.

A pointer network of one step (Vinyals et al. 2015, arXiv 1506.03134): its words are read both ways
into a vector for each sentence, these both ways into a score for each, and softmax over the scores
points. It learns from how much of the known summary is in each sentence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pad_sequence

from features.text.batches import Padded, Ragged, by_length
from features.text.vocabulary import PAD
from models.settings import limited, require_limits
from models.text.layer import BothWays
from models.training import Task

PARTS = 6
"""Into which the sentences of a batch are cut by their length."""


@dataclass(frozen=True)
class ChooserSettings:
    """The shape of a chooser."""

    hidden: int = limited(96, ge=2)
    """Width D of each recurrent layer, and of the embeddings."""
    dropout: float = limited(0.4, ge=0, lt=1)
    """Share dropped of the embeddings and of the sentences' vectors."""

    def __post_init__(self) -> None:
        require_limits(self)


class Documents(NamedTuple):
    """Texts that are read together."""

    sentences: Padded
    """[S, T] the sentences of all, one text after the other."""
    counts: Tensor
    """[B] sentences of each."""


class Chooser(nn.Module):
    """Texts → a score for each of their sentences."""

    def __init__(self, words: int, settings: ChooserSettings) -> None:
        super().__init__()
        D = settings.hidden
        self.read = nn.Embedding(words, D, padding_idx=PAD)
        self.sentence = BothWays("gru", D, D)
        self.text = BothWays("gru", 2 * D, D)
        self.score = nn.Linear(4 * D, 1)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, documents: Documents) -> Tensor:
        """[B, N] scores of at most N sentences, on the model's device; −inf beyond a text's end."""
        home, counts = self.score.weight.device, documents.counts
        vectors = self.dropout(self._vectors(documents.sentences.to(home)))
        x = pad_sequence(vectors.split(counts.tolist()), batch_first=True)  # [B, N, 2D]
        own = torch.arange(x.shape[1], device=home) < counts.to(home)[:, None]  # [B, N]
        around, _ = self.text(x, counts)
        scores = self.score(self.dropout(torch.cat([x, around], -1))).squeeze(-1)
        return scores.masked_fill(~own, -torch.inf)

    def _vectors(self, sentences: Padded) -> Tensor:
        """[S, 2D] the largest of each column of a sentence's states; like lengths go together."""
        order, parts = sentences.lengths.argsort(), []
        for rows in order.chunk(PARTS):
            lengths = sentences.lengths[rows]
            part = Padded(sentences.ids[rows, : int(lengths.max())], lengths)
            states, _ = self.sentence(self.dropout(self.read(part.ids)), lengths)
            parts.append(states.masked_fill(~part.mask[..., None], -torch.inf).amax(1))
        return torch.cat(parts)[order.argsort()]


@dataclass(frozen=True)
class Choices:
    """Texts as numbers, and what each sentence is worth."""

    sentences: Ragged
    counts: tuple[int, ...]
    """Of the sentences of each text."""
    worth: tuple[tuple[float, ...], ...]
    """Of each text's sentences, in percent: how much of the known summary each holds."""

    @classmethod
    def of(
        cls, texts: Sequence[Sequence[Sequence[int]]], worth: Sequence[Sequence[float]]
    ) -> Choices:
        """Texts of sentences of numbers, at least one each, and the worth of each sentence."""
        flat = [sentence for text in texts for sentence in text]
        return cls(Ragged.of(flat), tuple(map(len, texts)), tuple(map(tuple, worth)))

    def documents(self, rows: Sequence[int]) -> Documents:
        """Some texts."""
        starts = torch.tensor((0, *self.counts)).cumsum(0).tolist()
        wanted = [k for row in rows for k in range(starts[row], starts[row + 1])]
        return Documents(self.sentences.rows(wanted), torch.tensor([self.counts[k] for k in rows]))

    def parts(self, size: int, generator: torch.Generator | None = None) -> list[list[int]]:
        """Rows of each batch of at most `size` sentences, texts of as many together."""
        return by_length(self.counts, size, generator)


def choosing(
    train: Choices, validation: Choices, size: int = 200, temperature: float = 8.0
) -> Task:
    """Learn to point at what is worth most; judged by the worth of what is chosen, negated.

    Args:
        train: texts to learn from.
        validation: texts to judge by.
        size: sentences of a batch.
        temperature: the aim is softmax(worth / temperature), in percent: two sentences that are
            nearly worth the same are nearly aimed at alike.
    """

    def batches(number: int, generator: torch.Generator) -> Iterator[tuple[Documents, Tensor]]:
        for rows in train.parts(size, generator):
            worth = pad_sequence([torch.tensor(train.worth[k]) for k in rows], True, -torch.inf)
            yield train.documents(rows), (worth / temperature).softmax(-1)

    def loss(model: nn.Module, batch: tuple[Documents, Tensor]) -> Tensor:
        log_p = model(batch[0]).log_softmax(-1)
        aim = batch[1].to(log_p.device)
        return -(aim * log_p.masked_fill(aim == 0, 0)).sum(-1).mean()

    def judge(model: nn.Module) -> float:
        found = chosen(model, validation)
        return -sum(w[k] for w, k in zip(validation.worth, found, strict=True)) / len(found)

    return Task(len(train.parts(size)), batches, loss, judge)


@torch.no_grad()
def chosen(model: nn.Module, texts: Choices, size: int = 400) -> list[int]:
    """The place of the sentence that each text is summarised by."""
    found = [0] * len(texts.counts)
    for rows in texts.parts(size):
        for row, place in zip(rows, model(texts.documents(rows)).argmax(-1).tolist(), strict=True):
            found[row] = place
    return found
