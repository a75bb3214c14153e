from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from statsmodels.stats.multitest import multipletests
from statsmodels.tsa.stattools import diebold_mariano_test

from evaluation.diebold_mariano import diebold_mariano, holm, origins_needed
from features.panel import Floats

NO = np.array([0])


def drawn(n: int = 80, seed: int = 0, mean: float = 0.2, k: int = 1) -> Floats:
    return mean + np.random.default_rng(seed).normal(size=(n, k))


def cosine(d: Floats, lag: int) -> float:
    """The second of the two p-values, by loops over its definition."""
    from scipy import stats

    n, k = len(d), lag + 1
    freedoms = int(min(0.4 * n ** (2 / 3), n / (2 * k)))
    total = 0.0
    for j in range(1, freedoms + 1):
        waves = [np.sqrt(2 / n) * np.cos(np.pi * j * (t + 0.5) / n) for t in range(n)]
        total += sum(w * x for w, x in zip(waves, d, strict=True)) ** 2
    correction = np.sqrt((n + 1 - 2 * k + k * (k - 1) / n) / n)
    t = correction * d.mean() / np.sqrt(total / freedoms / n)
    return float(2 * stats.t.sf(abs(t), freedoms))


@pytest.mark.parametrize("lag", [0, 4])
@pytest.mark.parametrize("seed", range(6))
def test_it_is_the_larger_of_two_p_values(lag: int, seed: int) -> None:
    """The first is that of statsmodels, with Harvey, Leybourne and Newbold's correction."""
    d = drawn(seed=seed)[:, 0]
    nothing = np.zeros_like(d)
    harvey = diebold_mariano_test(
        nothing,
        d,
        nothing,
        criterion=lambda y, forecast: forecast - y,
        lags=lag,
        horizon=lag + 1,
        harvey_adj=True,
    )
    want = max(harvey.pvalue, cosine(d, lag))
    assert diebold_mariano(d[:, None], np.array([lag])) == pytest.approx(want, rel=1e-9)


def test_either_p_value_can_be_the_larger_one() -> None:
    columns = drawn(k=20)
    own = np.array([cosine(d, 0) for d in columns.T])
    larger = diebold_mariano(columns, np.zeros(20, dtype=int))
    assert 0 < np.isclose(own, larger).sum() < 20


@given(arrays(float, (40, 2), elements=st.floats(-1e3, 1e3)), st.floats(1e-3, 1e3))
def test_neither_sign_nor_unit_matters(d: Floats, unit: float) -> None:
    lags = np.array([0, 3])
    p = diebold_mariano(d, lags)
    np.testing.assert_allclose(diebold_mariano(-d, lags), p, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(diebold_mariano(unit * d, lags), p, rtol=1e-5, atol=1e-9)
    assert ((p >= 0) & (p <= 1)).all()


@given(st.integers(0, 5), st.integers(0, 60))
def test_columns_do_not_know_each_other(lag: int, hole: int) -> None:
    d = drawn(61, k=3)
    d[hole, 1] = np.nan
    lags = np.array([lag, 0, 2])
    alone = [diebold_mariano(d[:, [k]], lags[[k]])[0] for k in range(3)]
    np.testing.assert_allclose(diebold_mariano(d, lags), alone)


def test_origins_without_points_are_left_out() -> None:
    d = drawn(60)
    holed = np.insert(d, [0, 7, 7, 60], np.nan, axis=0)
    assert diebold_mariano(holed, NO) == pytest.approx(diebold_mariano(d, NO))


@pytest.mark.parametrize("lag", [0, 1, 4, 23])
def test_few_origins_tell_nothing(lag: int) -> None:
    n, lags = origins_needed(lag), np.array([lag])
    assert np.isnan(diebold_mariano(drawn(n - 1), lags)).all()
    assert np.isfinite(diebold_mariano(drawn(n), lags)).all()


def test_more_overlap_needs_more_origins() -> None:
    assert [origins_needed(lag) for lag in (0, 3, 4, 23)] == [32, 32, 40, 192]


def test_what_never_varies() -> None:
    assert diebold_mariano(np.zeros((50, 1)), NO).tolist() == [1.0]
    assert diebold_mariano(np.full((50, 1), 1e-9), NO)[0] < 1e-12
    assert diebold_mariano(np.full((50, 1), 1e300), NO)[0] < 1e-12
    assert np.isnan(diebold_mariano(np.full((50, 1), np.inf), NO)).all()


def test_equal_models_are_seldom_told_apart() -> None:
    """Targets of 30 origins overlap; without regard to that, many would be."""
    shocks = np.random.default_rng(3).normal(size=(330, 500))
    d = np.stack([shocks[t : t + 30].sum(axis=0) for t in range(300)])
    assert (diebold_mariano(d, np.full(500, 29)) < 0.05).mean() < 0.07
    assert (diebold_mariano(d, np.full(500, 0)) < 0.05).mean() > 0.12


def test_unequal_models_are_told_apart() -> None:
    d = drawn(300, mean=0.3, k=200)
    assert (diebold_mariano(d, np.zeros(200, dtype=int)) < 0.05).mean() > 0.95


@pytest.mark.parametrize("k", [1, 2, 9])
def test_holm_is_that_of_statsmodels(k: int) -> None:
    p = np.random.default_rng(k).random(k).round(1) / 3  # some are equal
    np.testing.assert_allclose(holm(p), multipletests(p, method="holm")[1])


@given(arrays(float, st.integers(1, 9), elements=st.floats(0, 1)))
def test_holm_lowers_nothing_and_keeps_the_order(p: Floats) -> None:
    adjusted = holm(p)
    assert (adjusted >= p).all()
    assert (np.diff(adjusted[np.argsort(p)]) >= 0).all()


def test_holm_leaves_out_what_is_missing() -> None:
    p = np.array([[0.01, np.nan], [np.nan, np.nan], [0.02, 0.3]])
    want = [[0.02, np.nan], [np.nan, np.nan], [0.02, 0.3]]
    np.testing.assert_array_equal(holm(p), want)
    assert holm(np.array([])).size == 0
