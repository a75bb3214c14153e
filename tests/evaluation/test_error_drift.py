"""Drift of errors: alarms where errors rise, none where they only hang together."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.error_drift import LEAST, RISEN, Watch, blocks_of, error_drift, error_sentences

HORIZON = 5


def issued(cutoffs: int, factor: float = 1.0, at: int = 0, seed: int = 0) -> pd.DataFrame:
    """Naive forecasts of a random walk from every step, whose errors are multiplied from `at` on.

    The errors of neighbouring cutoffs share most of their steps.
    """
    steps = np.random.default_rng(seed).normal(size=cutoffs + HORIZON)
    dates = pd.date_range("2025-01-01", periods=cutoffs + HORIZON)
    parts = []
    for t in range(cutoffs):
        error = steps[t : t + HORIZON].cumsum() * (factor if t >= at else 1)
        part = {"cutoff": dates[t], "ds": dates[t + 1 : t + HORIZON + 1], "value": error}
        parts.append(pd.DataFrame(part).iloc[: len(dates) - 1 - t])
    return pd.concat(parts).assign(model="naive", series="a", y=0.0, spread=0.8)


def state(points: pd.DataFrame) -> str:
    return str(error_drift(points).set_index("model").loc["naive", "state"])


def test_errors_that_share_their_steps_raise_no_alarm() -> None:
    found = [state(issued(400, seed=seed)) for seed in range(12)]
    assert found == ["stable"] * 12


def test_the_same_errors_one_by_one_would() -> None:
    def each(seed: int) -> pd.Series[float]:
        return issued(400, seed=seed).groupby("cutoff")["value"].apply(lambda e: e.abs().mean())

    assert sum(Watch().alarms(each(seed)) != [] for seed in range(12)) >= 6


def test_errors_that_double_are_seen_and_dated() -> None:
    points = issued(300, factor=2.0, at=200)
    (row,) = error_drift(points).to_dict(orient="records")
    assert row["state"] == RISEN
    dates = pd.date_range("2025-01-01", periods=300)
    assert dates[180] <= row["since"] <= dates[220]
    assert row["after"] / row["before"] == pytest.approx(2, abs=0.5)
    (said,) = error_sentences(error_drift(points))
    assert f"since {row['since']:%Y-%m-%d}" in said


def test_errors_that_fall_are_no_drift() -> None:
    assert state(issued(300, factor=0.3, at=200)) == "stable"


def test_a_risen_level_is_the_new_norm_in_time() -> None:
    assert state(issued(250, factor=3.0, at=150)) == RISEN
    assert state(issued(500, factor=3.0, at=150)) == "stable"


def test_restless_weeks_are_no_drift() -> None:
    points = issued(300, factor=3.0, at=200)
    points["spread"] *= np.where(points["cutoff"] >= pd.Timestamp("2025-07-20"), 3.0, 1.0)
    assert state(points) == "stable"


@pytest.mark.parametrize("cutoffs", [0, 1, 60])
def test_too_few_are_said_to_be(cutoffs: int) -> None:
    points = issued(100)
    table = error_drift(points[points["cutoff"] < points["cutoff"].min() + cutoffs * DAY])
    assert set(table["state"]) <= {"too few"}
    assert len(table) == (cutoffs > 0)


DAY = pd.Timedelta(days=1)


def test_what_has_not_come_does_not_count() -> None:
    points = issued(130)
    whole = error_drift(points[points["cutoff"] < pd.Timestamp("2025-04-11")])
    points.loc[points["ds"] > pd.Timestamp("2025-04-15"), "y"] = np.nan
    assert error_drift(points)["blocks"].tolist() == whole["blocks"].tolist() == [20]


def test_an_alarm_begins_anew() -> None:
    rng = np.random.default_rng(0)
    calm, wild = rng.uniform(1, 2, 40), rng.uniform(8, 16, 40)
    (one,) = Watch().alarms([*calm, *wild])
    assert 40 <= one < 45
    assert len(Watch().alarms([*calm, *wild, *wild * 8])) == 2
    assert Watch().alarms(calm[:20]) == []
    assert Watch().alarms(np.ones(90)) == []


def test_blocks_hold_five_cutoffs_and_a_whole_horizon() -> None:
    days = np.arange("2025-01-01", "2025-02-01", dtype="datetime64[D]")
    one, long = np.timedelta64(1, "D"), np.timedelta64(8, "D")
    assert blocks_of(days[:11], days[:11] + one).tolist() == [0] * 5 + [1] * 5 + [2]
    assert blocks_of(days[:17], days[:17] + long).tolist() == [0] * 8 + [1] * 8 + [2]
    weekly = days[::7]
    assert blocks_of(weekly, weekly + long).tolist() == [0] * LEAST
