from __future__ import annotations

import math

import pytest

from evaluation.text.samples import distinct, known_words


def test_known_words_are_those_of_the_other_text() -> None:
    assert known_words("the cat, the bat", "a cat is the end") == pytest.approx(3 / 4)
    assert math.isnan(known_words("...", "a"))


def test_repeating_oneself_is_not_distinct() -> None:
    assert distinct("abcdefgh") == 1
    assert distinct("aaaaaaa") == pytest.approx(1 / 4)
    assert math.isnan(distinct("abc"))
