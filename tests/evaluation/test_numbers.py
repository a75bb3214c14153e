from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.numbers import apart, column, number, signed_percent


@pytest.mark.parametrize(
    ("value", "want"),
    [
        (1.92345, "1.92"),
        (2.1, "2.10"),
        (12345.6, "12,346"),
        (0.00123456, "0.00123"),
        (-0.5, "\u22120.500"),
        (0.0, "0"),
        (math.inf, "inf"),
        (math.nan, "\u2013"),
    ],
)
def test_number(value: float, want: str) -> None:
    assert number(value) == want


@given(a=st.floats(1e-3, 1e6), b=st.floats(1e-3, 1e6))
def test_numbers_are_told_apart_in_their_order(a: float, b: float) -> None:
    first, second = (float(text.replace(",", "")) for text in apart(a, b))
    assert (a > b) >= (first > second)
    assert abs(a - b) < 1e-9 * max(a, b) or first != second


def test_a_column_has_one_number_of_decimals() -> None:
    assert column([1.5, 123.456, math.nan]) == ["1.5", "123.5", "\u2013"]
    assert column([math.nan]) == ["\u2013"]


@pytest.mark.parametrize(
    ("share", "want"),
    [
        (0.086, "+8.6 %"),
        (-0.3, "\u221230.0 %"),
        (0.0, "0.0 %"),
        (math.nan, "\u2013"),
        (-math.inf, "\u2212∞ %"),
    ],
)
def test_signed_percent(share: float, want: str) -> None:
    assert signed_percent(share) == want
