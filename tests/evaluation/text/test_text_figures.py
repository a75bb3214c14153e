"""Figures of chapter one can be drawn, and show what they are given."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.figure import Figure

from evaluation.text.characters import plot_costs
from evaluation.text.gradients import (
    half_distance,
    plot_clipping,
    plot_lags,
    plot_norms,
    plot_truncation,
)
from evaluation.text.shapes import STEPS, plot_shapes
from evaluation.text.states import plot_next, plot_states, plot_surprise, slowest


def drawn(figure: Figure) -> bytes:
    """The PNG, so that a figure that cannot be drawn fails."""
    file = io.BytesIO()
    figure.savefig(file, dpi=40)
    return file.getvalue()


def lines(figure: Figure, panel: int = 0) -> dict[str, list[float]]:
    return {
        str(line.get_label()): list(np.asarray(line.get_ydata(), dtype=float))
        for line in figure.axes[panel].get_lines()
    }


def written(figure: Figure, panel: int = 0) -> list[str]:
    return [text.get_text() for text in figure.axes[panel].texts]


def test_norms_that_vanish_leave_the_scale() -> None:
    sets = {"fades": {"RNN": np.array([1.0, 0.1, 0.0])}, "grows": {"RNN": np.array([1.0, 1e9])}}
    figure = plot_norms(sets, "norms", lowest=1e-6)
    assert drawn(figure)
    assert lines(figure)["RNN"] == [1.0, 0.1, 0.0]
    low, high = figure.axes[0].get_ylim()
    assert low == 1e-6
    assert high > 1e9


@pytest.mark.parametrize(
    ("norms", "expected"),
    [([1, 0.9, 0.4, 0.1], 1), ([1, 0.1, 0.6, 0.1], 2), ([1, 0.9, 2.0], np.inf), ([1, 0.2], 0)],
)
def test_half_of_a_gradient_is_gone_for_good(norms: list[float], expected: float) -> None:
    assert half_distance(np.array(norms)) == expected


def test_clipping_shows_norms_losses_and_the_limit() -> None:
    figure = plot_clipping({"free": [1.0, 20.0]}, {"free": [0.3]}, 1.0)
    assert drawn(figure)
    assert lines(figure)["free"] == [1.0, 20.0]
    assert lines(figure, 1)["free"] == [0.3]


def test_truncation_has_a_tick_for_each_window() -> None:
    figure = plot_truncation([1, 4, 16], {"W_h": [0.2, 0.7, 1.0]}, 16)
    assert drawn(figure)
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == ["1", "4", "16"]


def test_lags_show_where_a_task_is_solved() -> None:
    losses = {"adding": {"rnn": {5: 0.1, 10: 0.2}, "gru": {5: 0.0}}}
    figure = plot_lags(losses, {"adding": 0.01}, 600)
    assert drawn(figure)
    found = lines(figure)
    assert found["rnn"] == [0.1, 0.2]
    assert found["solved below"] == [0.01, 0.01]


def test_shapes_draw_every_input_and_answer() -> None:
    shapes = ["one-to-one", "one-to-many", "many-to-one", "many-to-many"]
    figure = plot_shapes(dict.fromkeys(shapes, "a note"))
    assert drawn(figure)
    for panel, (read, said) in enumerate([(1, 1), (STEPS, STEPS), (STEPS, 1), (STEPS, STEPS)]):
        found = written(figure, panel)
        assert sum(text.startswith("$x") for text in found) == read
        assert sum(text.startswith("$y") for text in found) == said


def test_units_come_from_the_slowest_to_the_quickest() -> None:
    t = np.arange(64)
    states = np.stack([(-1.0) ** t, np.sin(t / 20), np.sin(t / 2)], axis=1)
    assert slowest(states, 3).tolist() == [1, 2, 0]
    assert slowest(states, 2).tolist() == [1, 0]
    assert len(slowest(states, 9)) == 3


def test_states_are_drawn_over_their_text() -> None:
    figure = plot_states("a b\n", np.zeros((4, 3)), [2, 0], "states")
    assert drawn(figure)
    ticks = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert ticks == ["a", "␣", "b", "↵"]


def test_surprise_is_drawn_for_every_character_in_lines() -> None:
    text = "abcdef\ngh"
    figure = plot_surprise(text, np.arange(9.0), width=4)
    assert drawn(figure)
    assert "".join(written(figure)) == text.replace("\n", "↵")
    grid = np.asarray(figure.axes[0].images[0].get_array())
    np.testing.assert_array_equal(grid, [[0, 1, 2, 3], [4, 5, 6, np.nan], [7, 8, np.nan, np.nan]])


def test_what_comes_next_has_a_panel_a_model() -> None:
    p = np.array([[0.25, 0.75], [1.0, 0.0]])
    figure = plot_next("he", "el", {"one": p, "two": p}, "next")
    assert drawn(figure)
    assert written(figure, 1) == ["0.25", "0.75", "1.00", "0.00"]


def test_costs_stand_beside_counting() -> None:
    figure = plot_costs({"LSTM": [3.0, 2.5]}, {"3-gram": 2.8})
    assert drawn(figure)
    assert lines(figure)["LSTM"] == [3.0, 2.5]
    assert written(figure) == ["3-gram"]
