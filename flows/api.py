"""For a notebook: a frame in, a forecast frame out, without Prefect and MLflow."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from evaluation.conformal import calibrated
from features.sources import Fetched
from flows import steps
from flows.candidates import candidates_of
from flows.fanout.refits import refit
from flows.fanout.workers import workers as processes
from flows.parameters import BacktestParameters, ForecastParameters, Parameters
from flows.results import Result

__all__ = ["Result", "backtest_frame", "forecast_frame"]


def forecast_frame(
    frame: pd.DataFrame, horizon: int, models: Sequence[str] | None = None, **settings: Any
) -> Result:
    """Compare models on a long frame and forecast what comes after it.

    >>> result = forecast_frame(frame, horizon=5, models=["naive", "gru-direct"])
    >>> result.forecast, result.leaderboard, result.verdicts

    Args:
        frame: `unique_id, ds, y`, and covariates where `settings` declare them.
        horizon: steps to forecast.
        models: names of `models.registry.MODELS`; the default of `ForecastParameters` where None.
        settings: further fields of `ForecastParameters`, such as `training={"epochs": 5}`.

    Raises:
        UserError: the frame breaks the data contract, or is too short.
        pydantic.ValidationError: settings that cannot be used.
    """
    parameters = ForecastParameters(**_named(horizon, models), **settings)
    result = _compare(frame, parameters)
    steps.require_known_future(result.panel, horizon)
    before = (result.validation, result.test)
    future = steps.look_ahead(result.candidates, result.panel, before)
    return replace(result, future=future)


def backtest_frame(
    frame: pd.DataFrame,
    horizon: int,
    models: Sequence[str] | None = None,
    *,
    workers: int = 1,
    **settings: Any,
) -> Result:
    """Compare models on a long frame, as `forecast_frame` does, but forecast nothing beyond it.

    Args:
        frame: `unique_id, ds, y`, and covariates where `settings` declare them.
        horizon: steps to forecast.
        models: names of `models.registry.MODELS`.
        workers: processes that refit beside each other. A script that sets them needs
            `if __name__ == "__main__":`, for each of them imports it.
        settings: further fields of `BacktestParameters`, such as `refit_every=20`.

    Raises:
        UserError: the frame breaks the data contract, or is too short.
        pydantic.ValidationError: settings that cannot be used.
    """
    parameters = BacktestParameters(**_named(horizon, models), **settings)
    with tempfile.TemporaryDirectory() as scratch:
        result = _compare(frame, parameters, Path(scratch))
        folds = steps.folds_of(result.split, parameters)
        if not folds:
            return result
        with processes(workers) as executor:
            test = refit(result.candidates, result.panel, folds, parameters, executor)
    return replace(result, test=calibrated(test, result.validation))


def _compare(
    frame: pd.DataFrame, parameters: Parameters, checkpoints: Path | None = None
) -> Result:
    fetched = Fetched(frame, title="frame")
    settled = steps.settle(parameters, fetched)
    panel = steps.panel_of(fetched, settled)
    split = steps.split_of(panel, settled)
    candidates = candidates_of(settled, panel.calendar.season, checkpoints)
    for candidate in candidates:
        candidate.fit(panel, split)
    validation, test = steps.compare(candidates, panel, split, settled)
    return Result(settled, fetched, panel, split, candidates, validation, test)


def _named(horizon: int, models: Sequence[str] | None) -> dict[str, Any]:
    return {"source": "frame", "horizon": horizon} | ({"models": models} if models else {})
