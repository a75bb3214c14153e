"""The files of a run: tables, figures, the HTML report."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evaluation.content import Account, ReportContent
from evaluation.drift import input_sentences
from evaluation.fans import fan
from evaluation.followup import FollowUp
from evaluation.leaderboard import to_draw
from evaluation.plots import (
    attention_title,
    plot_attention,
    plot_error_by_horizon,
    plot_fan,
    plot_losses,
)
from evaluation.report import write_report
from features.panel import Floats, Panel
from flows.candidates import Candidate
from flows.files import file_name
from flows.outcome import FILE as OUTCOME
from flows.outcome import Outcome
from flows.results import Result
from flows.steps import last_origin
from models.ensemble import Ensemble
from models.forecaster import NetworkForecaster
from models.training import Epoch

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_FANS = 6  # series that get a figure of their own
_DRIFT = {
    "channel": "input",
    "psi": "index",
    "by_chance": "by chance up to",
    "state": "drift",
    "reference": "count then",
    "recent": "count now",
}
"""Columns of `evaluation.drift.input_drift` that the report shows -> what it calls them."""
BEST = "best.yaml"
"""File of the best settings that a search has found."""
CSV: dict[str, Any] = {"float_format": "%.10g"}
"""How tables are written for people and spreadsheets; `backtest.parquet` keeps every bit."""


def write_outputs(result: Result, folder: Path) -> None:
    """Write everything that a run leaves into `folder`."""
    if result.future is not None:
        result.forecast.to_csv(folder / "forecast.csv", index=False, **CSV)
    result.backtest.to_parquet(folder / "backtest.parquet", index=False)
    result.leaderboard.to_csv(folder / "leaderboard.csv", **CSV)
    result.by_series.to_csv(folder / "by_series.csv", **CSV)
    result.by_horizon.to_csv(folder / "by_horizon.csv", **CSV)
    result.slices.to_csv(folder / "slices.csv", **CSV)
    result.intervals.to_csv(folder / "intervals.csv", **CSV)
    result.significance.table().to_csv(folder / "significance.csv", index=False, **CSV)
    details = result.significance.details()
    details.to_csv(folder / "significance_parts.csv", index=False, **CSV)
    result.drift.to_csv(folder / "drift.csv", index=False, **CSV)
    if result.followup is not None:
        write_followup(result.followup, folder)
    if result.trading is not None:
        result.trading.table().to_csv(folder / "trading.csv", **CSV)
    if result.fetched.quality is not None:
        result.fetched.quality.to_csv(folder / "quality.csv", index=False, **CSV)
    write_json(folder / "leaderboard.json", records(result.leaderboard.reset_index()))
    write_json(folder / OUTCOME, Outcome.of(result).plain())
    write_json(folder / "parameters.json", result.parameters.model_dump(mode="json"))
    (folder / "verdicts.txt").write_text("\n".join(result.verdicts) + "\n", encoding="utf-8")
    for name, figure in figures(result).items():
        figure.savefig(folder / f"{name}.png")
    write_report(folder / "report.html", _content(result))


def write_followup(followup: FollowUp, folder: Path) -> None:
    """Write what became of earlier forecasts, where there are some."""
    if len(followup.points):
        followup.table.to_csv(folder / "followup.csv", index=False, **CSV)
        followup.points.to_csv(folder / "followup_points.csv", index=False, **CSV)


def _content(result: Result) -> ReportContent:
    p = result.parameters
    attention = {c.name: _attention(c, result.panel) for c in result.candidates}
    return ReportContent(
        title=f"{result.fetched.title}: {p.flow} over {p.horizon} steps",
        source=f"{result.fetched.title} ({p.source})",
        command=f"forecastle {p.flow} {shlex.quote(p.source)} --config parameters.json",
        panel=result.panel,
        split=result.split,
        scale=result.scale,
        test=result.test,
        validation=result.validation,
        chosen=result.appointed.model if result.appointed else None,
        choice=result.appointed.why if result.appointed else "",
        future=result.future,
        unit=result.fetched.unit,
        notes=result.data_notes(),
        made=f"{datetime.now():%Y-%m-%d %H:%M}",
        settings=p.model_dump(mode="json"),
        histories=dict(part for c in result.candidates for part in trainings(c).items()),
        trained_on=trained_on(result.candidates),
        attention_origin=last_origin(result.panel, p.horizon),
        segment=result.candidates[0].recipe.network.segment,
        attention={name: weights for name, weights in attention.items() if weights is not None},
        significance=result.significance,
        intervals=result.intervals,
        slices=result.slices,
        pit=result.pit,
        trading=result.trading,
        contest=_contest(result),
        earlier=_earlier(result),
        drift=_drift(result),
    )


def _contest(result: Result) -> Account | None:
    """Champion against challenger; None where there was no question of it."""
    if result.decision is None:
        return None
    found = result.decision.evidence
    caption = "Both on the origins that neither was fitted or chosen on."
    return Account([result.decision.sentence], found.table if found else None, caption)


def _earlier(result: Result) -> Account | None:
    """What earlier forecasts came to; None where there were none."""
    found = result.followup
    if found is None or not found.sentences:
        return None
    caption = "Earlier forecasts of these settings against what came, all steps ahead together."
    return Account(found.sentences, None if found.overall.empty else found.overall, caption)


def _drift(result: Result) -> Account:
    """How far what the networks see has moved."""
    caption = (
        "The latest values against the training range, by the population stability index, and what"
        " it reaches by chance. Of targets and past-only covariates, changes are compared."
    )
    said = input_sentences(result.drift) or ["No input has drifted since the training range."]
    table = result.drift.set_index("series")[list(_DRIFT)].rename(columns=_DRIFT)
    return Account(said, table, caption)


def summary(result: Result) -> dict[str, Any]:
    """The result for scripts: plain values that JSON knows, with null for what is not there."""
    found: dict[str, Any] = {
        "parameters": result.parameters.model_dump(mode="json"),
        "chosen": result.chosen,
        "verdicts": result.verdicts,
        "notes": result.notes,
        "leaderboard": records(result.leaderboard.reset_index()),
    }
    if result.decision is not None:
        found["decision"] = result.decision.plain()
    if result.future is not None:
        found["forecast"] = records(result.forecast)
    return found


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as plain values; dates as ISO 8601, NaN and infinity as None."""
    return [{str(k): _plain(v) for k, v in row.items()} for row in table.to_dict(orient="records")]


def write_json(path: Path, content: Any) -> None:
    """Write indented JSON."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def figures(result: Result) -> dict[str, Figure]:
    """Every figure of the run, by file name without its ending."""
    panel, unit, paths = result.panel, result.fetched.unit, to_draw(result.validation)
    shown = result.future or result.test
    found = {
        f"forecast-{file_name(name)}": plot_fan(fan(shown, panel, s, paths), unit)
        for s, name in enumerate(panel.ids[:_FANS])
    }
    found["error-by-horizon"] = plot_error_by_horizon(result.by_horizon, unit=unit)
    for candidate in result.candidates:
        for name, figure in candidate_figures(candidate, result).items():
            found[f"{name}-{candidate.name}"] = figure
    return found


def candidate_figures(candidate: Candidate, result: Result) -> dict[str, Figure]:
    """The figures of one candidate: its loss curves, and what it attends to."""
    found: dict[str, Figure] = {}
    if candidate.history:
        found["losses"] = plot_losses(trainings(candidate), trained_on([candidate]))
    weights = _attention(candidate, result.panel)
    if weights is not None:
        origin = result.panel.stamps[last_origin(result.panel, candidate.horizon)]
        title = attention_title(candidate.name, result.panel.ids[0], origin)
        found["attention"] = plot_attention(weights, title, candidate.recipe.network.segment)
    return found


def trained_on(candidates: Iterable[Candidate]) -> dict[str, str]:
    """What the training loss is of for those that are trained on less than the whole horizon."""
    found: dict[str, str] = {}
    for candidate in candidates:
        network = _network(candidate)
        if network is not None and network.strategy == "recursive":
            of = "next step" if network.network.segment == 1 else "next segment"
            found |= dict.fromkeys(trainings(candidate), of)
    return found


def trainings(candidate: Candidate) -> dict[str, list[Epoch]]:
    """The epochs of each training of a candidate, by a name: those of an ensemble are numbered."""
    epochs = candidate.history
    begins = [k for k, epoch in enumerate(epochs) if epoch.number == 1]
    if len(begins) < 2:
        return {candidate.name: epochs}
    ends = [*begins[1:], len(epochs)]
    parts = [epochs[k:end] for k, end in zip(begins, ends, strict=True)]
    return {f"{candidate.name} {k}": part for k, part in enumerate(parts, 1)}


def _network(candidate: Candidate) -> NetworkForecaster | None:
    """The network of a candidate, the first one of an ensemble of its name; else None."""
    fitted = candidate.fitted
    one = fitted.members[0] if isinstance(fitted, Ensemble) else fitted
    return one if isinstance(one, NetworkForecaster) and one.name == candidate.name else None


def _attention(candidate: Candidate, panel: Panel) -> Floats | None:
    """[pieces, span] of the first series at the last origin; None without attention."""
    network = _network(candidate)
    if network is None:
        return None
    weights = network.attention_map(panel, last_origin(panel, candidate.horizon))
    return None if weights is None else weights[0]


def _plain(value: Any) -> Any:
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat()
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
