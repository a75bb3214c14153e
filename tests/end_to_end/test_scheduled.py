"""What a schedule does: the champion forecasts, the first run makes it, nothing is done twice."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from features.errors import UserError
from flows.deployments.plan import retrain_parameters
from flows.deployments.scheduled import scheduled_forecast, scheduled_retrain
from flows.parameters import ForecastParameters
from flows.registry.champion import Registry
from flows.settings import Settings
from tests.flows.small import given, small_frame

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "home"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]


@pytest.fixture
def params(tmp_path: Path) -> ForecastParameters:
    source = tmp_path / "waves.csv"
    small_frame(200).to_csv(source, index=False)
    models = ["naive", "seasonal-naive", "drift"]
    return ForecastParameters(**given(source, models=models, champion=True))


def retrained(params: ForecastParameters) -> Any:
    """The state that a retraining ends in."""
    return scheduled_retrain(retrain_parameters(params), return_state=True)


def issued(params: ForecastParameters) -> Any:
    """The report of a forecast."""
    return scheduled_forecast(params)


def versions() -> int:
    return len(Registry(Settings().tracking_uri, "waves-h3").client.search_model_versions())


def test_the_first_run_makes_the_champion_and_no_later_one_trains(
    params: ForecastParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = issued(params)
    assert first.result.appointed.model == first.result.chosen == "seasonal-naive"
    assert first.result.verdicts[0].startswith("On these 38 origins, the champion seasonal-naive")
    assert versions() == 1

    monkeypatch.setattr(
        "flows.deployments.scheduled.retrain", lambda _: pytest.fail("it was trained again")
    )
    assert issued(params).result.chosen == "seasonal-naive"

    state: Any = scheduled_forecast(params, date(2020, 7, 15), date(2020, 7, 17), return_state=True)
    assert state.message == "Forecast from 2020-07-15, 2020-07-16, 2020-07-17"


def test_the_same_data_is_trained_on_once(params: ForecastParameters) -> None:
    assert retrained(params).message is None
    rests = retrained(params)
    assert rests.is_completed()
    want = "Nothing to do: seasonal-naive, version 1 of waves-h3, was made of the same data and"
    assert str(rests.message).startswith(want)
    assert versions() == 1

    small_frame(210).to_csv(params.source, index=False)
    assert retrained(params).message is None
    assert versions() == 2


def test_a_retraining_that_was_killed_is_done_again(
    params: ForecastParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Registry, "promote", taken_away)
        assert retrained(params).is_failed()
    assert versions() == 1
    assert retrained(params).message is None
    assert int(Registry(Settings().tracking_uri, "waves-h3").require().version) == 2


def taken_away(*_: Any) -> None:
    raise UserError("the registry was taken away")


def test_a_first_run_in_a_new_home_makes_it(
    params: ForecastParameters, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTLE_HOME", str(tmp_path / "new"))
    assert issued(params).result.chosen == "seasonal-naive"
