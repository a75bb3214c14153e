"""The flow `backtest`: compare the candidates, with or without training again on the way."""

from __future__ import annotations

from contextlib import nullcontext

from prefect import flow

from flows import steps, tasks
from flows.candidates import candidates_of, forget
from flows.delivery import Report, delivery
from flows.fanout.refits import forget_refits, one_thread
from flows.fanout.runners import require_runner
from flows.fanout.units import fanned_out
from flows.parameters import BacktestParameters
from flows.results import Result
from flows.settings import Settings


@flow(name="backtest")
def backtest(params: BacktestParameters) -> Report:
    """Fetch, validate, fit, backtest, report and log.

    Where `refit_every` is set, the candidates of the first fit serve the validation range (the
    choice of the model, the first errors for the intervals) and the refits the test range.

    Args:
        params: What to judge, and how.

    Raises:
        UserError: input or settings that cannot be used.
    """
    settings = Settings()
    require_runner(settings)
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel, split = tasks.validate(fetched, params)
    folds = steps.folds_of(split, params)
    candidates = candidates_of(params, panel.calendar.season, settings.checkpoints)
    with delivery(settings, params, panel, "backtest") as to:
        with fanned_out(settings, panel) as fan_out:
            # the first fit is the refit of the first fold, and refits are done on one thread
            with one_thread() if folds else nullcontext():
                tasks.fit_all(candidates, panel, split, to.run, fan_out)
            validation, test = tasks.backtest(candidates, panel, split, params)
            if folds:
                test = tasks.refit_all(candidates, panel, folds, params, validation, fan_out)
        result = Result(params, fetched, panel, split, candidates, validation, test)
        tasks.report(result, to.draft)
        tasks.log(result, to.run, to.draft)
    forget(candidates)
    forget_refits(candidates, panel, folds, params.warm_start)
    found = Report(result, to.folder, to.run)
    tasks.leave_artifacts(found)
    return found
