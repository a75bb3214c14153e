"""The leak audit of a user's own data and configuration, through every step that a run takes.

Networks are trained for one epoch: what a fit reads does not depend on how long it goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation.audit import Leak, Step, audit, suspects
from evaluation.audit.chain import Steps, gaps, repeats
from evaluation.backtest import Backtest, backtest
from evaluation.kinds import networks
from features.errors import UserError
from features.panel import Panel
from flows import steps
from flows.audit.fetch import fetch_leaks
from flows.audit.run import Run, begin
from flows.audit.views import choice, forecasts, intervals, lenses, losses, panel_rows, signals
from flows.candidates import Candidate, candidates_of
from flows.fanout.refits import refit
from flows.parameters import BacktestParameters

STEPS = (
    *("fetch", "data", "covariates beside", "validation", "scaling", "features"),
    *("fit", "forecast", "calibration", "selection", "refit"),
)
"""Everything that can leak, in the order of the data's way."""
PASSING = ("validation", "features", "forecast", "calibration", "selection")
FITTING = ("validation", "scaling", "fit")


@dataclass(frozen=True)
class Findings:
    """What an audit found."""

    parameters: BacktestParameters
    title: str
    steps: tuple[str, ...]
    """Those that were looked at."""
    origins: tuple[pd.Timestamp, ...]
    leaks: list[Leak]
    notes: list[str]
    """What is worth knowing and no leak, and what could not be told."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Whether nothing leaks."""
        return not self.leaks


def inspect(parameters: BacktestParameters) -> Findings:
    """Run the whole pipeline again and again with another future, and say what moves.

    Raises:
        UserError: input or settings that cannot be used.
    """
    begun = time.perf_counter()
    run = begin(parameters)
    train, validation, test = run.split.train, run.split.validation, run.split.test
    origins = [
        run.stamp(step)
        for step in (
            train.stop - 1,
            validation.start + len(validation) // 2,
            validation.stop - 1,
            test.start + len(test) // 2,
        )
    ]
    notes: list[str] = []
    cuts = [*origins[::2], *repeats(run.fetched.frame, run.stamp(train.start + train.stop // 2))]
    leaks, said = fetch_leaks(run.fetched, run.parameters, cuts, _moments(run))
    notes += said
    leaks += suspects(run.fetched.frame, run.panel.covariates, run.parameters.horizon)
    holes = gaps(run.fetched.frame, run.stamp(0))
    parts = {
        PASSING: _passing(run, origins, holes),
        FITTING: _fitting(run),
        ("selection",): _choosing(run),
        ("refit",): _refitting(run),
    }
    found, refused, why = tried(parts)
    leaks, notes = leaks + found, notes + why
    done = tuple(step for step in STEPS if step not in refused | _absent(run.parameters))
    first = {(leak.step, leak.column): leak for leak in reversed(leaks)}
    return Findings(
        parameters,
        run.fetched.title,
        done,
        tuple(sorted({*origins, *holes})),
        sorted(first.values(), key=lambda leak: STEPS.index(leak.step)),
        notes,
        time.perf_counter() - begun,
    )


def _moments(run: Run) -> list[pd.Timestamp]:
    """The origins that a backtest of this run reads the data for."""
    p = run.parameters
    both = [run.split.origins(part, p.horizon) for part in ("validation", "test")]
    return list(run.panel.stamps[np.concatenate(both)])


Part = Callable[[], list[Leak]]


def tried(parts: Mapping[tuple[str, ...], Part]) -> tuple[list[Leak], set[str], list[str]]:
    """The leaks of the parts, the steps of which nothing can be told, and why.

    Args:
        parts: the steps that a part tries, and what tries them.
    """
    leaks: list[Leak] = []
    refused: set[str] = set()
    notes = []
    for names, part in parts.items():
        try:
            leaks += part()
        except UserError as error:  # of the wild values, which are not the user's
            refused |= set(names)
            notes.append(
                f"Nothing is told of {', '.join(names)}: the values that stand for an unknown "
                f"future are refused ({error})."
            )
    return leaks, refused - {leak.step for leak in leaks}, notes


def _absent(p: BacktestParameters) -> set[str]:
    """The steps that a run of these parameters does not have."""
    there = {
        "covariates beside": bool(p.weather_at or p.known_ahead),
        "scaling": bool(networks(p.models)),
        "features": bool(networks(p.models)),
        "refit": p.refit_every is not None,
    }
    return {step for step, has in there.items() if not has}


def _passing(run: Run, origins: list[pd.Timestamp], holes: list[pd.Timestamp]) -> Part:
    """The steps that data passes through once everything is fitted."""
    begin = run.stamp(int(run.split.origins("validation", run.parameters.horizon)[0]))
    learnt = run.stamp(run.split.validation.stop - 1)
    seen = {
        name: c.fitted
        for name, c in zip(
            run.parameters.models, run.fit(run.panel, run.parameters.models), strict=True
        )
    }
    chain: Steps = {
        "validation": Step(run.lay, panel_rows),
        "features": Step(_same, lambda panel: signals(seen, panel)),
        "forecast": Step(run.judge, forecasts, begin),
        "calibration": Step(_same, intervals, learnt),
        "selection": Step(_same, choice, learnt),
    }
    return lambda: audit(chain, run.fetched.frame, sorted({*origins, *holes}), run.ahead)


def _fitting(run: Run) -> Part:
    """What is learned: scaling from the training range, all else from nothing later than that."""
    names = run.parameters.models
    trained = run.stamp(run.split.train.stop - 1)
    learnt = run.stamp(run.split.validation.stop - 1)
    validation = run.split.validation
    some = np.unique(np.linspace(validation.start, validation.stop - 1, 3).astype(np.int64))

    def first(panel: Panel) -> list[Candidate]:
        return run.fit(panel, networks(names))

    def everything(panel: Panel) -> list[Candidate]:
        return run.fit(panel, names)

    def forecast(candidates: list[Candidate]) -> pd.DataFrame:
        given = _long(backtest(candidates, run.panel, some).forecast_frame())
        return pd.concat([losses(candidates), given], ignore_index=True)

    door = Step(run.lay, panel_rows)
    early: Steps = {"validation": door, "scaling": Step(first, lenses)}
    late: Steps = {
        "validation": door,
        "scaling": Step(everything, lenses),
        "fit": Step(_same, forecast),
    }

    def look() -> list[Leak]:
        found = audit(early, run.fetched.frame, [trained], run.ahead) if networks(names) else []
        known = {(leak.step, leak.column) for leak in found}
        later = audit(late, run.fetched.frame, [learnt], run.ahead)
        return found + [leak for leak in later if (leak.step, leak.column) not in known]

    return look


def _choosing(run: Run) -> Part:
    """The test range's values become each model's own forecasts in turn: the choice must stay."""

    def look() -> list[Leak]:
        clean = run.judge(run.panel)
        for model, forecast in clean.test.forecasts.items():
            flattered = replace(clean, test=replace(clean.test, y=forecast))
            if flattered.chosen != clean.chosen:
                first = run.stamp(run.split.test.start)
                return [
                    Leak(
                        "selection",
                        "y",
                        None,
                        first,
                        f"selection: {model} is chosen instead of {clean.chosen} when 'y' of the "
                        f"test range, from {first:%Y-%m-%d} on, is what {model} forecast; the "
                        "model has to be chosen on the validation range.",
                    )
                ]
        return []

    return look


def _refitting(run: Run) -> Part:
    """The first two refits of a backtest, where there are some."""
    p = run.parameters
    folds = steps.folds_of(run.split, p)[:2]
    if not folds:
        return list

    def again(panel: Panel) -> Backtest:
        return refit(candidates_of(p, panel.calendar.season), panel, folds, p)

    def rows(found: Backtest) -> pd.DataFrame:
        return _long(found.forecast_frame())

    origin = run.stamp(folds[-1].first)
    chain: Steps = {"validation": Step(run.lay, panel_rows), "refit": Step(again, rows)}
    return lambda: audit(chain, run.fetched.frame, [origin], run.ahead)


def _long(table: pd.DataFrame) -> pd.DataFrame:
    return table.melt(["unique_id", "ds", "cutoff"], var_name="model", value_name="forecast")


def _same(state: Any) -> Any:
    return state


def rows_of(leaks: Sequence[Leak]) -> Iterator[dict[str, str | None]]:
    """The leaks for JSON."""
    for leak in leaks:
        when = None if leak.when is None else leak.when.isoformat()
        yield {**vars(leak), "when": when}
