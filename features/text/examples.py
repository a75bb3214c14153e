"""Sentences and their labels as numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar

from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from features.errors import UserError
from features.text.batches import Padded, padded
from features.text.corpus import Labelled, Tagged
from features.text.spelling import spelled
from features.text.vocabulary import UNKNOWN, Vocabulary

Y = TypeVar("Y", covariant=True)


class Sentences(NamedTuple, Generic[Y]):
    """Encoded sentences of at least one token, and a label of each: a number, or one a token."""

    ids: Sequence[Sequence[int]]
    labels: Sequence[Y]
    pieces: Sequence[Tensor] | None = None
    """[T, P] of each sentence: the n-grams that its words are spelled with."""

    def batch(self, rows: Sequence[int]) -> tuple[Padded, Tensor | None]:
        """Some of them padded: their text, and [B, T, P] n-grams."""
        text = padded([self.ids[k] for k in rows])
        if self.pieces is None:
            return text, None
        return text, pad_sequence([self.pieces[k] for k in rows], batch_first=True)


def names(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels of training examples, in alphabetical order; a label's number is its place."""
    return tuple(sorted(set(labels)))


def labelled(
    examples: Sequence[Labelled], vocabulary: Vocabulary, classes: Sequence[str], buckets: int = 0
) -> Sentences[int]:
    """Sentences, each with the number of its class; one without a token is an unknown word.

    Args:
        examples: with spaces between tokens.
        vocabulary: of words.
        classes: by number.
        buckets: of n-grams, to have the words spelled too; 0 does not.

    Raises:
        UserError: a class that is none of `classes`.
    """
    words = [one.text.split() or [""] for one in examples]
    labels = _numbers([one.label for one in examples], classes)
    return Sentences(_ids(words, vocabulary), labels, spelled(words, buckets) if buckets else None)


def tagged(
    examples: Sequence[Tagged], vocabulary: Vocabulary, tags: Sequence[str], buckets: int = 0
) -> Sentences[list[int]]:
    """Sentences with the number of each token's tag; the arguments are those of `labelled`.

    Raises:
        UserError: a tag that is none of `tags`; tokens and tags that differ in number.
    """
    for one in examples:
        if not 0 < len(one.tokens) == len(one.tags):
            raise UserError(
                f"the sentence {' '.join(one.tokens)[:60]!r} has {len(one.tokens)} tokens and "
                f"{len(one.tags)} tags, expected at least one token and a tag for each"
            )
    words = [one.tokens for one in examples]
    labels = [_numbers(one.tags, tags) for one in examples]
    return Sentences(_ids(words, vocabulary), labels, spelled(words, buckets) if buckets else None)


def _ids(sentences: Iterable[Sequence[str]], vocabulary: Vocabulary) -> list[list[int]]:
    """Of words one by one: a word with a space in it is still one."""
    found = []
    for words in sentences:
        numbers = vocabulary.encode(words)
        found.append([one[0] if len(one) == 1 else UNKNOWN for one in numbers])
    return found


def _numbers(labels: Sequence[str], known: Sequence[str]) -> list[int]:
    number = {label: k for k, label in enumerate(known)}
    for label in labels:
        if label not in number:
            raise UserError(
                f"the label {label!r} is in no training example, expected one of "
                f"{', '.join(known)}; add examples of it, or take it out"
            )
    return [number[label] for label in labels]
