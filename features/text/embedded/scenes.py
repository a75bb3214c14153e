"""What a sentence says, before it is said in any language.

English lemmas name everything; `english.py`, `french.py` and `japanese.py` know how each is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tense = Literal["habit", "now", "past", "future"]
Mood = Literal["plain", "want", "can", "must"]
PRONOUNS = ("I", "you", "he", "she", "we", "they")
NAMES = ("Tom", "Paul", "Louis", "Mary", "Anna", "Julia")


@dataclass(frozen=True)
class Phrase:
    """A noun with what belongs to it, a name or a pronoun."""

    noun: str
    determiner: str = ""
    """`a`, `the`, `this`, a possessive, a name, a number; `some` of what is not counted, `all`
    of a kind; empty for names and pronouns."""
    adjective: str | None = None
    plural: bool = False
    bought_by: str | None = None
    """A name: `the book that Tom bought`."""


@dataclass(frozen=True)
class Act:
    """Someone does something."""

    subject: Phrase
    verb: str
    object: Phrase | None = None
    place: str | None = None
    time: str | None = None
    time_first: bool = False
    tense: Tense = "habit"
    mood: Mood = "plain"
    negated: bool = False
    asked: bool = False


@dataclass(frozen=True)
class State:
    """Someone or something is so."""

    subject: Phrase
    adjective: str
    very: bool = False
    past: bool = False
    negated: bool = False


@dataclass(frozen=True)
class There:
    """There is something, or there is not."""

    phrase: Phrase
    place: str
    negated: bool = False


@dataclass(frozen=True)
class Where:
    """Where something is, asked."""

    phrase: Phrase


@dataclass(frozen=True)
class What:
    """What someone did, asked."""

    act: Act


@dataclass(frozen=True)
class But:
    """Two acts, one against the other."""

    first: Act
    second: Act


@dataclass(frozen=True)
class BecauseSubject:
    """An act, and how its subject was: `Mary slept because she was tired`."""

    act: Act
    adjective: str


@dataclass(frozen=True)
class BecauseObject:
    """An act, and how its object was: `Tom bought the car because it was red`."""

    act: Act
    adjective: str


@dataclass(frozen=True)
class Then:
    """A second act on the same object: `Tom bought an orange and ate it`."""

    act: Act
    verb: str


Joined = But | BecauseSubject | BecauseObject | Then
"""Of two parts."""
Scene = Act | State | There | Where | What | Joined
