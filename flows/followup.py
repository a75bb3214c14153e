"""Between a run and the ledger: what it issues, and what became of what was issued before."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest
from evaluation.followup import FollowUp, beside
from features.panel import Panel
from features.sources import SOURCES, Fetched
from flows.ledger import Issue, Ledger
from flows.parameters import Parameters
from flows.results import Result
from flows.tracking.runs import experiment_name

_NO_SETTINGS = {"source", "experiment", "start", "end", "as_of"}
"""Parameters that say which data, and where it is filed."""
_NO_LIVE_SETTINGS = {"may_fail", "accept"}
"""Of live data, those that stop a run or do not."""


def issue(ledger: str, result: Result, run: str) -> bool:
    """Enter the forecasts of a run; False where the same ones have been issued before.

    Args:
        ledger: URL of the ledger.
        result: of a forecast.
        run: id of its MLflow run.

    Raises:
        UserError: the ledger cannot be used; the same command again enters what is missing.
    """
    future, p = result.future, result.parameters
    assert future is not None
    entry = Issue(
        domain=experiment_name(p),
        source=source_of(p),
        settings=settings_digest(p),
        data=result.panel.digest,
        cutoff=_utc(result.panel.stamps[-1:])[0].to_pydatetime(),
        chosen=result.chosen,
        run=run,
        issued_at=_moment(None),
    )
    return Ledger(ledger).issue(entry, issued(future))


def issued(future: Backtest) -> pd.DataFrame:
    """The forecasts from the last step as the ledger takes them, a row a value."""
    wide = future.forecast_frame()
    steps = np.nonzero(future.forecast_by_all)[2] + 1
    at = pd.DataFrame({"last": future.last[:, 0], "spread": future.spread[:, 0]}, future.ids)
    shared = at.loc[wide["unique_id"]].reset_index(drop=True)
    shared = shared.assign(series=wide["unique_id"], step=steps, ds=_utc(wide["ds"]))
    parts = [
        shared.assign(
            model=model,
            value=wide[model],
            lo_90=wide.get(f"{model}-lo-90", np.nan),
            hi_90=wide.get(f"{model}-hi-90", np.nan),
        )
        for model in future.models
    ]
    return pd.concat(parts, ignore_index=True)


def follow_up(ledger: str, parameters: Parameters, fetched: Fetched, panel: Panel) -> FollowUp:
    """Enter what has come of what was forecast before, and put both side by side.

    Args:
        ledger: URL of the ledger.
        parameters: settled ones; forecasts of their experiment and source are followed.
        fetched: where the panel came from.
        panel: what is known now.

    Raises:
        UserError: the ledger cannot be used.
    """
    book, known_at = Ledger(ledger), _moment(fetched.as_of)
    domain, source = experiment_name(parameters), source_of(parameters)
    book.observe(domain, source, _observed(panel), known_at)
    forecasts = book.forecasts(domain, source)
    forecasts = forecasts[forecasts["series"].isin(panel.ids)]
    adjusted = parameters.live is not None and bool(parameters.live.symbols)
    points = beside(forecasts, book.actuals(domain, source, known_at), adjusted)
    if (zone := panel.stamps.tz) is not None:
        for column in ("cutoff", "ds"):
            points[column] = points[column].dt.tz_localize("UTC").dt.tz_convert(zone)
    return FollowUp(points, fetched.unit)


def source_of(parameters: Parameters) -> str:
    """Where the series came from: what has the same names here and there is not the same."""
    p = parameters
    if p.live is not None:
        return f"{p.source} live {p.live.interval}"
    return p.source if p.source in SOURCES else str(Path(p.source).resolve())


def settings_digest(parameters: Parameters) -> str:
    """Names what was set, but for the data and where it is filed.

    A setting that is left at its default does not enter, so one that is new in a later version
    changes no digest.
    """
    fields = parameters.model_dump(mode="json", exclude_defaults=True, exclude=_NO_SETTINGS)
    if live := fields.get("live"):
        fields["live"] = {k: v for k, v in live.items() if k not in _NO_LIVE_SETTINGS}
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()[:12]


def _observed(panel: Panel) -> pd.DataFrame:
    """`series, ds, value` of every observation."""
    series, step = np.nonzero(np.isfinite(panel.y))
    names = np.asarray(panel.ids, dtype=object)[series]
    stamps = _utc(panel.stamps)[step]
    return pd.DataFrame({"series": names, "ds": stamps, "value": panel.y[series, step]})


def _utc(stamps: pd.DatetimeIndex | pd.Series[pd.Timestamp]) -> pd.DatetimeIndex:
    """Stamps without a time zone, in UTC where they had one."""
    index = pd.DatetimeIndex(stamps).as_unit("ns")
    return index if index.tz is None else index.tz_convert("UTC").tz_localize(None)


def _moment(stamp: pd.Timestamp | None) -> datetime:
    """A moment, or now, as the ledger holds it."""
    now = pd.Timestamp.now("UTC") if stamp is None else stamp
    return now.tz_convert("UTC").tz_localize(None).floor("us").to_pydatetime()
