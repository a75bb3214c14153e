"""The report: one HTML file that holds everything it shows and asks nothing of a network."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evaluation import datacard, interactive
from evaluation.backtest import Backtest
from evaluation.fans import fan
from evaluation.kinds import BASELINES, networks
from evaluation.leaderboard import by_horizon, by_series, leaderboard, overall
from evaluation.metrics import METRICS, Scale
from evaluation.numbers import NOTHING
from evaluation.plots import attention_title, horizon_title
from evaluation.protocol import EpochRecord
from evaluation.significance import significance
from evaluation.tables import Table, plain_table, score_table, series_scores
from evaluation.verdicts import choice, headline, verdicts
from features.panel import Floats, Panel
from features.splits import Split

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TEMPLATES = Path(__file__).parent / "templates"
MOST_SERIES = 8
"""Series that get a fan of their own; the tables hold all of them."""


@dataclass(frozen=True)
class ReportContent:
    """What a report is made of. Everything it says is worked out from this."""

    title: str
    source: str
    """Where the data came from, in a sentence."""
    command: str
    """What makes this report again."""
    panel: Panel
    split: Split
    scale: Scale
    test: Backtest
    validation: Backtest | None = None
    """Without it (a backtest with refit) no model is chosen."""
    future: Backtest | None = None
    """The forecasts from the panel's last step."""
    unit: str = ""
    notes: Sequence[str] = ()
    """What is to be known of the data, a sentence each."""
    made: str = ""
    """When the report was made, in words."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Plain values, lists and mappings of them."""
    histories: Mapping[str, Sequence[EpochRecord]] = field(default_factory=dict)
    trained_on: Mapping[str, str] = field(default_factory=dict)
    """What a training loss is of, where that is not what the validation loss is of."""
    attention: Mapping[str, Floats] = field(default_factory=dict)
    """model -> [pieces, span] of the first series, the last column being the origin."""
    attention_origin: int = -1
    """Step of the panel that `attention` is from."""
    segment: int = 1
    """Steps that a row and a column of `attention` stand for."""


@dataclass(frozen=True)
class Drawing:
    """A figure with the sentence that says what is seen."""

    caption: str
    html: str


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
    from plotly.offline import get_plotlyjs

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    c, found = content, significance(content.test)
    return environment.get_template("report.html.j2").render(
        c=c,
        headline=headline(c.test, found),
        choice=choice(c.validation, c.test, found) if c.validation else "",
        verdicts=verdicts(c.test, found),
        extent=_extent(c.test),
        tables=_tables(c),
        legend=[(metric.label, metric.meaning) for metric in METRICS.values()],
        fans=_fans(c),
        omitted=max(0, len(c.panel) - MOST_SERIES),
        horizon=_horizon(c),
        losses=_losses(c),
        attention=_attention(c),
        facts=datacard.facts(c.panel, c.source),
        settings=_flat(c.settings),
        plotly=get_plotlyjs(),
    )


def _tables(c: ReportContent) -> dict[str, Table]:
    where = f"on the test range, {_extent(c.test)}"
    scores = score_table(
        f"All models {where}, lowest MAE first.", leaderboard(c.test, c.scale), c.unit
    )
    tables = {
        "leaderboard": scores,
        "series": plain_table("Each series by itself.", datacard.series_table(c.panel)),
        "split": plain_table(
            "Ranges of target steps, in this order in time.",
            datacard.split_table(c.panel, c.split),
        ),
    }
    if len(c.panel) > 1:
        caption = f"Each series by itself {where}."
        tables["by_series"] = series_scores(caption, by_series(c.test, c.scale), c.unit)
    return tables


def _shown(c: ReportContent) -> list[str]:
    """The models of a fan: the best by validation, the best network, the two references."""
    mae = overall(c.validation or c.test, "mae")
    ranked = sorted(mae, key=lambda model: mae[model])
    references = [model for model in BASELINES[:2] if model in mae]
    return list(dict.fromkeys(ranked[:1] + networks(ranked)[:1] + references))


def _fans(c: ReportContent) -> list[Drawing]:
    drawings = []
    for series in range(min(len(c.panel), MOST_SERIES)):
        for part in (c.future, c.test):
            if part is not None:
                one = fan(part, c.panel, series, _shown(c))
                drawings.append(_drawing(interactive.fan_figure(one, c.unit), one.summary))
    return drawings


def _horizon(c: ReportContent) -> Drawing:
    figure = interactive.horizon_figure(by_horizon(c.test, c.scale), "mae", c.unit)
    return _drawing(figure, horizon_title("mae"))


def _losses(c: ReportContent) -> Drawing | None:
    histories = {model: epochs for model, epochs in c.histories.items() if epochs}
    if not histories:
        return None
    caption = "Loss by epoch: solid is validation, dotted is training, the dot is the epoch kept"
    for model in histories:
        if model in c.trained_on:
            caption += f"; training of {model} is of the {c.trained_on[model]} only"
    return _drawing(interactive.loss_figure(histories, c.trained_on), caption)


def _attention(c: ReportContent) -> list[Drawing]:
    series, origin = c.panel.ids[0], c.panel.stamps[c.attention_origin]
    return [
        _drawing(
            interactive.attention_figure(weights, c.segment), attention_title(model, series, origin)
        )
        for model, weights in c.attention.items()
    ]


def _drawing(figure: Figure, caption: str) -> Drawing:
    from markupsafe import Markup

    html = figure.to_html(
        full_html=False,
        include_plotlyjs=False,
        config={"displayModeBar": False, "responsive": True},
        div_id="figure-" + hashlib.sha256(caption.encode()).hexdigest()[:12],
    )
    return Drawing(caption, Markup(html))  # Plotly escapes what a script could misread


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
