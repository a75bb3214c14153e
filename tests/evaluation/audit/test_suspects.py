"""The forensic test: what was made with the future is named, what was not is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from benchmarks.audit import innocent
from evaluation.audit import suspects
from features.panel import Covariates
from features.sources import fetch

STEPS = 500


def walk(seed: int = 0, back: float = 1.0) -> pd.Series:
    """A random walk, or one that returns to its mean."""
    moves = np.random.default_rng(seed).normal(size=STEPS)
    y = np.empty(STEPS)
    level = 0.0
    for t, move in enumerate(moves):
        y[t] = level = back * level + move
    return pd.Series(50 + y)


def frame(y: pd.Series, **columns: object) -> pd.DataFrame:
    ds = pd.date_range("2020-01-01", periods=len(y))
    return pd.DataFrame({"unique_id": "a", "ds": ds, "y": y, **columns})


def holes(x: pd.Series) -> pd.Series:
    return x.where(np.arange(len(x)) % 14 >= 6)


MADE: dict[str, Callable[[pd.Series], pd.Series]] = {
    "centred mean": lambda y: y.rolling(5, center=True).mean(),
    "wide centred mean": lambda y: y.rolling(61, center=True).mean(),
    "rounded centred mean": lambda y: y.rolling(5, center=True).mean().round(2),
    "centred median": lambda y: y.rolling(7, center=True).median(),
    "centred maximum": lambda y: y.rolling(7, center=True).max(),
    "lead": lambda y: y.shift(-1),
    "lead, filled": lambda y: y.shift(-3).ffill(),
    "log return ahead": lambda y: np.log(y).diff(5).shift(-5),
    "return ahead": lambda y: y.pct_change().shift(-1),
    "label": lambda y: (y.shift(-1) > y) * 1.0,
    "mean of the next week": lambda y: y[::-1].rolling(7).mean()[::-1],
}


@pytest.mark.parametrize("back", [1.0, 0.7, 0.0])
@pytest.mark.parametrize("name", MADE)
def test_a_column_made_of_the_targets_future_is_named(name: str, back: float) -> None:
    y = walk(back=back)
    (leak,) = suspects(frame(y, x=MADE[name](y)), Covariates(past=("x",)))
    assert (leak.step, leak.column) == ("data", "x")


@pytest.mark.parametrize("name", ["lead", "centred mean"])
def test_a_column_made_of_another_columns_future_is_named(name: str) -> None:
    wind = walk(1, back=0.5)
    got = suspects(frame(walk(), wind=wind, x=MADE[name](wind)), Covariates(past=("wind", "x")))
    assert [leak.column for leak in got] == ["x"]


@pytest.mark.parametrize(
    ("known", "named"),
    [
        (lambda y: y, True),
        (lambda y: y.shift(1), True),  # not known a horizon ahead
        (lambda y: y.rolling(3, center=True).mean(), True),
        (lambda y: y.shift(5), False),
        (lambda y: y + np.random.default_rng(3).normal(size=STEPS) * 0.1, False),
        (lambda y: pd.Series(np.arange(STEPS) % 7), False),
    ],
)
def test_a_known_future_covariate_must_be_known_a_horizon_ahead(
    known: Callable[[pd.Series], pd.Series], named: bool
) -> None:
    y = walk()
    got = suspects(frame(y, f=known(y)), Covariates(future=("f",)), horizon=5)
    assert [leak.column for leak in got] == ["f"] * named


@pytest.mark.parametrize("column", ["y", "x"])
def test_gaps_filled_from_behind_are_told_from_those_filled_onwards(column: str) -> None:
    base = frame(walk(), x=walk(1))
    past = Covariates(past=("x",))
    filled = holes(base[column])
    back = suspects(base.assign(**{column: filled.bfill().ffill()}), past)
    assert [leak.column for leak in back] == [column]
    assert suspects(base.assign(**{column: filled.ffill().bfill()}), past) == []
    straight = suspects(base.assign(**{column: filled.interpolate().bfill()}), past)
    assert [leak.column for leak in straight] == [column]


@pytest.mark.parametrize("seed", range(20))
def test_innocent_columns_are_not_named(seed: int) -> None:
    assert suspects(*innocent(seed), horizon=5) == []


@pytest.mark.parametrize("name", ["stocks", "weather"])
def test_the_samples_are_clean(name: str) -> None:
    fetched = fetch(name)
    assert suspects(fetched.frame, fetched.covariates) == []


def test_a_column_that_comes_again_is_explained_by_the_past() -> None:
    t = np.arange(STEPS)
    y = pd.Series(10 + np.sin(t / 9) + np.sin(2 * np.pi * t / 7))
    past = Covariates(past=("ahead", "ramp", "still"))
    assert suspects(frame(y, ahead=np.sin((t + 3) / 9), ramp=t, still=1.0), past) == []


def test_coarse_numbers_that_meet_by_chance_are_not_named() -> None:
    rng = np.random.default_rng(0)
    y = pd.Series(rng.integers(0, 12, STEPS).astype(float))
    x = pd.Series(rng.integers(0, 12, STEPS).astype(float))
    assert suspects(frame(y, x=x), Covariates(past=("x",))) == []


def test_too_little_says_nothing() -> None:
    y = walk()[:40]
    assert suspects(frame(y, x=y.shift(-1)), Covariates(past=("x",))) == []
