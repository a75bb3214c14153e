from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule
from prefect.flows import Flow, load_flow_from_entrypoint

from features.errors import UserError
from flows.deployments.catalog import Deployment, as_yaml, deployments
from flows.deployments.due import days, in_session, why_rest
from flows.deployments.plan import Plan, after_close, read_plan
from flows.deployments.scheduled import up_to
from flows.followup import settings_digest
from flows.steps import fetch_data
from tests.flows.small import small_file

ROOT = Path(__file__).parents[3]
STOCKS = "forecasts: {stocks: {params: {live: {symbols: [AAPL, MSFT]}}}}"
FRIDAY, MONDAY = (
    datetime.fromisoformat("2026-11-20T23:00Z"),
    datetime.fromisoformat("2026-11-23T23:00Z"),
)
THANKSGIVING = datetime.fromisoformat("2026-11-26T23:00Z")


def planned(text: str, home: Path) -> Plan:
    (home / "forecastle.yaml").write_text(text, encoding="utf-8")
    return read_plan(home)


def by_name(plan: Plan) -> dict[str, Deployment]:
    return {one.name: one for one in deployments(plan)}


def test_the_file_says_what_python_says() -> None:
    written = yaml.safe_load((ROOT / "prefect.yaml").read_text(encoding="utf-8"))
    assert written == as_yaml(deployments(Plan()))


def test_every_deployment_has_a_flow_that_takes_its_parameters(tmp_path: Path) -> None:
    for one in deployments(planned(STOCKS, tmp_path)):
        flow: Flow[..., Any] = load_flow_from_entrypoint(one.entrypoint)
        for schedule in (None, *one.schedules):
            told = one.parameters | (schedule.parameters if schedule else {})
            params = flow.validate_parameters(told)["params"]
            if one.name == "text":
                assert params.chapters == (1, 2, 3, 4)
            else:
                assert params.source in ("stocks", "weather")


def test_nothing_has_a_schedule_that_was_not_asked_for(tmp_path: Path) -> None:
    assert read_plan(tmp_path) == Plan()
    assert not any(one.schedules for one in deployments(Plan()))


def test_stocks_are_forecast_after_the_close_and_scored_daily(tmp_path: Path) -> None:
    found = by_name(planned(STOCKS, tmp_path))
    (schedule,) = found["forecast-stocks"].schedules
    want = CronSchedule(cron="0 18 * * 1-5", timezone="America/New_York")
    assert schedule.at == want
    assert found["forecast-stocks"].parameters["params"]["live"]["symbols"] == ["AAPL", "MSFT"]
    (scoring,) = found["score"].schedules
    assert scoring.parameters["params"] == found["forecast-stocks"].parameters["params"]
    assert not found["forecast-weather"].schedules
    assert not found["backtest"].schedules
    assert not found["search"].schedules


def test_the_champion_forecasts_and_is_challenged_weekly(tmp_path: Path) -> None:
    found = by_name(planned(STOCKS, tmp_path))
    assert found["forecast-stocks"].parameters["params"]["champion"]
    (weekly,) = found["retrain"].schedules
    assert weekly.at == CronSchedule(cron="0 6 * * 6", timezone="UTC")
    assert weekly.parameters["params"]["live"] == {"symbols": ["AAPL", "MSFT"]}
    assert "champion" not in weekly.parameters["params"]


@pytest.mark.parametrize(
    ("entry", "crons"),
    [
        ("{retrain: '0 3 1 * *'}", ["0 3 1 * *"]),
        ("{retrain: null}", []),
        ("{params: {champion: false}}", []),
    ],
)
def test_a_plan_says_when_the_champion_is_challenged(
    entry: str, crons: list[str], tmp_path: Path
) -> None:
    found = by_name(planned(f"forecasts: {{weather: {entry}}}", tmp_path))
    schedules = [schedule.at for schedule in found["retrain"].schedules]
    assert schedules == [CronSchedule(cron=cron, timezone="UTC") for cron in crons]
    by_champion = found["forecast-weather"].parameters["params"].get("champion", False)
    assert by_champion == ("false" not in entry)


def test_the_close_is_on_the_clock_of_the_exchange() -> None:
    assert after_close("XTKS") == CronSchedule(cron="30 17 * * 1-5", timezone="Asia/Tokyo")


def test_any_source_can_have_a_schedule(tmp_path: Path) -> None:
    source = small_file(tmp_path)
    text = f"forecasts: {{sales: {{params: {{source: {source}, horizon: 3}}, every: 60}}}}"
    found = by_name(planned(text, tmp_path))["forecast-sales"]
    (schedule,) = found.schedules
    assert isinstance(schedule.at, IntervalSchedule)
    assert schedule.at.interval.total_seconds() == 60
    assert found.parameters["params"]["source"] == str(source)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("forecasts: [", "cannot read"),
        ("schedules: {}", "schedules"),
        ("forecasts: {sales: {}}", "no source is named"),
        ("forecasts: {stocks: {cron: '61 * * * *'}}", "cron"),
        ("forecasts: {stocks: {cron: '0 1 * * *', every: 60}}", "both given"),
        ("forecasts: {stocks: {every: 1}}", "every"),
        ("forecasts: {stocks: {retrain: weekly}}", "weekly"),
        ("forecasts: {stocks: {params: {horizon: 0}}}", "horizon"),
        ("forecasts: {stocks: {params: {live: {symbols: [AAPL, 7203.T]}}}}", "calendars"),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence(text: str, named: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=named) as error:
        planned(text, tmp_path)
    assert "forecastle.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missed_day_is_the_same_forecast_up_to_its_end() -> None:
    params = Plan().parameters("weather")
    caught_up = up_to(date(2015, 6, 1), params)
    assert settings_digest(caught_up) == settings_digest(params)
    assert str(fetch_data(caught_up).frame["ds"].max().date()) == "2015-06-01"


def test_missed_days_are_the_sessions_among_them() -> None:
    wednesday, monday = date(2026, 11, 25), date(2026, 11, 30)
    found = [day.day for day in days("XNYS", wednesday, monday)]
    assert found == [25, 27, 30]  # Thanksgiving and a weekend are left out
    assert len(days(None, wednesday, monday)) == 6
    with pytest.raises(UserError, match="no session of XNYS lies between 2026-11-26 and"):
        days("XNYS", date(2026, 11, 26), date(2026, 11, 26))
    with pytest.raises(UserError, match="no day lies between 2026-11-30 and 2026-11-25"):
        days(None, monday, wednesday)


def test_a_day_counts_by_the_clock_of_the_exchange() -> None:
    assert in_session("XNYS", FRIDAY)
    assert not in_session("XNYS", THANKSGIVING)
    assert in_session("XNYS", datetime.fromisoformat("2026-11-28T01:00Z"))  # Friday evening there
    assert not in_session("XTKS", datetime.fromisoformat("2026-11-27T16:00Z"))  # Saturday there


def test_of_piled_up_runs_the_last_on_a_session_works() -> None:
    assert why_rest("XNYS", MONDAY, []) is None
    rest = why_rest("XNYS", FRIDAY, [MONDAY])
    assert rest is not None
    assert "2026-11-20" in rest
    assert "2026-11-23 23:00" in rest
    missed = why_rest(None, FRIDAY, [MONDAY])  # such as a retraining: every day counts
    assert missed is not None
    assert missed.startswith("Nothing to do for 2026-11-20: the run of 2026-11-23 23:00:00 UTC")
    assert why_rest("XNYS", MONDAY, [THANKSGIVING]) is None  # that one does nothing
    assert why_rest(None, MONDAY, [THANKSGIVING]) is not None
    closed = why_rest("XNYS", THANKSGIVING, [])
    assert closed == "Nothing to do: 2026-11-26 is no session of XNYS"
