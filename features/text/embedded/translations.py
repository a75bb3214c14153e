"""Sentences in English, and the same in French or Japanese."""

from __future__ import annotations

import re
from random import Random

from features.text.corpus import Pair
from features.text.embedded import english, french, japanese
from features.text.embedded.by_hand import FRENCH, JAPANESE
from features.text.embedded.drawing import drawn
from features.text.embedded.grammar import scene

SENTENCES = 4000


def english_french() -> list[Pair]:
    """As they are written."""

    def one(draw: Random) -> Pair:
        said = scene(draw)
        return Pair(english.say(said), french.say(said))

    return [Pair(*two) for two in FRENCH] + drawn(one, SENTENCES)


def english_japanese() -> list[Pair]:
    """In tokens with spaces between, the English in lower case."""

    def one(draw: Random) -> Pair:
        said = scene(draw)
        return Pair(tokenised(english.say(said)), japanese.say(said))

    return [Pair(tokenised(read), written) for read, written in JAPANESE] + drawn(one, SENTENCES)


def tokenised(sentence: str) -> str:
    """`Tom's cat.` → `tom 's cat .`."""
    return re.sub(r"('s\b|[.,?!])", r" \1", sentence).lower()
