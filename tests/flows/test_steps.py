from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.normalize import Scaling
from features.panel import Covariates
from features.schema import to_panel
from features.sources import Fetched
from flows import steps
from flows.candidates import candidates_of
from flows.parameters import BacktestParameters, ForecastParameters
from tests.flows.small import given, small_file, small_frame


def test_the_source_fills_in_what_the_user_left_open() -> None:
    parameters = ForecastParameters(source="stocks")
    settled = steps.settle(parameters, steps.fetch_data(parameters))
    assert settled.calendar == "XNYS"
    assert settled.experiment == "stocks"
    assert settled.scaling == Scaling(log=True)
    assert settled.covariates == Covariates(past=("volume", "range"))


def test_what_the_user_chose_stays() -> None:
    chosen: dict[str, Any] = {
        "calendar": "B",
        "experiment": "mine",
        "scaling": Scaling("robust"),
        "covariates": Covariates(),
    }
    parameters = ForecastParameters(source="stocks", **chosen)
    settled = steps.settle(parameters, steps.fetch_data(parameters))
    assert {key: getattr(settled, key) for key in chosen} == chosen


def test_series_and_dates_narrow_the_data(tmp_path: Path) -> None:
    fields = given(small_file(tmp_path), series=["b"], start="2020-02-01", end="2020-05-01")
    parameters = ForecastParameters(**fields)
    fetched = steps.fetch_data(parameters)
    panel = steps.panel_of(fetched, steps.settle(parameters, fetched))
    assert panel.ids == ("b",)
    assert (panel.stamps[0], panel.stamps[-1]) == (
        pd.Timestamp("2020-02-01"),
        pd.Timestamp("2020-05-01"),
    )


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"horizon": 40}, r"the validation range has 1\d of the data's 160 steps"),
        ({"horizon": 14, "split": {"train": 0.7, "validation": 0.25}}, "the test range has 8"),
        ({"network": {"look_back": 200}}, "look-back 200 and horizon 3"),
    ],
)
def test_too_little_data_is_refused(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        steps.split_of(to_panel(small_frame()), ForecastParameters(**given("x", **fields)))


def test_baselines_need_no_look_back() -> None:
    fields = given("x", network={"look_back": 200}, models=["naive", "drift"])
    split = steps.split_of(to_panel(small_frame()), ForecastParameters(**fields))
    assert len(split.train) < 200


def test_known_future_covariates_must_reach_the_horizon() -> None:
    frame = small_frame().assign(holiday=0.0)
    ahead = frame.groupby("unique_id").tail(2).assign(y=np.nan)
    ahead["ds"] += pd.Timedelta(days=2)
    frame = pd.concat([frame, ahead]).sort_values(["unique_id", "ds"], ignore_index=True)
    panel = to_panel(frame, covariates=Covariates(future=("holiday",)))
    steps.require_known_future(panel, 2)
    with pytest.raises(UserError, match=r"holiday reach 2 steps past .* fewer than the horizon 3"):
        steps.require_known_future(panel, 3)


def test_no_refit_is_no_fold() -> None:
    panel = to_panel(small_frame())
    parameters = BacktestParameters(**given("x"))
    assert steps.folds_of(steps.split_of(panel, parameters), parameters) == []


def test_refits_cover_the_origins_of_the_test_range_once() -> None:
    panel = to_panel(small_frame())
    parameters = BacktestParameters(**given("x", refit_every=4, stride=2, window=60))
    split = steps.split_of(panel, parameters)
    folds = steps.folds_of(split, parameters)
    origins = np.concatenate([fold.origins for fold in folds])
    np.testing.assert_array_equal(origins, split.origins("test", 3, 2))
    assert {len(fold.split.train) for fold in folds} == {60}


def test_a_gap_keeps_refits_apart_from_what_they_forecast() -> None:
    panel = to_panel(small_frame())
    split = {"train": 0.6, "validation": 0.2, "gap": 4}
    parameters = BacktestParameters(**given("x", refit_every=5, split=split))
    for fold in steps.folds_of(steps.split_of(panel, parameters), parameters):
        assert fold.split.validation.start - fold.split.train.stop == 4
        assert fold.first + 1 - fold.split.validation.stop == 4


def test_a_gap_that_leaves_nothing_is_one_sentence() -> None:
    panel = to_panel(small_frame())
    parameters = BacktestParameters(**given("x", refit_every=5, split={"gap": 20}))
    with pytest.raises(UserError, match=r"the validation range has 0 .* or its gap$"):
        steps.split_of(panel, parameters)


def test_the_future_starts_after_the_last_step() -> None:
    panel = to_panel(small_frame())
    parameters = ForecastParameters(**given("x", models=["naive"]))
    candidates = candidates_of(parameters, 7)
    candidates[0].fit(panel, steps.split_of(panel, parameters))
    frame = steps.look_ahead(candidates, panel).forecast_frame()
    assert list(frame["ds"].unique()) == list(panel.calendar.ahead(3))
    assert (frame["cutoff"] == panel.stamps[-1]).all()


def test_rehearsing_finds_what_is_wrong_with_the_input(tmp_path: Path) -> None:
    path = small_file(tmp_path, y=1.0)
    with pytest.raises(UserError, match="constant"):
        steps.rehearse(ForecastParameters(**given(path)))


def test_a_frame_needs_no_source() -> None:
    fetched = Fetched(small_frame(), title="frame")
    settled = steps.settle(ForecastParameters(**given("frame")), fetched)
    assert steps.panel_of(fetched, settled).ids == ("a", "b")
