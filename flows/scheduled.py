"""The flows of the deployments that are not `forecast`, `backtest` or `search` as they are."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.states import Completed, Failed

from flows.due import reason_to_rest
from flows.forecast import forecast
from flows.parameters import BacktestParameters, ForecastParameters
from flows.score import NothingForecastError, score


@flow(name="scheduled-forecast")
def scheduled_forecast(params: ForecastParameters, day: date | None = None) -> Any:
    """Forecast from the latest data, once: a run that is repeated or late changes nothing.

    A run that its schedule made ends at once where its day is no session of the exchange, or where
    a later one is due already.

    Args:
        params: What to forecast, and with which candidates.
        day: A missed day to forecast from; the latest where empty.
    """
    if day is None and (rest := reason_to_rest(params)):
        return Completed(message=rest)
    return forecast.fn(params if day is None else up_to(day, params))


def up_to(day: date, params: ForecastParameters) -> ForecastParameters:
    """The same forecast from a day's end. It is of that day in the ledger, issued now."""
    end = datetime.combine(day, time(23, 59, 59))
    return params.model_copy(update={"end": end, "as_of": None})


@flow(name="scheduled-score")
def scheduled_score(params: ForecastParameters) -> Any:
    """Hold earlier forecasts against what has come since.

    Args:
        params: Those of the forecast.
    """
    if rest := reason_to_rest(params):
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
    from flows.audit import inspect
    from flows.cli_audit import as_text

    findings = inspect(params)
    create_markdown_artifact(f"```\n{as_text(findings)}\n```\n", key="audit")
    if findings.clean:
        return Completed(message="Nothing leaks")
    return Failed(message=findings.leaks[0].sentence)
