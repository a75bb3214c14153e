"""The flow `forecast`: compare the candidates, then forecast what comes after the data."""

from __future__ import annotations

from prefect import flow

from flows import steps, tasks
from flows.candidates import candidates_of, forget
from flows.delivery import Report, delivery
from flows.parameters import ForecastParameters
from flows.results import Result
from flows.settings import Settings
from flows.tracking import experiment_name


@flow(name="forecast")
def forecast(params: ForecastParameters) -> Report:
    """Fetch, validate, follow up, fit, backtest, forecast, report, log and issue.

    The forecasts enter the ledger when everything else is there: it never holds those of a run that
    was killed, and the same command again enters those that a kill has kept out.

    Args:
        params: what to forecast, and with which candidates.

    Raises:
        UserError: input or settings that cannot be used.
    """
    settings = Settings()
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel, split = tasks.validate(fetched, params)
    steps.require_known_future(panel, params.horizon)
    earlier = tasks.follow_up(settings.ledger, params, fetched, panel)
    candidates = candidates_of(params, panel.calendar.season, settings.checkpoints)
    with delivery(settings, params, panel, "forecast") as to:
        for candidate in candidates:
            tasks.fit(candidate, panel, split, experiment_name(params))
        validation, test = tasks.backtest(candidates, panel, split, params)
        future = tasks.look_ahead(candidates, panel, (validation, test))
        result = Result(
            params, fetched, panel, split, candidates, validation, test, future, earlier
        )
        tasks.report(result, to.draft)
        tasks.log(result, to.run, to.draft)
    tasks.issue(settings.ledger, result, to.run)
    forget(candidates)
    return Report(result, to.folder, to.run)
