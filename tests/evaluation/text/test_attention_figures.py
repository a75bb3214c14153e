from typing import Any

import numpy as np
import pandas as pd

from evaluation.text.attention_figures import plot_positions, plot_scores
from evaluation.text.lengths import plot_cost_by_length, plot_heads


def test_scores_have_a_line_each_in_four_panels() -> None:
    rows = [(s, w, w, 0.5, 0.1, 3.0) for s in ("dot", "local") for w in (8, 32)]
    columns = ["score", "width", "spread", "largest", "slope", "milliseconds"]
    figure: Any = plot_scores(pd.DataFrame(rows, columns=columns), "scores")
    assert [len(axes.lines) for axes in figure.axes] == [2, 2, 2, 2]
    spread, *_, cost = figure.axes
    assert spread.lines[0].get_ydata().tolist() == [8, 32]
    assert cost.get_ylabel() == "ms, forward and backward"
    assert [t.get_text() for t in cost.get_legend().get_texts()] == ["dot", "local"]


def test_positions_are_drawn_with_their_products() -> None:
    lines = {0: np.arange(3.0), 5: np.arange(3.0)}
    figure: Any = plot_positions(np.eye(4), lines, lines, {"none": 0.0, "rotary": 0.5})
    pattern, summed, turned, told, _ = figure.axes
    assert pattern.images[0].get_array().shape == (4, 4)
    assert len(summed.lines) == len(turned.lines) == 2
    assert [bar.get_width() for bar in told.patches] == [0.0, 0.5]
    assert [t.get_text().strip() for t in told.texts] == ["0.00", "0.50"]


def test_costs_and_heads_are_drawn_as_they_are() -> None:
    rows = [(m, n, 100.0 * n, 10.0, 5.0) for m in ("GRU", "Transformer") for n in (8, 16)]
    columns = ["model", "length", "trained", "written", "megabytes"]
    costs: Any = plot_cost_by_length(pd.DataFrame(rows, columns=columns), "costs")
    assert costs.axes[0].lines[1].get_ydata().tolist() == [800, 1600]
    assert [axes.get_ylim()[0] for axes in costs.axes] == [0, 0, 0]
    table = pd.DataFrame([(1, 2.0, 20.0, 900.0), (4, 1.5, 30.0, 800.0)])
    heads: Any = plot_heads(table.set_axis(["heads", "loss", "bleu", "trained"], axis=1), "heads")
    assert [bar.get_height() for bar in heads.axes[1].patches] == [20, 30]
    assert heads.axes[0].texts[1].get_text() == "1.50"
