"""The flow `forecast`: compare the candidates, then forecast what comes after the data."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

from prefect import flow

from evaluation.kinds import REFERENCES
from features.panel import Panel
from features.splits import Split
from flows import steps, tasks
from flows.candidates import Candidate, candidates_of, forget
from flows.delivery import Report, delivery
from flows.fanout.runners import require_runner
from flows.fanout.units import fanned_out
from flows.notify.happened import tell_drift
from flows.parameters import ForecastParameters
from flows.registry.champion import Registry, model_name
from flows.results import Appointed, Result
from flows.settings import Settings
from flows.tracking.runs import await_store


@flow(name="forecast")
def forecast(params: ForecastParameters) -> Report:
    """Fetch, validate, follow up, fit, backtest, forecast, report, log and issue.

    With `champion`, nothing is fitted: the champion of the registry takes the candidates' place.

    The forecasts enter the ledger when everything else is there: it never holds those of a run that
    was killed, and the same command again enters those that a kill has kept out.

    Args:
        params: What to forecast, and with which candidates.

    Raises:
        UserError: input or settings that cannot be used, or no champion that fits the data.
    """
    settings = Settings()
    require_runner(settings)
    if params.champion:
        params = params.model_copy(update={"models": tuple(REFERENCES)})  # it needs no others
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel, split = tasks.validate(fetched, params)
    steps.require_known_future(panel, params.horizon)
    candidates, split, appointed = _contenders(settings, params, panel, split)
    earlier = tasks.follow_up(settings.ledger, params, fetched, panel)
    with delivery(settings, params, panel, "forecast") as to:
        unfitted = [candidate for candidate in candidates if candidate.forecaster is None]
        with fanned_out(settings, panel) if not params.champion else nullcontext() as fan_out:
            tasks.fit_all(unfitted, panel, split, to.run, fan_out)
        validation, test = tasks.backtest(candidates, panel, split, params)
        future = tasks.look_ahead(candidates, panel, (validation, test))
        result = Result(
            *(params, fetched, panel, split, candidates, validation, test, future),
            followup=earlier,
            appointed=appointed,
        )
        tasks.report(result, to.draft)
        tasks.log(result, to.run, to.draft)
    tasks.issue(settings.ledger, result, to.run)
    tell_drift(to.run, earlier, result)
    forget(candidates)
    found = Report(result, to.folder, to.run)
    tasks.leave_artifacts(found)
    return found


def _contenders(
    settings: Settings, params: ForecastParameters, panel: Panel, split: Split
) -> tuple[Sequence[Candidate], Split, Appointed | None]:
    """What is to be compared and on which ranges; fitted already where the champion forecasts."""
    season = panel.calendar.season
    if not params.champion:
        return candidates_of(params, season, settings.checkpoints), split, None
    await_store(settings)
    registry = Registry(settings.tracking_uri, model_name(params))
    registry.require()
    champion = tasks.reigning(registry, panel)
    assert champion is not None
    ranges = champion.split(panel, params.horizon)
    return champion.candidates(params.horizon, season), ranges, champion.appointed
