"""What a sequence costs by its length: speed and memory of models, drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from evaluation.text.drawing import labelled, legend, look, panels, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_cost_by_length(table: pd.DataFrame, title: str) -> Figure:
    """Training speed, writing speed and memory over the length of a sequence, a line a model.

    Args:
        table: model, length (tokens of the source and of the target), trained and written (tokens
            of the target a second), megabytes (of a training step, above what was there before).
        title: of the figure.
    """
    figure, grid = panels(1, 3, 12, 4)
    columns = {
        "trained": ("target tokens per second", "Training: more is better"),
        "written": ("target tokens per second", "Writing, token by token: more is better"),
        "megabytes": ("MB", "Memory of a training step: less is better"),
    }
    lengths = sorted(table["length"].unique())
    for axes, (column, (unit, name)) in zip(grid, columns.items(), strict=True):
        for place, (model, rows) in enumerate(table.groupby("model", sort=False)):
            axes.plot(rows["length"], rows[column], label=model, **look(place))
        labelled(axes, "tokens of a sequence", unit, name)
        axes.set_xscale("log", base=2)
        axes.set_xticks(lengths, [str(length) for length in lengths])
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.set_ylim(bottom=0)
    legend(grid[0])
    return titled(figure, title)


def plot_heads(table: pd.DataFrame, title: str) -> Figure:
    """Quality and speed by the number of heads, at the same width.

    Args:
        table: heads, loss (nats per token), bleu (in percent), trained (target tokens a second).
        title: of the figure.
    """
    figure, grid = panels(1, 3, 12, 3.6)
    columns = {
        "loss": ("nats per token", "Loss: less is better"),
        "bleu": ("BLEU in %", "Quality: more is better"),
        "trained": ("target tokens per second", "Training: more is better"),
    }
    for axes, (column, (unit, name)) in zip(grid, columns.items(), strict=True):
        names = [str(heads) for heads in table["heads"]]
        bars = axes.bar(names, table[column], width=0.6, color=look(0)["color"])
        axes.bar_label(bars, fmt="{:,.2f}" if column == "loss" else "{:,.0f}", fontsize=8.5)
        axes.yaxis.set_major_formatter("{x:,g}")
        labelled(axes, "heads", unit, name)
        axes.margins(y=0.12)
    return titled(figure, title)
