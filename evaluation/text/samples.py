"""What a drawn text is like, in numbers: how sound its words are, how much it repeats itself."""

from __future__ import annotations

import re

WORD = re.compile(r"\w+")


def known_words(text: str, known: str) -> float:
    """The share of a text's words that another text has as well; NaN where it has no word."""
    words, others = WORD.findall(text), set(WORD.findall(known))
    return sum(word in others for word in words) / len(words) if words else float("nan")


def distinct(text: str, length: int = 4) -> float:
    """Different n-grams of characters, by all n-grams (distinct-n, Li et al. 2016): 1 repeats none.

    NaN where the text is shorter than `length`.
    """
    grams = [text[k : k + length] for k in range(len(text) - length + 1)]
    return len(set(grams)) / len(grams) if grams else float("nan")
