"""What the figures show is what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaluation.text.translation_figures import (
    plot_by_length,
    plot_contexts,
    plot_forcing,
    plot_rouge,
    plot_vocabularies,
    plot_widths,
)


def axes_of(figure: Any) -> list[Any]:
    return list(figure.axes)


def test_a_line_a_model_over_the_length() -> None:
    columns = ["model", "length", "bleu", "loss"]
    rows = [("one", 3, 50, 1.0), ("one", 9, 20, 2.0), ("two", 3, 60, 0.5), ("two", 9, 55, 0.75)]
    left, right = axes_of(plot_by_length(pd.DataFrame(rows, columns=columns), "By length"))
    assert [line.get_label() for line in left.lines] == ["one", "two"]
    assert left.lines[1].get_xydata().tolist() == [[3, 60], [9, 55]]
    assert right.lines[0].get_ydata().tolist() == [1.0, 2.0]


def test_schedules_losses_and_scores_have_the_same_colours() -> None:
    figure = plot_forcing({"a": [1, 0.5], "b": [1, 1]}, {"a": [3, 2], "b": [4]}, {"a": 9, "b": 7})
    fed, learned, written = axes_of(figure)
    assert fed.lines[0].get_ydata().tolist() == [100, 50]
    assert learned.lines[1].get_xydata().tolist() == [[1, 4]]
    assert [bar.get_width() for bar in written.patches] == [9, 7]
    assert [line.get_color() for line in fed.lines] == [line.get_color() for line in learned.lines]


def test_a_line_a_penalty_over_the_width() -> None:
    columns = ["width", "alpha", "bleu", "log_p", "ratio"]
    rows = [(1, 0.0, 5, -9, 0.9), (4, 0.0, 6, -8, 0.8), (1, 1.0, 5, -9, 0.9), (4, 1.0, 7, -8.5, 1)]
    score, found, length = axes_of(plot_widths(pd.DataFrame(rows, columns=columns)))
    assert [line.get_label() for line in score.lines] == ["alpha 0", "alpha 1"]
    assert found.lines[1].get_xydata().tolist() == [[1, -9], [4, -8.5]]
    assert len(length.lines) == 3


def test_a_line_a_kind_of_vocabulary() -> None:
    rows = [("characters", 40, 30.0, 0.0), ("words", 900, 7.0, 0.25)]
    table = pd.DataFrame(rows, columns=["kind", "size", "length", "unknown"])
    long, unknown = axes_of(plot_vocabularies(table))
    assert [line.get_label() for line in long.lines] == ["characters", "words"]
    assert unknown.lines[1].get_ydata().tolist() == [25]


def test_a_dot_a_sentence_and_texts_where_they_are_given() -> None:
    points = np.array([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]])
    axes = axes_of(plot_contexts(points, ["", "hello", ""], [1, 2, 3]))[0]
    assert axes.collections[0].get_offsets().tolist() == points.tolist()
    assert [text.get_text() for text in axes.texts] == ["hello"]


def test_bars_of_each_way_to_summarise() -> None:
    scores = {"lead": {"ROUGE-1": 30, "ROUGE-2": 9}, "ours": {"ROUGE-1": 40, "ROUGE-2": 8}}
    (axes,) = axes_of(plot_rouge(scores))
    assert [bar.get_height() for bar in axes.patches] == [30, 9, 40, 8]
