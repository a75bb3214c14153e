"""The rolling backtest: forecasters that are fitted again on the way, fold after fold.

Whatever is fitted (scalers, categories, weights, the epoch to stop at) is fitted inside a fold, on
the panel as it was known at the fold's first origin. One fold of one forecaster is a unit of work:
a call of a function of a module, with arguments and a result that pickle, which knows of no other.
So an executor may do the units in any order, in other processes or on other machines.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, as_completed
from functools import partial
from typing import Any, TypeVar

import numpy as np

from evaluation.backtest import Backtest, beside_targets, check, forecast_origins
from evaluation.protocol import Forecaster
from features.panel import Floats, Panel
from features.splits import Fold

F = TypeVar("F", bound=Forecaster)


def forecast_fold(forecaster: Forecaster, panel: Panel, fold: Fold) -> Floats:
    """Fit on what was known at the fold's first origin, then forecast all of its origins.

    Returns:
        What `evaluation.backtest.forecast_origins` gives.
    """
    forecaster.fit(panel.until(fold.first), fold.split)
    return forecast_origins(forecaster, panel, fold.origins)


def rolling_backtest(
    forecasters: Sequence[F],
    panel: Panel,
    folds: Sequence[Fold],
    executor: Executor | None = None,
    *,
    shared: Callable[[], Panel] | None = None,
    in_turn: bool = False,
    work: Callable[[F, Panel, Fold], Floats] = forecast_fold,
    on_done: Callable[[str, int], None] | None = None,
) -> Backtest:
    """Judge forecasters that are fitted again for each fold; those given are copied, not changed.

    Args:
        forecasters: what to fit.
        panel: the series; a fold is handed no step after its last origin.
        folds: what each fit learns from and then forecasts, the earliest first.
        executor: does the units of work; in this thread, one after the other, where None. Networks
            draw from the random numbers of the process, so they need one of processes.
        shared: gives the panel wherever a unit is done, so that no unit carries it.
        in_turn: a forecaster is fitted on one fold after the other, so that a fit can begin from
            the one before it; forecasters alone are then units. Else each fold has a copy.
        work: does one fold; another one may keep and take up what it did.
        on_done: told after each unit the forecaster's name and the number of its folds done.

    Raises:
        ValueError: what cannot be judged.
    """
    origins = np.concatenate([fold.origins for fold in folds])
    check(forecasters, panel, origins)
    chains = [list(folds)] if in_turn else [[fold] for fold in folds]
    units = [(f, chain) for f in forecasters for chain in chains]
    source = shared or partial(_itself, panel)
    calls = [(work, f, source, chain) for f, chain in units]
    parts: dict[str, dict[int, Floats]] = {forecaster.name: {} for forecaster in forecasters}
    for k, found in _outcomes(calls, executor):
        forecaster, chain = units[k]
        done = parts[forecaster.name]
        done |= {fold.first: part for fold, part in zip(chain, found, strict=True)}
        if on_done:
            on_done(forecaster.name, len(done))
    given = {
        name: np.concatenate([done[fold.first] for fold in folds], axis=1)
        for name, done in parts.items()
    }
    return beside_targets(panel, origins, forecasters[0].horizon, given)


def _outcomes(
    calls: Sequence[tuple[Any, ...]], executor: Executor | None
) -> Iterator[tuple[int, list[Floats]]]:
    """The place of each call and what it gave, as they end; the first that fails ends all."""
    if executor is None:
        yield from ((k, _chain(*call)) for k, call in enumerate(calls))
        return
    places = {executor.submit(_chain, *call): k for k, call in enumerate(calls)}
    try:
        for future in as_completed(places):
            yield places[future], future.result()
    finally:
        for future in places:
            future.cancel()


def _itself(panel: Panel) -> Panel:
    return panel


def _chain(
    work: Callable[[F, Panel, Fold], Floats],
    forecaster: F,
    source: Callable[[], Panel],
    folds: Sequence[Fold],
) -> list[Floats]:
    """What `work` gives for each of the folds, with one copy of the forecaster for all of them."""
    own, panel = copy.deepcopy(forecaster), source()
    return [work(own, panel.until(fold.last), fold) for fold in folds]
