"""The figures and tables of chapter two say what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from evaluation.text.comparison import plot_runs, summary
from evaluation.text.gates import plot_gates, plot_retention, plot_settling
from evaluation.text.padding import plot_padding
from evaluation.text.tags import plot_entity_f1


def axes_of(figure: Figure) -> list[Any]:
    return list(figure.axes)


RUNS = pd.DataFrame(
    {
        "model": ["rnn", "gru", "rnn", "gru"],
        "seed": [0, 0, 1, 1],
        "accuracy": [0.5, 0.8, 0.7, 0.8],
        "parameters": [10, 30, 10, 30],
    }
)


def test_a_summary_has_means_and_deviations_in_the_order_of_the_models() -> None:
    table = summary(RUNS)
    assert [*table] == ["model", "runs", "accuracy", "accuracy_sd", "parameters"]
    assert [*table["model"]] == ["rnn", "gru"]
    assert [*table["runs"]] == [2, 2]
    assert [*table["accuracy"]] == pytest.approx([0.6, 0.8])
    assert [*table["accuracy_sd"]] == pytest.approx([0.02**0.5, 0])
    assert [*table["parameters"]] == [10, 30]


def test_runs_are_points_and_their_mean_a_line() -> None:
    figure = plot_runs(RUNS, {"accuracy": "accuracy", "parameters": "weights"}, "Runs")
    left, right = axes_of(figure)
    assert [label.get_text() for label in left.get_yticklabels()] == ["rnn", "gru"]
    points, mean = left.lines[:2]
    assert [*points.get_xdata()] == [0.5, 0.7]
    assert [*mean.get_xdata()] == pytest.approx([0.6, 0.6])
    assert right.get_xlabel() == "weights"


def test_gates_are_drawn_by_unit_and_token() -> None:
    forget, cell = np.array([[0.1, 0.9], [0.2, 0.8]]), np.array([[1.0, 2.0], [-3.0, 0.5]])
    parts = {"forget": forget, "cell": cell}
    figure = plot_gates(["not", "bad"], parts, np.array([0.4, 0.7]), "Gates", "P(good)")
    top, gate, state = axes_of(figure)[:3]
    assert [*top.lines[0].get_ydata()] == [0.4, 0.7]
    assert gate.images[0].get_clim() == (0, 1)
    assert state.images[0].get_clim() == (-3, 3)
    # the second unit ends higher, so it comes first
    np.testing.assert_array_equal(np.asarray(gate.images[0].get_array()), [[0.9, 0.8], [0.1, 0.2]])
    np.testing.assert_array_equal(np.asarray(state.images[0].get_array()), [[2, 0.5], [1, -3]])
    assert [label.get_text() for label in state.get_xticklabels()] == ["not", "bad"]


def test_lines_of_the_cells() -> None:
    lines = {0.0: np.array([0.5, 0.25]), 2.0: np.array([0.9, 0.8])}
    left, right = axes_of(plot_retention(lines, lines))
    assert [*left.lines[0].get_xdata()] == [1, 2]
    assert [*right.lines[1].get_ydata()] == [0.9, 0.8]
    (axes,) = axes_of(plot_settling(lines, np.array([1.0, -1.0])))
    names = [line.get_label() for line in axes.lines]
    assert names == ["candidate", "update bias 0", "update bias 2"]


def test_padding_and_lengths() -> None:
    shares = pd.DataFrame({"tokens": [64, 128], "at random": [0.3, 0.4], "alike": [0.05, 0.1]})
    left, right = axes_of(plot_padding([3, 3, 5], shares))
    heights = {round(bar.get_x() + 0.5): bar.get_height() for bar in left.patches}
    assert heights == {3: 2, 4: 0, 5: 1}
    assert [*right.lines[1].get_ydata()] == pytest.approx([5, 10])


def test_entity_scores_stand_beside_each_other() -> None:
    (axes,) = axes_of(
        plot_entity_f1({"a": {"LOC": 0.5, "all": 0.6}, "b": {"LOC": 0.7, "all": 0.8}})
    )
    assert [bar.get_height() for bar in axes.patches] == [0.5, 0.6, 0.7, 0.8]
    centres = [bar.get_x() + bar.get_width() / 2 for bar in axes.patches]
    assert centres[0] < 0 < centres[2] < 0.5 < centres[1] < 1 < centres[3]
