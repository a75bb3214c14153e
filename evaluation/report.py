"""The report: one HTML file that holds everything it shows and asks nothing of a network."""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evaluation import datacard
from evaluation.backtest import Backtest
from evaluation.content import Account, ReportContent
from evaluation.leaderboard import by_horizon, by_series, leaderboard, select, to_draw
from evaluation.numbers import NOTHING
from evaluation.palette import DARK
from evaluation.sections import forecasts, luck, prices, reliability
from evaluation.sections.drawing import Drawing
from evaluation.sections.glance import glance
from evaluation.significance import Significance, significance
from evaluation.tables import Table, plain_table, score_table, series_scores
from evaluation.tally import AVERAGES
from evaluation.trading import LIMITS
from evaluation.verdicts import choice, headline, verdicts

TEMPLATES = Path(__file__).parent / "templates"
MOST_SERIES = 8
"""Series that get a fan of their own; the tables hold all of them."""


def write_report(path: Path, content: ReportContent) -> None:
    """Write the report to `path`, whole or not at all."""
    html = render(content)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}-{os.getpid()}")
    try:
        draft.write_text(html, encoding="utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def render(content: ReportContent) -> str:
    """The report's HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    c, board = content, leaderboard(content.test, content.scale)
    found = c.significance or significance(c.test)
    parts = _words(c, board, found) | _tables(c, board, found.table()) | _drawings(c)
    return environment.get_template("report.html.j2").render(
        c=c,
        facts=datacard.facts(c.panel, c.source),
        settings=_flat(c.settings),
        plotly=_plotly(),
        palette=DARK,
        dark=json.dumps(DARK),
        **parts,
    )


def _words(c: ReportContent, board: pd.DataFrame, found: Significance) -> dict[str, Any]:
    """The verdict, and what is told beside tables and drawings."""
    chosen = c.chosen or (select(c.validation) if c.validation else None)
    model = chosen or str(board.index[0])
    why = "the champion" if c.chosen else "lowest validation MAE" if chosen else ""
    return {
        "headline": headline(c.test, found, c.chosen),
        "choice": c.choice or (choice(c.validation, c.test, found) if c.validation else ""),
        "chosen": chosen,
        "glance": glance(model, why, board, c.unit, found.table()),
        "verdicts": verdicts(c.test, found),
        "extent": _extent(c.test),
        "metrics": [(metric.label, metric.meaning) for metric in AVERAGES.values()],
        "limits": LIMITS,
        "meanings": prices.MEANINGS,
    }


def _tables(c: ReportContent, board: pd.DataFrame, tests: pd.DataFrame) -> dict[str, Any]:
    """Every table that stands by itself; None where there is nothing to tell."""
    where = f"on the test range, {_extent(c.test)}"
    first = f"All models {where}, lowest MAE first."
    each, panel = f"Each series by itself {where}.", c.panel
    return {
        "leaderboard": score_table(first, board, c.unit),
        "by_series": series_scores(each, by_series(c.test, c.scale), c.unit)
        if len(panel) > 1
        else None,
        "intervals": None if c.intervals is None else luck.intervals(c.intervals, board.index),
        "leads": luck.leads(tests, "naive", c.test.horizon),
        "comparisons": luck.all_comparisons(tests, c.test.horizon) if len(tests) else None,
        "ratios": None if c.trading is None else prices.ratios(c.trading),
        "series": plain_table("Each series by itself.", datacard.series_table(panel)),
        "split": plain_table(
            "Ranges of target steps, in this order in time.", datacard.split_table(panel, c.split)
        ),
        "accounts": _accounts(c),
    }


def _drawings(c: ReportContent) -> dict[str, Any]:
    """Every drawing; None or an empty list where there is nothing to draw."""
    shown, steps = to_draw(c.validation or c.test), by_horizon(c.test, c.scale)
    rivals = list(dict.fromkeys([shown[0], *(["naive"] if "naive" in shown else shown[1:2])]))
    return {
        "fans": _fans(c, shown),
        "omitted": max(0, len(c.panel) - MOST_SERIES),
        "horizon": forecasts.by_step(steps, c.unit),
        "slices": [] if c.slices is None else reliability.slices(c.slices, rivals, c.unit),
        "coverage": reliability.coverage(steps, shown),
        "pit": reliability.pit(c.pit, shown),
        "growth": None if c.trading is None else prices.growth(c.trading),
        "losses": forecasts.losses(c.histories, c.trained_on),
        "attention": _attention(c),
    }


def _accounts(c: ReportContent) -> dict[str, tuple[Account, Table | None]]:
    """By heading, with the table as text."""
    given = {
        "Champion and challenger": c.contest,
        "What earlier forecasts came to": c.earlier,
        "Drift of the inputs": c.drift,
    }
    return {
        name: (told, None if told.table is None else plain_table(told.caption, told.table))
        for name, told in given.items()
        if told is not None
    }


def _fans(c: ReportContent, shown: list[str]) -> dict[str, list[Drawing]]:
    """By series."""
    parts = [part for part in (c.future, c.test) if part is not None]
    return {
        name: forecasts.fans(c.panel, parts, series, shown, c.unit)
        for series, name in enumerate(c.panel.ids[:MOST_SERIES])
    }


def _attention(c: ReportContent) -> list[Drawing]:
    series, origin = c.panel.ids[0], c.panel.stamps[c.attention_origin]
    return [
        forecasts.attention(weights, model, series, origin, c.segment)
        for model, weights in c.attention.items()
    ]


def _extent(test: Backtest) -> str:
    judged, observed = int(test.judged_points.sum()), int(np.isfinite(test.y).sum())
    text = f"{len(test.origins):,} origins, {test.horizon} steps ahead, {judged:,} points"
    if judged < observed:
        text += f" ({observed - judged:,} observed points lack a forecast of some model)"
    return text


def _flat(settings: Mapping[str, object], prefix: str = "") -> dict[str, str]:
    """Nested settings as `network.hidden`: text."""
    flat: dict[str, str] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        elif isinstance(value, list | tuple):
            flat[prefix + name] = ", ".join(map(str, value)) or NOTHING
        else:
            flat[prefix + name] = NOTHING if value in (None, "") else str(value)
    return flat


@cache
def _plotly() -> str:
    """Plotly's script, compressed to a third: gzip in base64, the same bytes every time."""
    from plotly.offline import get_plotlyjs

    packed = gzip.compress(get_plotlyjs().encode(), compresslevel=9, mtime=0)
    return base64.b64encode(packed).decode()
