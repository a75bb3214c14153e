"""A corpus: examples in three parts that share none."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from features.errors import UserError

E = TypeVar("E", covariant=True)


class Labelled(NamedTuple):
    """A text and the class that it belongs to."""

    text: str
    label: str


class Tagged(NamedTuple):
    """Tokens, and a tag for each."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...]


class Pair(NamedTuple):
    """What is read, and what is to be written: a translation, a summary, an answer."""

    source: str
    target: str


@dataclass(frozen=True)
class Corpus(Generic[E]):
    """Examples to learn from, to choose by, and to judge by.

    A text for a character model is a corpus too: its examples are the characters.
    """

    name: str
    train: Sequence[E]
    validation: Sequence[E]
    test: Sequence[E]

    @property
    def digest(self) -> str:
        """Hexadecimal SHA-256 of all examples and their parts."""
        found = hashlib.sha256()
        for part in (self.train, self.validation, self.test):
            text = part if isinstance(part, str) else "\x1e".join(map(repr, part))
            found.update(f"{len(part)}\x1d{text}".encode())
        return found.hexdigest()


def cut(
    examples: Sequence[E], name: str, seed: int = 0, validation: float = 0.1, test: float = 0.1
) -> Corpus[E]:
    """Draw the parts at random. Equal examples count once, so that no part knows another's.

    Args:
        examples: hashable, in any order.
        name: of the corpus.
        seed: of the drawing.
        validation: share of the examples; at least one where it is above zero.
        test: the same.

    Raises:
        UserError: too few examples for a part to learn from.
    """
    distinct = list(dict.fromkeys(examples))
    random.Random(seed).shuffle(distinct)
    many, some = (_count(len(distinct), share) for share in (validation, test))
    if len(distinct) - many - some < 1:
        raise UserError(
            f"the corpus {name} has {len(distinct)} different examples, expected at least 3: one "
            "to learn from, one to choose by and one to judge by; add more"
        )
    held, judged = distinct[:many], distinct[many : many + some]
    return Corpus(name, distinct[many + some :], held, judged)


def cut_in_order(text: str, name: str, validation: float = 0.1, test: float = 0.0) -> Corpus[str]:
    """Cut one text: its last part is judged by, the one before it chosen by.

    Raises:
        UserError: it is too short.
    """
    many, some = (_count(len(text), share) for share in (validation, test))
    end = len(text) - some
    begin = end - many
    if begin < 2:
        raise UserError(f"the text {name} has {len(text)} characters, expected some hundred")
    return Corpus(name, text[:begin], text[begin:end], text[end:])


def _count(examples: int, share: float) -> int:
    return max(1, round(examples * share)) if share > 0 else 0
