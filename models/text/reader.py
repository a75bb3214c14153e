"""What reads a sentence: embedded words, by number and by spelling, and a recurrent stack."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from features.text.batches import Padded, by_length
from features.text.examples import Sentences
from features.text.vocabulary import PAD, UNKNOWN
from models.settings import limited, require_limits
from models.text.stack import Stack, StackSettings

Reading = tuple[Padded, Tensor | None]
"""What a reader takes: words, and what they are spelled with."""

SMALL = 0.1
"""Standard deviation of a vector's numbers before it has learned."""


@dataclass(frozen=True)
class ReaderSettings:
    """The shape of a reader, and what is left out while it learns."""

    embedding: int = limited(64, ge=1)
    """Width E of a word."""
    word_dropout: float = limited(0.0, ge=0, lt=1)
    """Share of words that are read as unknown, so that none is relied on, and the unknown word is
    learned (Iyyer et al. 2015, "Deep unordered composition", section 3.2); and, drawn apart, share
    of the words whose spelling is not seen."""
    dropout: float = limited(0.0, ge=0, lt=1)
    """Share of units dropped from the embedded words, and in front of what is decided by them."""
    buckets: int = limited(0, ge=0)
    """Of the hashed n-grams that a word is spelled with (`features.text.spelling`); 0 does without.
    """
    stack: StackSettings = field(default_factory=StackSettings)

    def __post_init__(self) -> None:
        require_limits(self)


class Reader(nn.Module):
    """Sentences → a state for each token; what stands in the padding makes no difference.

    A word is embedded by its number, plus the sum of its n-grams' vectors over the root of their
    count (Bojanowski et al. 2017, "Enriching word vectors with subword information", eq. 1): a rare
    or unknown word is then read by its kin. Vectors are small at first, so that those of words that
    were never met disturb little.
    """

    def __init__(self, words: int, settings: ReaderSettings) -> None:
        super().__init__()
        self.settings = settings
        E, buckets = settings.embedding, settings.buckets
        self.words = nn.Embedding(words, E, padding_idx=PAD)
        self.words.weight.data.mul_(SMALL)
        self.spelling: nn.EmbeddingBag | None = None
        if buckets:
            self.spelling = nn.EmbeddingBag(buckets + 1, E, mode="sum", padding_idx=0)
            self.spelling.weight.data.mul_(SMALL)
        self.stack = Stack(E, settings.stack)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, text: Padded, pieces: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Read.

        Args:
            text: [B, T'] numbers of words.
            pieces: [B, T', P] numbers of n-grams, 0 where a word has no more; where there are
                buckets, and only there.

        Returns:
            states [B, T, F] and the mask [B, T], T the length of the longest row.
        """
        T = int(text.lengths.max())
        text = Padded(text.ids[:, :T], text.lengths)
        x = self.words(self.heard(text.ids))
        if self.spelling is not None:
            x = x + self.spelled(self.spelling, pieces)[:, :T]
        return self.stack(self.dropout(x), text.lengths), text.mask

    def spelled(self, table: nn.EmbeddingBag, pieces: Tensor | None) -> Tensor:
        """[B, T, P] → [B, T, E]."""
        if pieces is None:
            raise ValueError("the reader has buckets for n-grams and got none of a sentence's")
        B, T, P = pieces.shape
        pieces = pieces.masked_fill(self.missed(pieces[..., 0])[..., None], 0)
        many = (pieces > 0).sum(-1, keepdim=True).clamp_min(1)
        return table(pieces.view(B * T, P)).view(B, T, -1) * many.rsqrt()

    def heard(self, ids: Tensor) -> Tensor:
        """[B, T] with some words unknown, while it learns."""
        return ids.masked_fill(self.missed(ids), UNKNOWN)

    def missed(self, ids: Tensor) -> Tensor:
        """[B, T], true at words that are left out while it learns."""
        share = self.settings.word_dropout if self.training else 0.0
        return torch.rand(ids.shape, device=ids.device) < share


def asked(model: nn.Module, reading: Reading) -> Tensor:
    """What a model with a reader says, on its own device."""
    text, pieces = reading
    device = next(model.parameters()).device
    said: Tensor = model(text.to(device), None if pieces is None else pieces.to(device))
    return said


@torch.no_grad()
def log_probabilities(
    model: nn.Module, sentences: Sentences[object], tokens: int = 8192
) -> list[Tensor]:
    """What a model with a reader says of each sentence, in their order, on the CPU.

    Args:
        model: is put in use; its logits are [B, ..., K].
        sentences: to be read.
        tokens: most that a batch holds.

    Returns:
        [..., K] of each, with the padding of its batch.
    """
    model.eval()
    found: dict[int, Tensor] = {}
    for rows in by_length([len(one) for one in sentences.ids], tokens):
        scores = asked(model, sentences.batch(rows)).log_softmax(dim=-1).cpu()
        found.update(zip(rows, scores, strict=True))
    return [found[k] for k in range(len(found))]
