"""Runs and the ledger: what is issued, what is followed, and which settings are the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from evaluation.followup import FollowUp
from features.schema import to_panel
from features.sources import Fetched
from flows import forecast_frame
from flows.followup import follow_up, issue, settings_digest, source_of
from flows.live_data import LiveData
from flows.parameters import ForecastParameters
from flows.results import Result
from tests.flows.small import small_frame

MODELS = ("naive", "seasonal-naive")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/ledger.db"


def run(frame: pd.DataFrame, horizon: int = 3) -> Result:
    return forecast_frame(frame, horizon, MODELS)


def until(date: str, zone: str | None = None) -> pd.DataFrame:
    frame = small_frame()
    frame = frame[frame["ds"] <= date]
    return frame.assign(ds=frame["ds"].dt.tz_localize(zone))


def followed(url: str, frame: pd.DataFrame, like: Result) -> FollowUp:
    panel = to_panel(frame)
    return follow_up(url, like.parameters, Fetched(frame, "small", unit="m"), panel)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_what_is_issued_is_followed_once_it_has_come(url: str, zone: str | None) -> None:
    first = run(until("2020-05-01", zone))
    assert followed(url, until("2020-05-01", zone), first).points.empty
    assert issue(url, first, "r1")
    assert followed(url, until("2020-05-01", zone), first).points["y"].isna().all()
    after = until("2020-05-03", zone)
    points = followed(url, after, first).points
    assert len(points) == 2 * 2 * 3
    wide = first.forecast.set_index(["unique_id", "ds"])
    truth = after.set_index(["unique_id", "ds"])["y"]
    for row in points.itertuples():
        at = (row.series, row.ds)
        assert row.value == wide.loc[at, row.model]
        assert row.lo_90 == wide.loc[at, f"{row.model}-lo-90"]
        assert row.cutoff == wide.loc[at, "cutoff"]
        assert row.ds == row.cutoff + row.step * pd.Timedelta(days=1)
        assert row.chosen == first.chosen
        assert np.isnan(row.y) if row.step == 3 else row.y == truth[at]


def test_a_repeated_run_issues_nothing_and_other_settings_do(url: str) -> None:
    one, same = (run(until("2020-05-01")) for _ in range(2))
    assert issue(url, one, "r1")
    assert not issue(url, same, "r2")
    assert not issue(url, replace(one, parameters=renamed(one, source="./frame")), "r3")
    assert issue(url, run(until("2020-05-01"), horizon=2), "r4")
    found = followed(url, until("2020-05-09"), one)
    assert found.points["settings"].nunique() == 2
    assert len(found.points) == 2 * 2 * (3 + 2)


def renamed(result: Result, **fields: Any) -> ForecastParameters:
    kept: dict[str, Any] = result.parameters.model_dump(exclude_defaults=True)
    return ForecastParameters(**kept | fields)


def test_series_that_are_not_there_any_more_are_left_out(url: str) -> None:
    first = run(until("2020-05-01"))
    issue(url, first, "r1")
    frame = until("2020-05-09")
    points = followed(url, frame[frame["unique_id"] == "a"], first).points
    assert set(points["series"]) == {"a"}


SAME: list[dict[str, Any]] = [{"start": "2020-01-01"}, {"end": "2020-01-01"}, {"experiment": "x"}]
OTHER: list[dict[str, Any]] = [{"horizon": 4}, {"models": ["naive"]}, {"training": {"seed": 1}}]


def test_what_says_which_data_is_no_setting() -> None:
    def digest(**fields: Any) -> str:
        return settings_digest(ForecastParameters(source="small.csv", **fields))

    assert {digest(**fields) for fields in SAME} == {digest()}
    assert digest() not in {digest(**fields) for fields in OTHER}


def test_whether_a_run_is_stopped_is_no_setting() -> None:
    def digest(**fields: Any) -> str:
        live = LiveData(symbols=("AAPL",), **fields)
        return settings_digest(ForecastParameters(source="stocks", live=live))

    assert digest() == digest(may_fail=1) == digest(accept=("unrecorded-split",))
    assert digest() != digest(interval="1h")


def test_the_same_names_from_elsewhere_are_another_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    daily, hourly = (LiveData(stations=("10637",), interval=every) for every in ("1d", "1h"))
    sources = [
        source_of(ForecastParameters(source="weather")),
        source_of(ForecastParameters(source="weather", live=daily)),
        source_of(ForecastParameters(source="weather", live=hourly)),
        source_of(ForecastParameters(source="weather.csv")),
        source_of(ForecastParameters(source="other/weather.csv")),
    ]
    assert len(set(sources)) == 5
    absolute = ForecastParameters(source=str(tmp_path / "weather.csv"))
    assert source_of(absolute) == sources[3]


def test_prices_are_held_against_prices_in_the_same_unit(url: str) -> None:
    """All of a price's past is divided by four when a split by four comes."""
    first = run(until("2020-05-01"))
    live = LiveData(symbols=("a", "b"))
    parameters = ForecastParameters(source="stocks", horizon=3, models=MODELS, live=live)
    first = replace(first, parameters=parameters)
    issue(url, first, "r1")
    plain = followed(url, until("2020-05-03"), first)
    split = until("2020-05-04")
    split["y"] /= 4
    points = followed(url, split, first).points
    came = points[points["step"] < 3]
    np.testing.assert_allclose(came["y"], plain.points["y"].dropna())
