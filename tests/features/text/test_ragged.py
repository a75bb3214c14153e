"""Sequences end to end are the padded rows that they are looked up as."""

from __future__ import annotations

import torch
from hypothesis import given
from hypothesis import strategies as st

from features.text.batches import Ragged, by_length, padded

SEQUENCES = st.lists(st.lists(st.integers(1, 99), min_size=1, max_size=7), min_size=1, max_size=9)


@given(SEQUENCES, st.data())
def test_rows_are_those_of_padded(sequences: list[list[int]], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.integers(0, len(sequences) - 1), min_size=1))
    got = Ragged.of(sequences).rows(rows)
    expected = padded([sequences[k] for k in rows])
    assert torch.equal(got.ids, expected.ids)
    assert torch.equal(got.lengths, expected.lengths)


def test_of_equally_long_rows_those_beside_the_like_lie_together() -> None:
    lengths, beside = [2, 3, 2, 3], [9, 1, 4, 5]
    assert by_length(lengths, 1, beside=beside) == [[2], [0], [1], [3]]
    drawn = by_length([1] * 6, 2, torch.Generator().manual_seed(0), [7, 8, 9, 7, 8, 9])
    assert sorted(map(sorted, drawn)) == [[0, 3], [1, 4], [2, 5]]
