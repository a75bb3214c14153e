from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import UserError
from features.splits import Part, Split, folds

PARTS: tuple[Part, ...] = ("train", "validation", "test")


def test_by_share_and_origins_as_lists() -> None:
    split = Split.by_share(10, 0.5, 0.2)
    assert split == Split(range(5), range(5, 7), range(7, 10))
    assert split.origins("train", 2).tolist() == [0, 1, 2]
    assert split.origins("validation", 2).tolist() == [4]
    assert split.origins("test", 2).tolist() == [6, 7]
    assert split.origins("test", 1, stride=2).tolist() == [6, 8]
    assert split.origins("validation", 3).tolist() == []


def test_a_gap_is_left_in_front_of_validation_and_test() -> None:
    split = Split.by_share(20, 0.5, 0.25, gap=2)
    assert split == Split(range(10), range(12, 15), range(17, 20))
    assert split.origins("validation", 3).tolist() == [11]
    assert split.origins("test", 2).tolist() == [16, 17]


def test_a_gap_wider_than_a_part_leaves_it_empty() -> None:
    split = Split.by_share(10, 0.5, 0.2, gap=3)
    assert (len(split.validation), len(split.test)) == (0, 0)
    assert split.origins("validation", 1).tolist() == []


def test_benchmark_borders() -> None:
    split = Split(range(8640), range(8640, 11520), range(11520, 14400))
    assert len(split.origins("test", 96)) == 2880 - 96 + 1
    assert split.origins("test", 96)[[0, -1]].tolist() == [11519, 14303]


@pytest.mark.parametrize(
    "ranges",
    [
        (range(6), range(5, 7), range(7, 9)),
        (range(5), range(5, 8), range(7, 9)),
        (range(5, 9), range(5), range(9, 12)),
    ],
)
def test_overlapping_ranges_are_refused(ranges: tuple[range, range, range]) -> None:
    with pytest.raises(UserError, match="must follow each other in time, got train"):
        Split(*ranges)


@given(
    steps=st.integers(0, 200),
    shares=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    gap=st.integers(0, 20),
    horizon=st.integers(1, 30),
    stride=st.integers(1, 7),
)
def test_no_origin_has_a_target_outside_its_part(
    steps: int, shares: tuple[float, float], gap: int, horizon: int, stride: int
) -> None:
    train, validation = shares[0], (1 - shares[0]) * shares[1]
    split = Split.by_share(steps, train, validation, gap)
    assert split.test.stop in (steps, split.test.start)
    assert split.validation.start >= min(split.train.stop + gap, split.validation.stop)
    assert split.test.start >= min(split.validation.stop + gap, steps)
    for part in PARTS:
        steps_of_part: range = getattr(split, part)
        origins = split.origins(part, horizon, stride)
        # The slow way: every origin whose targets all lie in the part.
        every = [
            t for t in range(steps) if all(t + h in steps_of_part for h in range(1, horizon + 1))
        ]
        assert origins.tolist() == every[::stride]


def test_folds_as_lists() -> None:
    growing = folds(np.array([9, 12, 15]), refit_every=2, validation=3)
    assert [fold.split for fold in growing] == [
        Split(range(7), range(7, 10), range(10, 10)),
        Split(range(13), range(13, 16), range(16, 16)),
    ]
    assert [fold.origins.tolist() for fold in growing] == [[9, 12], [15]]
    sliding = folds(np.array([9, 12, 15]), refit_every=1, validation=2, window=4, gap=1)
    assert [fold.split for fold in sliding] == [
        Split(range(2, 6), range(7, 9), range(10, 10)),  # step 6 and step 9 are left out
        Split(range(5, 9), range(10, 12), range(13, 13)),
        Split(range(8, 12), range(13, 15), range(16, 16)),
    ]
    assert [(fold.first, fold.last) for fold in growing] == [(9, 12), (15, 15)]


def test_the_first_growing_fold_learns_from_what_the_split_does() -> None:
    split = Split.by_share(100, 0.5, 0.2, gap=3)
    first, *_ = folds(split.origins("test", 4), 5, len(split.validation), gap=3)
    assert (first.split.train, first.split.validation) == (split.train, split.validation)


def test_a_fold_without_training_range_is_refused() -> None:
    with pytest.raises(UserError, match="first target is step 6 leaves no training range in front"):
        folds(np.array([5, 6]), refit_every=1, validation=4, gap=1)
    assert folds(np.array([6]), refit_every=1, validation=4, gap=1)[0].split.train == range(1)


@given(
    first=st.integers(30, 60),
    count=st.integers(1, 20),
    stride=st.integers(1, 5),
    refit_every=st.integers(1, 8),
    validation=st.integers(1, 10),
    window=st.none() | st.integers(1, 40),
    gap=st.integers(0, 5),
)
def test_folds_learn_from_before_their_first_origin_only(
    first: int,
    count: int,
    stride: int,
    refit_every: int,
    validation: int,
    window: int | None,
    gap: int,
) -> None:
    origins = first + stride * np.arange(count)
    parts = folds(origins, refit_every, validation, window, gap)
    assert np.concatenate([fold.origins for fold in parts]).tolist() == origins.tolist()
    for fold in parts:
        assert len(fold.origins) <= refit_every
        assert fold.origins[0] + 1 - fold.split.validation.stop == gap
        assert len(fold.split.validation) == validation
        assert fold.split.validation.start - fold.split.train.stop == gap
        assert len(fold.split.test) == 0
        if window is None:
            assert fold.split.train.start == 0
        else:
            assert len(fold.split.train) == min(window, fold.split.train.stop)
