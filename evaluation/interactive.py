"""The report's figures (Plotly): what `evaluation.plots` draws, to point at and to zoom into.

The legend is the page's, not the figure's: there it wraps, is read aloud and works by keyboard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluation.fans import Fan
from evaluation.palette import ACTUAL, AXIS, GREY, GRID, INK, PAPER, Style, styles
from evaluation.plots import horizon_table, kept_epoch, metric_label, weight_label
from evaluation.protocol import EpochRecord
from features.levels import LEVELS
from features.panel import Floats

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

MARKERS, TICKS = 12, 12
"""Symbols on a line and ticks on an axis of steps, at most."""


def fan_figure(fan: Fan, unit: str = "") -> Figure:
    """The recent past, each model's path with one 90 % band, and what was observed if known."""
    figure = _figure("", unit or "value")
    past, actual = list(fan.past), list(fan.actual)
    known = np.isfinite(fan.actual).any()
    stamps = fan.past_stamps.append(fan.stamps) if known else fan.past_stamps
    values = np.array(past + actual if known else past)
    observed = _line(Style(ACTUAL, "solid", 1.3))
    figure.add_scatter(x=stamps, y=values, name="observed", **observed)
    if fan.banded:
        _add_band(figure, fan, fan.banded, fan.styles[fan.banded])
    for model, path in fan.forecasts.items():
        line = _line(fan.styles[model], markers=4)
        figure.add_scatter(x=fan.ahead, y=fan.from_origin(path), name=model, **line)
    figure.add_vline(fan.origin, line={"color": GREY, "width": 1})
    figure.update_xaxes(showgrid=False)
    return figure


def horizon_figure(table: pd.DataFrame, metric: str = "mae", unit: str = "") -> Figure:
    """A metric at each step ahead for all models; `table` is from `leaderboard.by_horizon`."""
    figure = _figure("steps ahead of the origin", metric_label(metric, unit))
    wide = horizon_table(table, metric)
    _add_lines(figure, wide, styles(table.index.unique("model")))
    _whole_steps(figure, len(wide))
    figure.update_yaxes(rangemode="tozero")
    return figure


def coverage_figure(table: pd.DataFrame, models: Sequence[str]) -> Figure:
    """Share of the observations inside the 90 % interval, in %, at each step ahead."""
    figure = _figure("steps ahead of the origin", "inside the 90 % interval (%)")
    wide = 100 * table["coverage_90"].unstack("model")[list(models)]
    _add_lines(figure, wide, styles(table.index.unique("model")))
    figure.add_hline(90, line={"color": INK, "width": 1, "dash": "dash"})
    _whole_steps(figure, len(wide))
    lowest = float(np.nanmin(wide.to_numpy(), initial=80))
    figure.update_yaxes(range=[max(0, lowest - 4), 100.5])
    return figure


def pit_figure(shares: Mapping[str, Floats], models: Sequence[str]) -> Figure:
    """How often observations fell between neighbouring levels, as a multiple of what was promised.

    `shares`: model -> [Q + 1] shares of the observations below, between and above the levels.
    """
    figure = _figure("level of the forecast distribution (%)", "observed / promised")
    edges = np.array([0, *LEVELS, 1])
    ratios = {model: shares[model] / np.diff(edges) for model in models}
    middles = 50 * (edges[1:] + edges[:-1])
    _add_lines(figure, pd.DataFrame(ratios, index=middles), styles(shares))
    figure.add_hline(1, line={"color": INK, "width": 1, "dash": "dash"})
    figure.update_yaxes(rangemode="tozero")
    return figure


def slice_figure(wide: pd.DataFrame, look: Mapping[str, Style], label: str) -> Figure:
    """A metric by slice: one row a slice in its order, one column a model. Naive is hollow."""
    figure = _figure("", label)
    names = [str(name) for name in wide.index]
    for model in wide:
        colour, hollow = look[model].colour, model == "naive"
        fill = "rgba(0,0,0,0)" if hollow else colour
        marker = {"color": fill, "line": {"color": colour, "width": 1.5}}
        figure.add_bar(x=names, y=wide[model], name=model, marker=marker)
    figure.update_layout(bargap=0.35, bargroupgap=0.1, barmode="group")
    figure.update_xaxes(type="category")
    return figure


def growth_figure(returns: pd.DataFrame, holding: str) -> Figure:
    """What 1 becomes, by date; `returns` has one column a rule, of them `holding` in black."""
    figure = _figure("", "what 1 becomes")
    look = styles([name for name in returns if name != holding])
    look |= {holding: Style(ACTUAL, "solid", 1.3)}
    for name in returns:
        wealth = np.cumprod(1 + returns[name].to_numpy())
        figure.add_scatter(x=returns.index, y=wealth, name=name, **_line(look[name]))
    figure.update_yaxes(type="log")
    return figure


def loss_figure(
    histories: Mapping[str, Sequence[EpochRecord]], trained_on: Mapping[str, str] | None = None
) -> Figure:
    """Validation (solid) and training (dotted) loss by epoch; a dot is the epoch kept.

    `trained_on` is that of `evaluation.plots.plot_losses`.
    """
    figure = _figure("epoch", "loss on the normalised scale")
    for model, style in styles(histories).items():
        epochs, best = histories[model], kept_epoch(histories[model])
        numbers = [epoch.number for epoch in epochs]
        of = (trained_on or {}).get(model)
        training = f"training ({of} only)" if of else "training"
        losses = {
            "validation": (style, [epoch.validation_loss for epoch in epochs], True),
            training: (Style(style.colour, "dot", 1.5), [e.train_loss for e in epochs], False),
        }
        for kind, (line, values, legend) in losses.items():
            figure.add_scatter(
                x=numbers, y=values, name=model if legend else f"{model}, {kind}",
                legendgroup=model, showlegend=legend, **_line(line),
            )  # fmt: skip
        figure.add_scatter(
            x=[best.number], y=[best.validation_loss], name=f"{model}, kept", mode="markers",
            marker={"color": style.colour, "size": 11}, legendgroup=model, showlegend=False,
        )  # fmt: skip
    _whole_steps(figure, max(len(epochs) for epochs in histories.values()))
    return figure


def attention_figure(weights: Floats, segment: int = 1) -> Figure:
    """Where a decoder looked: weights [pieces, span], in pieces and states of `segment` steps.

    The colours range from the least to the greatest weight.
    """
    figure = _figure("steps before the origin (0)", "step ahead")
    pieces, span = weights.shape
    columns = 0.5 + segment * np.arange(-span, 1)  # edges
    rows = 0.5 + segment * np.arange(pieces + 1)
    title = {"text": weight_label(span), "side": "right", "font": {"size": 12}}
    bar = {"title": title, "thickness": 12, "outlinewidth": 0}
    figure.add_heatmap(
        z=weights, x=columns, y=rows, colorscale="Cividis", colorbar=bar,
        hovertemplate="weight %{z:.3g}<extra></extra>",
    )  # fmt: skip
    figure.update_yaxes(tick0=0, dtick=segment * -(-pieces // TICKS))
    return figure


def _add_lines(figure: Figure, wide: pd.DataFrame, look: Mapping[str, Style]) -> None:
    """One line a column, with markers at every point of the index where these are few."""
    for model in wide:
        line = _line(look[model])
        if len(wide) < 3:  # no line could be seen
            line["mode"] = "lines+markers"
        figure.add_scatter(x=wide.index, y=wide[model], name=model, **line)


def _whole_steps(figure: Figure, steps: int) -> None:
    """Ticks of the x axis at whole numbers."""
    figure.update_xaxes(tick0=0, dtick=-(-steps // TICKS))


def _add_band(figure: Figure, fan: Fan, model: str, style: Style) -> None:
    low, high = (fan.from_origin(end) for end in fan.bands[model])
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": "band"}
    figure.add_scatter(x=fan.ahead, y=low, showlegend=False, **edge)
    fill, name = f"{style.colour}2E", f"{model}, 90 % interval"
    figure.add_scatter(x=fan.ahead, y=high, name=name, fill="tonexty", fillcolor=fill, **edge)


def _line(style: Style, markers: int = MARKERS) -> dict[str, Any]:
    line = {"color": style.colour, "dash": style.dash, "width": style.width}
    if not style.symbol:
        return {"mode": "lines", "line": line}
    marker = {"color": style.colour, "symbol": style.symbol, "size": 6, "maxdisplayed": markers}
    return {"mode": "lines+markers", "line": line, "marker": marker}


def _figure(x: str, y: str) -> Figure:
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.update_layout(
        template="none",
        autosize=True,
        showlegend=False,
        margin={"l": 44, "r": 8, "t": 8, "b": 36},
        font={"family": "system-ui, sans-serif", "size": 12, "color": INK},
        hovermode="x unified",
        hoverlabel={"bgcolor": PAPER, "font": {"color": INK}},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "linecolor": AXIS}
    for update, text in ((figure.update_xaxes, x), (figure.update_yaxes, y)):
        update(title={"text": text, "font": {"size": 13}}, **axis)
    figure.update_xaxes(showgrid=False)
    return figure
