"""Models beside each other, over several seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from evaluation.palette import GREY, GRID
from evaluation.text.drawing import labelled, look, panels, titled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def summary(runs: pd.DataFrame) -> pd.DataFrame:
    """Mean and standard deviation over the runs of each model.

    Args:
        runs: a row a run: `model`, `seed`, and figures.

    Returns:
        A row a model, in the order in which they come: `model`, `runs`, and of each figure its
        mean, and where it differs between runs its standard deviation (of n − 1) as `…_sd`.
    """
    figures = [name for name in runs if name not in ("model", "seed")]
    groups = runs.groupby("model", sort=False)
    table = pd.DataFrame({"runs": groups.size()})
    for name in figures:
        table[name] = groups[name].mean()
        if (groups[name].nunique() > 1).any():
            table[f"{name}_sd"] = groups[name].std()
    return table.reset_index()


def plot_runs(runs: pd.DataFrame, figures: Mapping[str, str], title: str) -> Figure:
    """A panel a figure: each run as a point, and the mean of each model as a line.

    Args:
        runs: as `summary` takes them.
        figures: label of each figure that is drawn, by its column.
        title: of the drawing.
    """
    models = list(dict.fromkeys(runs["model"]))
    width, height = 2.9 * len(figures) + 1.6, 0.36 * len(models) + 1.6
    figure, row = panels(1, len(figures), width, height, sharey=True)
    for axes, (name, label) in zip(row, figures.items(), strict=True):
        for place, model in enumerate(models):
            found = runs.loc[runs["model"] == model, name]
            points = look(place) | {"ls": "", "ms": 6}
            axes.plot(found, [place] * len(found), alpha=0.75, **points)
            axes.plot([found.mean()] * 2, [place - 0.3, place + 0.3], color=GREY, lw=1.5)
        labelled(axes, label, "", grid=False)
        axes.grid(axis="x", color=GRID, lw=0.6)
        axes.margins(x=0.15)
        axes.locator_params(axis="x", nbins=5, min_n_ticks=3)
    row[0].set_yticks(range(len(models)), models)
    row[0].invert_yaxis()
    return titled(figure, title)
