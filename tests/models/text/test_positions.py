import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from models.text.positions import rotary, sinusoidal


def test_sinusoidal_is_the_formula_of_the_paper() -> None:
    got = sinusoidal(torch.arange(3, 7), 6)
    for row, t in enumerate(range(3, 7)):
        for i in range(3):
            angle = t / 10_000 ** (2 * i / 6)
            assert math.isclose(float(got[row, 2 * i]), math.sin(angle), abs_tol=1e-6)
            assert math.isclose(float(got[row, 2 * i + 1]), math.cos(angle), abs_tol=1e-6)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_a_rotary_score_depends_on_the_distance_alone(a: int, b: int, shift: int) -> None:
    torch.manual_seed(a)
    q, k = torch.randn(2, 1, 8, dtype=torch.double)

    def score(at: int, other: int) -> torch.Tensor:
        return (rotary(q, torch.tensor([at])) * rotary(k, torch.tensor([other]))).sum()

    torch.testing.assert_close(score(a, b), score(a + shift, b + shift), atol=1e-3, rtol=1e-3)


def test_rotary_turns_and_does_not_stretch() -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 5, 8)
    turned = rotary(x, torch.arange(5))
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1))
    torch.testing.assert_close(turned[:, 0], x[:, 0])
    assert not torch.allclose(turned[:, 1], x[:, 1])
