from typing import Any

import numpy as np
import pytest

from evaluation.palette import INK
from evaluation.text.captions import Described, plot_described, token_accuracy


def test_token_accuracy_by_hand() -> None:
    written = ["a one above a two", "a one", "a six at the top left", ""]
    wanted = ["a one above a two", "a two", "a six at the top", "a two"]
    # 5 of 5, 1 of 2, 5 of 6 (one word too many), 0 of 2
    assert token_accuracy(written, wanted) == pytest.approx(11 / 15)


def test_a_caption_with_a_word_missing_in_front_has_few_words_in_place() -> None:
    assert token_accuracy(["one above a two"], ["a one above a two"]) == 0.0
    assert token_accuracy([""], [""]) == 1.0


def test_each_word_has_its_weights_over_the_image_and_wrong_ones_are_told_apart() -> None:
    image = np.zeros((8, 8))
    weights = np.full((2, 4), 0.25)
    weights[1] = [0, 0, 1, 0]
    figure: Any = plot_described([Described(image, ["a", "two"], weights, "a one")], "what it says")
    first, a, two = figure.axes
    assert [one.get_title() for one in (first, a, two)] == ["image", "a", "two"]
    assert a.title.get_color() == INK != two.title.get_color()
    assert [t.get_text() for t in first.texts] == ["wanted: a one"]
    drawn = two.images[1].get_array()
    assert drawn.tolist() == [[0, 0], [1, 0]]
