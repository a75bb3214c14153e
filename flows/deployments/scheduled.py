"""The flows of the deployments that are not `backtest` or `search` as they are."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed

from flows.deployments.due import days, reason_to_rest
from flows.deployments.plan import exchange_of, retrain_parameters
from flows.forecast import forecast
from flows.parameters import BacktestParameters, ForecastParameters, RetrainParameters
from flows.registry.champion import Registry, model_name
from flows.retrain import NothingNewError, renew, retrain
from flows.score import NothingForecastError, score
from flows.settings import Settings


@flow(name="scheduled-forecast")
def scheduled_forecast(
    params: ForecastParameters, day: date | None = None, until: date | None = None
) -> Any:
    """Forecast from the latest data, once: a run that is repeated or late changes nothing.

    A run that its schedule made ends at once where its day is no session of the exchange, or where
    a later one is due already. Where there is no champion yet, the first run makes one.

    Args:
        params: What to forecast; by the champion, or with which candidates.
        day: A missed day to forecast from; the latest where empty.
        until: The last of several missed days, each of which gets its forecast.
    """
    code = exchange_of(params)
    if day is None:
        if rest := reason_to_rest(code):
            return Completed(message=rest)
        require_champion(params)
        return forecast.fn(params)
    missed = days(code, day, until or day)
    for one in missed:
        require_champion(up_to(one, params))
        forecast(up_to(one, params))
    return Completed(message=f"Forecast from {', '.join(map(str, missed))}")


def up_to(day: date, params: ForecastParameters) -> ForecastParameters:
    """The same forecast from a day's end. It is of that day in the ledger, issued now."""
    end = datetime.combine(day, time(23, 59, 59))
    return params.model_copy(update={"end": end, "as_of": None})


def require_champion(params: ForecastParameters) -> None:
    """Make the first champion where one is to forecast and there is none."""
    if not params.champion:
        return
    registry = Registry(Settings().tracking_uri, model_name(params))
    if registry.holder() is None:
        get_run_logger().info(
            f"there is no champion {registry.name} yet: a retraining makes the first one"
        )
        retrain(retrain_parameters(params))


@flow(name="scheduled-retrain")
def scheduled_retrain(params: RetrainParameters) -> Any:
    """Train the candidates anew, once for the same data and settings, and let the best one contest.

    Args:
        params: What to train on, and which candidates.
    """
    if rest := reason_to_rest(None):
        return Completed(message=rest)
    try:
        return renew(params, once=True)
    except NothingNewError as error:
        return Completed(message=f"Nothing to do: {error}")


@flow(name="scheduled-score")
def scheduled_score(params: ForecastParameters) -> Any:
    """Hold earlier forecasts against what has come since.

    Args:
        params: Those of the forecast.
    """
    if rest := reason_to_rest(exchange_of(params)):
        return Completed(message=rest)
    try:
        return score.fn(params)
    except NothingForecastError as error:
        return Completed(message=f"Nothing to do: {error}")


@flow(name="audit")
def audit(params: BacktestParameters) -> Any:
    """Look for leaks of the future in the data and in every step; fails where there is one.

    Args:
        params: What to audit, as for a backtest.
    """
    from flows.audit.inspection import inspect
    from flows.cli.audit import as_text

    findings = inspect(params)
    create_markdown_artifact(f"```\n{as_text(findings)}\n```\n", key="audit")
    if findings.clean:
        return Completed(message="Nothing leaks")
    return Failed(message=findings.leaks[0].sentence)
