"""The steps of both flows as plain functions; a Prefect task wraps one, a notebook calls them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest, backtest
from evaluation.conformal import calibrated
from evaluation.kinds import networks
from evaluation.protocol import Forecaster
from features.errors import UserError
from features.normalize import Scaling
from features.panel import Panel
from features.quality import stop_if_severe
from features.schema import to_panel
from features.sources import Fetched, Live, Query, fetch
from features.splits import Fold, Split, folds
from flows.candidates import Candidate
from flows.parameters import BacktestParameters, Parameters
from flows.settings import Settings
from models.forecaster import check_length

P = TypeVar("P", bound=Parameters)


def fetch_data(parameters: Parameters) -> Fetched:
    """The long frame of the source, not validated yet.

    Raises:
        UserError: what is not there, or live data that a severe finding speaks against.
    """
    p = parameters
    start, end = (pd.Timestamp(stamp) if stamp else None for stamp in (p.start, p.end))
    ahead = Path(p.known_ahead) if p.known_ahead else None
    fetched = fetch(p.source, Query(p.series, start, end, *_live(p), ahead), p.columns)
    if fetched.quality is not None:
        accepted = fetched.quality["rule"].isin(p.live.accept if p.live else ())
        stop_if_severe(fetched.quality[~accepted])
    return fetched


def _live(parameters: Parameters) -> tuple[Live | None, Live | None]:
    """The live series, and the weather beside them."""
    p, store = parameters, Settings().store
    as_of = pd.Timestamp(p.as_of) if p.as_of else None
    if as_of is not None:
        as_of = as_of.tz_localize("UTC") if as_of.tz is None else as_of.tz_convert("UTC")
        if as_of > (now := pd.Timestamp.now("UTC")):
            raise UserError(
                f"as_of is {as_of:%Y-%m-%d %H:%M} UTC, expected none later than now, "
                f"{now:%Y-%m-%d %H:%M} UTC; leave it out to have what is known now"
            )
    names = p.live.symbols or p.live.stations if p.live else ()
    series = None
    if p.live:
        place, interpolate = p.live.place, p.live.interpolate
        series = Live(names, store, p.live.interval, as_of, place, p.calendar, interpolate)
    return series, Live((p.weather_at,), store, as_of=as_of) if p.weather_at else None


def settle(parameters: P, fetched: Fetched) -> P:
    """The parameters with the source's recommendations where the user left the choice."""
    p, live, start = parameters, parameters.live, parameters.start
    if live is not None:
        start = start or fetched.frame["ds"].min().to_pydatetime()
        if live.place is not None:
            stations = tuple(sorted({*fetched.frame["unique_id"], *fetched.missing}))
            live = live.model_copy(
                update={"stations": stations, "latitude": None, "longitude": None}
            )
    return parameters.model_copy(
        update={
            "live": live,
            "start": start,
            "calendar": fetched.calendar if p.calendar == "auto" else p.calendar,
            "covariates": p.covariates or fetched.covariates,
            "scaling": p.scaling or Scaling(log=fetched.log),
            "experiment": p.experiment or fetched.experiment,
            "as_of": fetched.as_of,  # with it these parameters mean what this run saw
        }
    )


def panel_of(fetched: Fetched, parameters: Parameters) -> Panel:
    """The validated series on their calendar.

    Raises:
        UserError: the frame breaks the data contract.
    """
    return to_panel(fetched.frame, parameters.calendar, parameters.covariates)


def split_of(panel: Panel, parameters: Parameters) -> Split:
    """Cut the panel's steps by the shares asked for.

    Raises:
        UserError: a range is too short for the horizon, or for the networks' look-back.
    """
    shares, horizon = parameters.split, parameters.horizon
    split = Split.by_share(panel.steps, shares.train, shares.validation, shares.gap)
    for part, steps in {"validation": split.validation, "test": split.test}.items():
        if len(steps) < horizon:
            raise UserError(
                f"the {part} range has {len(steps)} of the data's {panel.steps} steps, fewer than "
                f"the horizon {horizon}; give more history or a shorter horizon, or change the "
                f"split's shares{' or its gap' if shares.gap else ''}"
            )
    if networks(parameters.models):
        check_length(panel, split, parameters.network, horizon)
    return split


def compare(
    candidates: Sequence[Candidate], panel: Panel, split: Split, parameters: Parameters
) -> tuple[Backtest, Backtest]:
    """Backtests of fitted candidates on the validation and on the test range.

    Both take one pass a candidate. The test range's forecasts have calibrated quantiles.
    """
    validation, test = (
        backtest(candidates, panel, split.origins(part, parameters.horizon, parameters.stride))
        for part in ("validation", "test")
    )
    return validation, calibrated(test, validation)


def rehearse(parameters: Parameters) -> None:
    """Go as far as nothing is trained or kept: what is wrong with the input comes up here."""
    fetched = fetch_data(parameters)
    settled = settle(parameters, fetched)
    split_of(panel_of(fetched, settled), settled)


def folds_of(split: Split, parameters: BacktestParameters) -> list[Fold]:
    """The refits of a backtest over the test range; none where it is not to be refitted."""
    p = parameters
    if p.refit_every is None:
        return []
    origins = split.origins("test", p.horizon, p.stride)
    return folds(origins, p.refit_every, len(split.validation), p.window, p.split.gap)


def look_ahead(
    forecasters: Sequence[Forecaster], panel: Panel, before: Sequence[Backtest] = ()
) -> Backtest:
    """Forecasts of the H steps after the panel's last one, a backtest whose `y` is still to come.

    They have calibrated quantiles where backtests are given, of the earliest origins first.
    """
    future = backtest(forecasters, panel, np.array([panel.steps - 1]))
    return calibrated(future, *before) if before else future


def last_origin(panel: Panel, horizon: int) -> int:
    """The last step that can be forecast from.

    Where there are known-future covariates, `horizon` steps of them follow it.
    """
    lacking = max(horizon - panel.ahead, 0) if panel.covariates.future else 0
    return panel.steps - 1 - lacking


def require_known_future(panel: Panel, horizon: int) -> None:
    """Refuse, before anything is trained, covariates that do not reach as far as the forecast."""
    names, have = panel.covariates.future, panel.ahead
    if names and have < horizon:
        raise UserError(
            f"the known-future covariates {', '.join(names)} reach {have} steps past the last "
            f"observation on {panel.stamps[-1]}, fewer than the horizon {horizon}; add rows with "
            "their values and no y"
        )
