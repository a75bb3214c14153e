"""Static figures (matplotlib, drawn without a display). They are returned, not shown or saved."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evaluation.fans import Fan, day
from evaluation.numbers import number
from evaluation.palette import ACTUAL, GREY, Style, styles
from evaluation.protocol import EpochRecord
from evaluation.tally import AVERAGES
from features.panel import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from matplotlib.ticker import ScalarFormatter

LINES = {"solid": "-", "dash": "--", "dot": ":", "dashdot": "-."}
DPI = 150
VALIDATION: dict[str, Any] = {"linestyle": "-", "lw": 1.8}
TRAINING: dict[str, Any] = {"linestyle": ":", "lw": 1.5}
KEPT: dict[str, Any] = {"linestyle": "", "marker": "o", "ms": 6}


def plot_fan(fan: Fan, unit: str = "") -> Figure:
    """The recent past, each model's path with one 90 % band, and what was observed if known."""
    figure, axes = _canvas(9, 4.2)
    _draw_actual(axes, fan)
    for model, path in fan.forecasts.items():
        style = fan.styles[model]
        axes.plot(fan.ahead, fan.from_origin(path), label=model, **_line(style))
        if model == fan.banded:
            low, high = (fan.from_origin(end) for end in fan.bands[model])
            look: dict[str, Any] = {"color": style.colour, "alpha": 0.15, "lw": 0, "zorder": 1}
            axes.fill_between(fan.ahead, low, high, label=f"{model}, 90 % interval", **look)
    axes.axvline(fan.origin, color=GREY, lw=0.8)
    top = axes.get_xaxis_transform()
    axes.text(fan.origin, 1.0, " origin", transform=top, va="top", fontsize=8, color=GREY)
    _dates(axes)
    return _finish(figure, axes, fan.summary, "", unit or "value")


def plot_error_by_horizon(table: pd.DataFrame, metric: str = "mae", unit: str = "") -> Figure:
    """A metric at each step ahead for all models.

    Args:
        table: from `evaluation.leaderboard.by_horizon`, indexed by model and step.
        metric: a key of `AVERAGES`.
        unit: the unit of the series, shown where the metric has none of its own.
    """
    figure, axes = _canvas(9, 4.6)
    wide = horizon_table(table, metric)
    look = styles(table.index.unique("model"))
    marker = "o" if len(wide) == 1 else None
    for model in wide:
        axes.plot(wide.index, wide[model], label=model, marker=marker, **_line(look[model]))
    if AVERAGES[metric].better != "closer to 0":
        axes.set_ylim(bottom=0)
    _whole_numbers(axes.xaxis)
    label = metric_label(metric, unit)
    return _finish(figure, axes, horizon_title(metric), "steps ahead of the origin", label)


def plot_losses(
    histories: Mapping[str, Sequence[EpochRecord]], trained_on: Mapping[str, str] | None = None
) -> Figure:
    """Training and validation loss by epoch, one panel a network; the kept epoch is marked.

    Args:
        histories: the epochs of each network.
        trained_on: what the training loss of a network is of (`next step`), where that is not
            what its validation loss is of.
    """
    from matplotlib.figure import Figure

    columns = min(3, len(histories))
    rows = -(-len(histories) // columns)
    figure = Figure((3.2 * columns + 1.8, 2.6 * rows + 0.7), dpi=DPI, layout="constrained")
    grid = figure.subplots(rows, columns, sharey=True, squeeze=False)
    look = styles(histories)
    for axes, (model, epochs) in zip(grid.flat, histories.items(), strict=False):
        _draw_losses(axes, model, epochs, look[model].colour)
        of = (trained_on or {}).get(model)
        if of:
            axes.set_title(f"training: {of} only", fontsize=8, loc="right", color=GREY)
    for axes in grid.flat[len(histories) :]:
        axes.set_axis_off()
    figure.supxlabel("epoch", fontsize=9)
    figure.supylabel("loss on the normalised scale", fontsize=9)
    figure.suptitle("Loss by epoch", x=0.01, ha="left", fontsize=11, fontweight="bold")
    _loss_legend(figure)
    return figure


def plot_attention(weights: Floats, title: str, segment: int = 1) -> Figure:
    """Where a decoder looked, on a scale of colours from its least to its greatest weight.

    Args:
        weights: [pieces, span], one row a decoder step, one column a past state, the last of them
            that of the origin.
        title: from `attention_title`.
        segment: steps of the calendar that a decoder step writes and that a state has read last.
    """
    figure, axes = _canvas(9, 4.2)
    pieces, span = weights.shape
    image = axes.imshow(
        weights, cmap="cividis", aspect="auto", interpolation="nearest", origin="lower",
        extent=(-span * segment + 0.5, 0.5, 0.5, pieces * segment + 0.5),
    )  # fmt: skip
    bar = figure.colorbar(image, ax=axes, pad=0.02, format=_plain_numbers())
    bar.set_label(weight_label(span), fontsize=9)
    bar.ax.tick_params(labelsize=8)
    bar.outline.set_visible(False)
    _whole_numbers(axes.xaxis)
    _whole_numbers(axes.yaxis)
    return _finish(
        figure, axes, title, "steps before the origin (0)", "step ahead", legend=False, grid=False
    )


def horizon_table(table: pd.DataFrame, metric: str) -> pd.DataFrame:
    """One column a model, best mean first: the order of the legend."""
    wide = table[metric].unstack("model")
    cost = wide.apply(AVERAGES[metric].cost).mean()
    return wide[cost.sort_values(kind="stable").index]


def horizon_title(metric: str) -> str:
    """What a figure of `by_horizon` shows."""
    return f"{AVERAGES[metric].label} by step ahead: {AVERAGES[metric].better} is better"


def attention_title(model: str, series: str, origin: pd.Timestamp) -> str:
    """What a figure of attention weights shows."""
    return f"What {model} attends to: {series}, forecast from {day(origin)}"


def weight_label(span: int) -> str:
    """The heading of the weights' scale, with the weight that would favour none of `span`."""
    return f"attention weight (even: {number(1 / span)})"


def metric_label(metric: str, unit: str) -> str:
    """`MAE (°C)`, `MAPE (%)`, `MASE`."""
    own = AVERAGES[metric].unit
    unit = unit if own is None else own
    return AVERAGES[metric].label + (f" ({unit})" if unit else "")


def kept_epoch(epochs: Sequence[EpochRecord]) -> EpochRecord:
    """The epoch of the lowest validation loss, whose weights training restores."""
    return min(epochs, key=lambda e: (math.isnan(e.validation_loss), e.validation_loss))


def _draw_actual(axes: Axes, fan: Fan) -> None:
    axes.plot(fan.past_stamps, fan.past, color=ACTUAL, lw=1.2, label="observed")
    if np.isfinite(fan.actual).any():
        axes.plot(fan.ahead, fan.from_origin(fan.actual), color=ACTUAL, lw=1.2)


def _draw_losses(axes: Axes, model: str, epochs: Sequence[EpochRecord], colour: str) -> None:
    numbers = [epoch.number for epoch in epochs]
    best = kept_epoch(epochs)
    train, validation = zip(*((e.train_loss, e.validation_loss) for e in epochs), strict=True)
    axes.plot(numbers, train, color=colour, **TRAINING)
    axes.plot(numbers, validation, color=colour, **VALIDATION)
    axes.plot([best.number], [best.validation_loss], color=colour, **KEPT)
    axes.set_title(model, fontsize=10, loc="left")
    _whole_numbers(axes.xaxis)
    _clean(axes)


def _loss_legend(figure: Figure) -> None:
    """What the lines of every panel mean; a panel's colour is its network's."""
    from matplotlib.lines import Line2D

    looks = {"validation": VALIDATION, "training": TRAINING, "epoch kept": KEPT}
    lines = [Line2D([], [], color=GREY, label=name, **look) for name, look in looks.items()]
    figure.legend(handles=lines, loc="outside right center", frameon=False, fontsize=8.5)


def _line(style: Style) -> dict[str, Any]:
    return {"color": style.colour, "linestyle": LINES[style.dash], "lw": style.width}


def _dates(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    # With fewer than 4 or more than 9 ticks asked for, there are spans it finds no interval for.
    locator = AutoDateLocator(minticks=4, maxticks=9)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.get_offset_text().set_fontsize(8)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _whole_numbers(axis: Axis) -> None:
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(integer=True))


def _plain_numbers() -> ScalarFormatter:
    """Ticks as whole numbers, not as distances from an offset."""
    from matplotlib.ticker import ScalarFormatter

    plain = ScalarFormatter(useOffset=False)
    plain.set_scientific(False)
    return plain


def _canvas(width: float, height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure  # no pyplot: no display, no global state

    figure = Figure((width, height), dpi=DPI, layout="constrained")
    return figure, figure.subplots()


def _clean(axes: Axes, grid: bool = True) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, color=GREY)
    if grid:
        axes.grid(axis="y", color="#DDDDDD", lw=0.6)
        axes.set_axisbelow(True)


def _finish(
    figure: Figure,
    axes: Axes,
    title: str,
    x: str,
    y: str,
    legend: bool = True,
    grid: bool = True,
) -> Figure:
    _clean(axes, grid)
    figure.suptitle(title, x=0.01, ha="left", fontsize=11, fontweight="bold")
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    if legend:
        figure.legend(loc="outside right center", frameon=False, fontsize=8.5)
    return figure
