"""Drift of inputs: what is the same is no drift, what is other is, and chance is known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.drift import (
    MAJOR,
    STABLE,
    UNKNOWN,
    input_drift,
    input_sentences,
    stability,
    worst_state,
)
from features.panel import Covariates, Panel
from features.schema import to_panel
from features.splits import Split


def walk(steps: int, size: float = 1.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=size, size=steps).cumsum()


def panel_of(y: np.ndarray, **covariates: np.ndarray) -> Panel:
    dates = pd.date_range("2020-01-01", periods=len(y))
    frame = pd.DataFrame({"unique_id": "a", "ds": dates, "y": y, **covariates})
    return to_panel(frame, "D", Covariates(past=tuple(covariates)))


def drift(panel: Panel) -> pd.DataFrame:
    return input_drift(panel, Split.by_share(panel.steps))


def by_loop(reference: np.ndarray, recent: np.ndarray, bins: int) -> float:
    """The index with deciles counted one value at a time."""
    edges = [np.quantile(reference, k / bins) for k in range(1, bins)]
    total = 0.0
    for k in range(bins):
        counts = []
        for sample in (reference, recent):
            inside = 0.5
            for value in sample:
                above = k == 0 or value > edges[k - 1]
                inside += above and (k == bins - 1 or value <= edges[k])
            counts.append(inside / (len(sample) + bins / 2))
        total += (counts[1] - counts[0]) * math.log(counts[1] / counts[0])
    return total


def test_the_index_is_that_of_a_slow_loop() -> None:
    rng = np.random.default_rng(0)
    reference, recent = rng.normal(size=300), rng.normal(0.5, size=100)
    found = stability(reference, recent)
    assert found.bins == 10
    assert found.psi == pytest.approx(by_loop(reference, recent, 10))
    assert stability(reference, recent[:40]).bins == 8


@given(scale=st.floats(0.01, 100), shift=st.floats(-100, 100))
def test_the_unit_makes_no_difference(scale: float, shift: float) -> None:
    rng = np.random.default_rng(0)
    reference, recent = rng.integers(-50, 50, 200) / 8, rng.integers(-90, 50, 80) / 8
    moved = stability(reference * scale + shift, recent * scale + shift)
    assert moved.psi == pytest.approx(stability(reference, recent).psi, abs=0.1)


def test_chance_is_as_large_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [stability(rng.normal(size=1000), rng.normal(size=120), 0.05) for _ in range(400)]
    above = np.mean([one.psi > one.by_chance for one in found])
    assert 0.01 < above < 0.08
    assert np.mean([one.psi > 0.1 for one in found]) > 0.1  # what the rule of thumb alone gives


def test_a_sample_that_is_too_small_is_said_to_be() -> None:
    found = stability(np.arange(100.0), np.arange(24.0))
    assert math.isnan(found.psi)
    assert (found.state, found.recent) == (UNKNOWN, 24)
    assert stability(np.array([]), np.array([])).state == UNKNOWN
    assert stability(np.arange(100.0), np.full(99, np.nan)).recent == 0


def test_what_never_changes_is_stable_until_it_does() -> None:
    assert stability(np.zeros(100), np.zeros(50)).psi == pytest.approx(0, abs=0.01)
    assert stability(np.zeros(100), np.arange(50.0)).state == MAJOR


def test_a_series_as_before_is_stable_and_a_restless_one_is_not() -> None:
    calm = walk(1000)
    assert drift(panel_of(calm))["state"].tolist() == [STABLE]
    restless = np.append(calm[:900], calm[899] + walk(100, 4.0, 1))
    (row,) = drift(panel_of(restless)).to_dict(orient="records")
    assert row["state"] == MAJOR
    assert (row["reference"], row["recent"]) == (699, 126)  # whole weeks


def test_the_level_alone_is_no_drift() -> None:
    y = walk(1000)
    raised = np.where(np.arange(1000) < 850, y, y + 1000)
    assert drift(panel_of(raised))["state"].tolist() == [STABLE]


def test_only_what_the_network_learns_from_is_the_reference() -> None:
    y = walk(1000)
    wild = y.copy()
    wild[720:860] += walk(140, 50.0, 1)  # after the training range, before the latest steps
    pd.testing.assert_frame_equal(drift(panel_of(y)), drift(panel_of(wild)))


def test_each_covariate_is_watched() -> None:
    wind = walk(1000, seed=1)
    wind[900:] *= 9
    table = drift(panel_of(walk(1000), wind=wind))
    assert table.set_index("channel")["state"].to_dict() == {"y": STABLE, "wind": MAJOR}
    assert worst_state(table) == MAJOR
    (said,) = input_sentences(table)
    assert said.startswith("Drift of inputs: 1 of 2 are distributed otherwise")
    assert "a wind (" in said


def test_a_season_is_no_drift() -> None:
    days = np.arange(5 * 365)
    restless_in_winter = 1 + 0.95 * np.cos(2 * np.pi * days / 365.25)
    y = (np.random.default_rng(0).normal(size=len(days)) * restless_in_winter).cumsum()
    winter = panel_of(y)
    assert drift(winter)["state"].tolist() == [STABLE]
    same = stability(np.diff(y[: int(0.7 * len(y))]), np.diff(y[-120:]))
    assert same.state != STABLE  # against all of the year it would be one


def test_of_prices_it_is_the_share_that_counts() -> None:
    grown = np.exp(walk(1000, 0.01) + np.arange(1000) * 0.004)
    split = Split.by_share(1000)
    assert input_drift(panel_of(grown), split, log=True)["state"].tolist() == [STABLE]
    assert input_drift(panel_of(grown), split)["state"].tolist() == [MAJOR]


def test_gaps_are_left_out() -> None:
    y = walk(1000)
    y[::2] = np.nan
    (row,) = drift(panel_of(y)).to_dict(orient="records")
    assert (row["state"], row["recent"]) == (STABLE, 63)
    y[-100:-1] = np.nan
    table = drift(panel_of(y))
    assert table["state"].tolist() == [UNKNOWN]
    assert "1 of 1 have too few values to tell" in input_sentences(table)[0]
