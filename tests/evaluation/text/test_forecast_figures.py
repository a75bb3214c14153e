"""The figures of chapter five show what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaluation.text.forecast_figures import plot_intervals, plot_monthly, plot_scalings


def test_scalings_have_a_line_each_and_the_range_to_be_forecast_is_shaded() -> None:
    days = pd.date_range("2024-01-01", periods=4)
    figure: Any = plot_scalings(days, {"a": np.arange(4.0), "b": np.zeros(4)}, 3, "scaled")
    (axes,) = figure.axes
    assert [*axes.lines[0].get_ydata()] == [0, 1, 2, 3]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["a", "b"]
    assert axes.texts[0].get_position()[0] == days[3]


def test_intervals_lie_around_their_values_the_least_at_the_top() -> None:
    table = pd.DataFrame(
        {"value": [1.0, 3.0], "lower": [0.5, 2.0], "upper": [1.25, 5.0]}, index=["good", "bad"]
    )
    figure: Any = plot_intervals(table, "errors", "MAE")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["bad", "good"]
    (bars,) = axes.containers
    assert [*bars.lines[0].get_xdata()] == [3.0, 1.0]
    ends = [segment[:, 0].tolist() for segment in bars.lines[2][0].get_segments()]
    assert ends == [[2.0, 5.0], [0.5, 1.25]]


def test_months_have_a_line_a_column_from_zero() -> None:
    table = pd.DataFrame({"one": [2.0, 3.0], "two": [5.0, 4.0]}, index=["May", "June"])
    (axes,) = plot_monthly(table, "by month", "°C").axes
    assert [line.get_label() for line in axes.lines] == ["one", "two"]
    assert axes.get_ylim()[0] == 0
