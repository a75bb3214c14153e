"""The report's figures (Plotly): what `evaluation.plots` draws, to point at and to zoom into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluation.fans import Fan
from evaluation.palette import ACTUAL, GREY, Style, styles
from evaluation.plots import horizon_table, kept_epoch, metric_label, weight_label
from evaluation.protocol import EpochRecord
from features.panel import Floats

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 380


def fan_figure(fan: Fan, unit: str = "") -> Figure:
    """The recent past, each model's path with one 90 % band, and what was observed if known."""
    figure = _figure("", unit or "value")
    past, actual = list(fan.past), list(fan.actual)
    known = np.isfinite(fan.actual).any()
    stamps = fan.past_stamps.append(fan.stamps) if known else fan.past_stamps
    values = np.array(past + actual if known else past)
    if fan.banded:
        _add_band(figure, fan, fan.banded, fan.styles[fan.banded])
    for rank, (model, path) in enumerate(fan.forecasts.items(), start=2):
        line = _line(fan.styles[model]) | {"legendrank": rank}
        figure.add_scatter(x=fan.ahead, y=fan.from_origin(path), name=model, **line)
    observed = _line(Style(ACTUAL, "solid", 1.3)) | {"legendrank": 1}
    figure.add_scatter(x=stamps, y=values, name="observed", **observed)
    figure.add_shape(
        type="line", x0=fan.origin, x1=fan.origin, yref="paper", y0=0, y1=1,
        line={"color": GREY, "width": 1},
    )  # fmt: skip
    figure.update_xaxes(showgrid=False)
    return figure


def horizon_figure(table: pd.DataFrame, metric: str = "mae", unit: str = "") -> Figure:
    """A metric at each step ahead for all models; `table` is from `leaderboard.by_horizon`."""
    figure = _figure("steps ahead of the origin", metric_label(metric, unit))
    look = styles(table.index.unique("model"))
    wide = horizon_table(table, metric)
    mode = "lines+markers" if len(wide) < 3 else "lines"
    for model in wide:
        line = _line(look[model]) | {"mode": mode}
        figure.add_scatter(x=wide.index, y=wide[model], name=model, **line)
    figure.update_yaxes(rangemode="tozero")
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
            marker={"color": style.colour, "size": 9}, legendgroup=model, showlegend=False,
        )  # fmt: skip
    return figure


def attention_figure(weights: Floats, segment: int = 1) -> Figure:
    """Where a decoder looked: weights [pieces, span], in pieces and states of `segment` steps.

    The colours range from the least to the greatest weight.
    """
    figure = _figure("steps before the origin (0)", "step ahead")
    pieces, span = weights.shape
    columns = 0.5 + segment * np.arange(-span, 1)  # edges
    rows = 0.5 + segment * np.arange(pieces + 1)
    title = {"text": weight_label(span), "side": "right"}
    bar = {"title": title, "thickness": 12, "outlinewidth": 0}
    figure.add_heatmap(
        z=weights, x=columns, y=rows, colorscale="Cividis", colorbar=bar,
        hovertemplate="weight %{z:.3g}<extra></extra>",
    )  # fmt: skip
    return figure


def _add_band(figure: Figure, fan: Fan, model: str, style: Style) -> None:
    low, high = (fan.from_origin(end) for end in fan.bands[model])
    red, green, blue = (int(style.colour[i : i + 2], 16) for i in (1, 3, 5))
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "legendgroup": "band"}
    figure.add_scatter(x=fan.ahead, y=low, showlegend=False, **edge)
    fill = f"rgba({red},{green},{blue},0.15)"
    name = f"{model}, 90 % interval"
    figure.add_scatter(x=fan.ahead, y=high, name=name, fill="tonexty", fillcolor=fill, **edge)


def _line(style: Style) -> dict[str, Any]:
    line = {"color": style.colour, "dash": style.dash, "width": style.width}
    return {"mode": "lines", "line": line}


def _figure(x: str, y: str) -> Figure:
    from plotly.graph_objects import Figure

    figure = Figure()
    figure.update_layout(
        template="none",
        height=HEIGHT,
        margin={"l": 56, "r": 12, "t": 12, "b": 40},
        font={"family": "system-ui, sans-serif", "size": 13, "color": "#222222"},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hovermode="x unified",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    axis = {"gridcolor": "#DDDDDD", "zeroline": False, "automargin": True, "linecolor": "#999999"}
    figure.update_xaxes(title={"text": x}, showgrid=False, **axis)
    figure.update_yaxes(title={"text": y}, **axis)
    return figure
