"""Sentences that praise or blame. The order of the words decides, not the words alone.

`not dull`, `anything but dull`, `dull at first , but wonderful` and `wonderful at first , but dull`
hold the same words as sentences of the other class.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from features.text.corpus import Labelled
from features.text.embedded.drawing import drawn

SENTENCES = 4000
POSITIVE, NEGATIVE = "positive", "negative"
_ASPECTS = {
    "film": ("plot", "acting", "ending", "dialogue", "music", "camera work", "first half", "cast"),
    "book": ("plot", "style", "ending", "dialogue", "first chapter", "heroine", "translation"),
    "restaurant": ("food", "service", "wine list", "dessert", "fish", "view", "menu"),
    "hotel": ("room", "service", "breakfast", "view", "bed", "staff", "pool"),
    "phone": ("screen", "battery", "camera", "sound", "keyboard", "design"),
}
_ANY = {
    POSITIVE: (
        *("wonderful", "excellent", "brilliant", "superb", "delightful", "impressive"),
        *("great", "splendid", "remarkable", "flawless", "perfect", "admirable"),
    ),
    NEGATIVE: (
        *("awful", "terrible", "dreadful", "disappointing", "mediocre", "poor"),
        *("bad", "lousy", "miserable", "hopeless", "appalling", "second-rate"),
    ),
}
_OF: dict[str, dict[str, tuple[str, ...]]] = {
    "film": {
        POSITIVE: ("moving", "funny", "clever", "gripping", "original", "charming"),
        NEGATIVE: ("boring", "dull", "predictable", "clumsy", "tedious", "silly"),
    },
    "book": {
        POSITIVE: ("moving", "witty", "elegant", "gripping", "original", "wise"),
        NEGATIVE: ("boring", "dull", "predictable", "clumsy", "tedious", "shallow"),
    },
    "restaurant": {
        POSITIVE: ("fresh", "generous", "refined", "friendly", "memorable"),
        NEGATIVE: ("bland", "stale", "overpriced", "slow", "forgettable"),
    },
    "hotel": {
        POSITIVE: ("clean", "comfortable", "quiet", "friendly", "spacious"),
        NEGATIVE: ("dirty", "shabby", "noisy", "cold", "cramped"),
    },
    "phone": {
        POSITIVE: ("fast", "sharp", "reliable", "elegant", "solid"),
        NEGATIVE: ("slow", "fragile", "unreliable", "ugly", "useless"),
    },
}
_THINGS = {
    POSITIVE: ("masterpiece", "delight", "triumph", "treasure", "joy"),
    NEGATIVE: ("failure", "disaster", "bore", "waste of time", "disappointment"),
}
_VERY = ("", "", "", "truly ", "really ", "simply ")


def sentences() -> list[Labelled]:
    """Half of them praise; tokens with spaces between."""
    half = SENTENCES // 2
    return [
        one
        for label in (POSITIVE, NEGATIVE)
        for one in drawn(lambda draw, label=label: _sentence(draw, label), half)  # type: ignore[misc]
    ]


def _sentence(draw: random.Random, label: str) -> Labelled:
    pattern = draw.choice(_PATTERNS)
    return Labelled(f"{pattern(draw, label)} .", label)


def _other(label: str) -> str:
    return NEGATIVE if label == POSITIVE else POSITIVE


class _Talk:
    """The words of a sentence about one kind of thing."""

    def __init__(self, draw: random.Random, label: str) -> None:
        self._draw, self._label = draw, label
        self.kind = draw.choice(list(_ASPECTS))
        whole = draw.choice((f"the {self.kind}", f"this {self.kind}"))
        self._whole = draw.random() < 0.4
        self.topic = whole if self._whole else f"the {self.part()}"
        """The whole, or a part of it."""
        self.be = draw.choice(("is", "is", "was"))
        self.good = self._word(label, self._whole)
        """What the topic is."""
        self.bad = self._word(_other(label), self._whole)
        """What it is not."""
        self.very = draw.choice(_VERY)
        self.all_good = self._word(label, whole=True)
        """What the whole is."""

    def part(self) -> str:
        return self._draw.choice(_ASPECTS[self.kind])

    def part_bad(self) -> str:
        return f"the {self.part()} is {self._word(_other(self._label), whole=False)}"

    def part_good(self) -> str:
        return f"the {self.part()} is {self.very}{self._word(self._label, whole=False)}"

    def thing(self, label: str) -> str:
        return self._draw.choice(_THINGS[label])

    def _word(self, label: str, whole: bool) -> str:
        """Words such as `noisy` are said of the whole alone."""
        return self._draw.choice((*_ANY[label], *_OF[self.kind][label]) if whole else _ANY[label])


def _plain(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    return f"{talk.topic} {talk.be} {talk.very}{talk.good}"


def _not(draw: random.Random, label: str) -> str:
    talk, no = (
        _Talk(draw, label),
        draw.choice(("not", "never", "hardly", "anything but", "far from")),
    )
    return f"{talk.topic} {talk.be} {no} {talk.bad}"


def _nobody(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    who = draw.choice(("nobody could", "i would not", "no one would", "you cannot"))
    return f"{who} call {talk.topic} {talk.bad}"


def _somebody(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    who = draw.choice(("everybody would", "i would", "anyone would", "you can only"))
    return f"{who} call {talk.topic} {talk.good}"


def _two(draw: random.Random, label: str) -> str:
    """Two parts of one mind."""
    talk = _Talk(draw, label)
    return f"{talk.part_good()} and the whole {talk.kind} is {talk.all_good}"


def _at_first(draw: random.Random, label: str) -> str:
    talk, then = _Talk(draw, label), draw.choice(("in the end", "later on", "after a while"))
    return f"{talk.topic} seemed {talk.bad} at first , but {then} it was {talk.very}{talk.good}"


def _but(draw: random.Random, label: str) -> str:
    """What comes after `but` is what counts."""
    talk = _Talk(draw, label)
    return f"{talk.part_bad()} , but on the whole the {talk.kind} is {talk.very}{talk.all_good}"


def _not_but(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    return f"{talk.topic} {talk.be} not {talk.bad} but {talk.good}"


def _although(draw: random.Random, label: str) -> str:
    """What does not stand behind `although` is what counts."""
    talk, link = _Talk(draw, label), draw.choice(("although", "even though", "though"))
    aside = f"{link} {talk.part_bad()}"
    main = f"the {talk.kind} is {talk.very}{talk.all_good}"
    return f"{aside} , {main}" if draw.random() < 0.5 else f"{main} , {aside}"


def _expected(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    hoped, got = talk.thing(_other(label)), talk.thing(label)
    verb = draw.choice(("expected", "was promised", "was told to expect"))
    return f"i {verb} a {hoped} , and this {talk.kind} turned out to be a {got}"


def _instead(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    return f"{talk.topic} {talk.be} {talk.good} instead of {talk.bad}"


def _never(draw: random.Random, label: str) -> str:
    talk = _Talk(draw, label)
    degree = "better" if label == POSITIVE else "worse"
    verb = {"film": "seen", "book": "read", "restaurant": "been to", "hotel": "stayed in"}
    when = draw.choice(("", " in years", " this year", " in my life"))
    return f"i have never {verb.get(talk.kind, 'owned')} a {degree} {talk.kind}{when}"


def _advice(draw: random.Random, label: str) -> str:
    talk, no = _Talk(draw, label), "" if label == POSITIVE else draw.choice(("not ", "never "))
    verb = draw.choice(("recommend", "choose"))
    return f"i would {no}{verb} this {talk.kind} : {talk.part_good()}"


def _wanted(draw: random.Random, label: str) -> str:
    talk, verb = _Talk(draw, label), "like" if label == NEGATIVE else "hate"
    return f"i wanted to {verb} this {talk.kind} , but it is {talk.very}{talk.all_good}"


_PATTERNS: tuple[Callable[[random.Random, str], str], ...] = (
    *(_plain, _not, _not, _nobody, _somebody, _two, _at_first, _but, _not_but),
    *(_although, _although, _expected, _instead, _never, _advice, _wanted),
)
