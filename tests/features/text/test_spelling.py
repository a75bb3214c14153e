"""Words by their spelling."""

from __future__ import annotations

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from features.text.spelling import MOST, ngrams, spelled


def test_by_hand() -> None:
    """<it> has the n-grams <it, it>, and <it> itself."""
    expected = {zlib.crc32(one) % 1000 + 1 for one in (b"<it", b"it>", b"<it>")}
    assert set(ngrams("it", 1000)) == expected
    assert ngrams("a", 1000) == (zlib.crc32(b"<a>") % 1000 + 1,)


@settings(max_examples=30)
@given(st.text(max_size=20), st.integers(1, 100))
def test_numbers_are_in_range_and_few(word: str, buckets: int) -> None:
    found = ngrams(word, buckets)
    assert len(set(found)) == len(found) <= MOST
    assert all(1 <= one <= buckets for one in found)


def test_kin_share_what_they_are_spelled_with() -> None:
    kin, stranger = set(ngrams("boringly", 10**6)), set(ngrams("splendid", 10**6))
    own = set(ngrams("boring", 10**6))
    assert len(own & kin) > 5
    assert not own & stranger


def test_sentences_are_padded_behind_each_word() -> None:
    one, none = spelled([["it", "a"], [""]], 1000)
    assert one.shape == (2, MOST)
    assert one[0].tolist() == [*ngrams("it", 1000), *[0] * (MOST - 3)]
    assert none.shape == (1, MOST)
    assert not none.any()
