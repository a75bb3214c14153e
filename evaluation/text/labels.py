"""How well labels are told: of sentences, and of the entities that tags mark."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """An entity: tokens `begin` … `end` − 1 of a sentence."""

    kind: str
    begin: int
    end: int


class EntityScore(NamedTuple):
    """Of entities, each in [0, 1]; higher is better."""

    precision: float
    """Of those found, the share that is right; 0 where none is found."""
    recall: float
    """Of those there are, the share that is found; 0 where there are none."""
    f1: float
    """Harmonic mean of both: 2pr / (p + r); 0 where both are."""


def accuracy(truth: Sequence[str], said: Sequence[str]) -> float:
    """Share of the labels that are right, in [0, 1]; higher is better."""
    return sum(a == b for a, b in zip(truth, said, strict=True)) / len(truth)


def macro_f1(truth: Sequence[str], said: Sequence[str]) -> float:
    """Mean over classes of F1, every class counting the same, in [0, 1] (scikit-learn's)."""
    from sklearn.metrics import f1_score

    return float(f1_score(truth, said, average="macro", zero_division=0))


def entities(tags: Sequence[str]) -> list[Span]:
    """The entities that B-, I- and O mark, as the scorer of CoNLL 2000 reads them (conlleval).

    An entity begins at a B-, and at an I- whose forerunner is O or of another kind; it ends where
    the next tag is O, a B-, or of another kind.
    """
    found: list[Span] = []
    begin, inside = 0, ""
    for place, tag in enumerate([*tags, "O"]):
        prefix, _, kind = tag.partition("-")
        if inside and (prefix != "I" or kind != inside):
            found.append(Span(inside, begin, place))
            inside = ""
        if prefix in ("B", "I") and not inside:
            begin, inside = place, kind
    return found


def entity_score(
    truth: Iterable[Sequence[str]], said: Iterable[Sequence[str]], kind: str | None = None
) -> EntityScore:
    """Of entities: one is right where its kind and both its ends are.

    Tjong Kim Sang and Buchholz 2000, "Introduction to the CoNLL-2000 shared task", section 4.

    Args:
        truth: tags of each sentence.
        said: the same, as a model has them.
        kind: count these alone.
    """
    right = there = claimed = 0
    for ours, theirs in zip(truth, said, strict=True):
        if len(ours) != len(theirs):
            raise ValueError(f"a sentence has {len(ours)} tags and is given {len(theirs)}")
        one, other = (
            {span for span in entities(tags) if kind in (None, span.kind)}
            for tags in (ours, theirs)
        )
        right += len(one & other)
        there += len(one)
        claimed += len(other)
    precision = right / claimed if claimed else 0.0
    recall = right / there if there else 0.0
    return EntityScore(precision, recall, 2 * right / (there + claimed) if right else 0.0)
