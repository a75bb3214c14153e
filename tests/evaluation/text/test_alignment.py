from typing import Any

import numpy as np
import pytest

from evaluation.text.alignment import Alignment, plot_alignments


def test_focus_is_one_on_one_token_and_zero_on_all_alike() -> None:
    read, written = ["a", "b", "c", "d"], ["x", "y"]
    sharp = np.eye(4)[:2]
    assert Alignment(read, written, sharp).focus == pytest.approx(1)
    assert Alignment(read, written, np.full((2, 4), 0.25)).focus == pytest.approx(0)
    # two of four tokens alike: half of the entropy of an even look
    assert Alignment(read, written, np.array([[0.5, 0.5, 0, 0]] * 2)).focus == pytest.approx(0.5)
    assert Alignment(read, written, 0.3 * sharp).focus == pytest.approx(1)  # the local score's
    assert Alignment(["a"], ["x"], np.ones((1, 1))).focus == 1


def test_a_map_a_sentence_with_its_tokens() -> None:
    one = Alignment(["the", "cat", "⟨end⟩"], ["le", "chat"], np.eye(3)[:2], "first")
    two = Alignment(["no", "⟨end⟩"], ["non"], np.array([[1.0, 0.0]]))
    three = Alignment(["so", "⟨end⟩"], ["si"], np.array([[0.0, 1.0]]))
    figure: Any = plot_alignments([one, two, three], "where it looks")
    first, *_, empty, bar = figure.axes
    assert [t.get_text() for t in first.get_xticklabels()] == ["the", "cat", "⟨end⟩"]
    assert [t.get_text() for t in first.get_yticklabels()] == ["le", "chat"]
    assert first.images[0].get_array().tolist() == np.eye(3)[:2].tolist()
    assert first.get_title(loc="left") == "first"
    assert not empty.axison
    assert bar.get_ylabel() == "attention weight"
