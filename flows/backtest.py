"""The flow `backtest`: compare the candidates, with or without training again on the way."""

from __future__ import annotations

from prefect import flow

from flows import steps, tasks
from flows.candidates import candidates_of, forget
from flows.delivery import Report, delivery
from flows.parameters import BacktestParameters
from flows.refits import forget_refits
from flows.results import Result
from flows.settings import Settings


@flow(name="backtest")
def backtest(params: BacktestParameters) -> Report:
    """Fetch, validate, fit, backtest, report and log.

    Where `refit_every` is set, the candidates of the first fit serve the validation range (the
    choice of the model, the first errors for the intervals) and the refits the test range.

    Args:
        params: what to judge, and how.

    Raises:
        UserError: input or settings that cannot be used.
    """
    settings = Settings()
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel, split = tasks.validate(fetched, params)
    folds = steps.folds_of(split, params)
    candidates = candidates_of(params, panel.calendar.season, settings.checkpoints)
    with delivery(settings, params, panel, "backtest") as to:
        for candidate in candidates:
            tasks.fit(candidate, panel, split, to.run)
        validation, test = tasks.backtest(candidates, panel, split, params)
        if folds:
            test = tasks.refit(candidates, panel, folds, params, validation)
        result = Result(params, fetched, panel, split, candidates, validation, test)
        tasks.report(result, to.draft)
        tasks.log(result, to.run, to.draft)
    forget(candidates)
    forget_refits(candidates, panel, folds, params.warm_start)
    return Report(result, to.folder, to.run)
