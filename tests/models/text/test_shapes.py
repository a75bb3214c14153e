"""Each shape reads and answers as it is named, and learns the next character as far as it can."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from features.errors import UserError
from models.settings import TrainingSettings
from models.text.shapes import SHAPES, Shape, Shaped, read_and_wanted, shape_task
from models.training import train


@pytest.mark.parametrize(
    ("shape", "read", "answered"),
    [
        ("one-to-one", (4, 3), (4, 2)),
        ("one-to-many", (4, 3), (4, 6, 2)),
        ("many-to-one", (4, 6, 3), (4, 2)),
        ("many-to-many", (4, 6, 3), (4, 6, 2)),
    ],
)
def test_each_shape_answers_what_pytorch_would(
    shape: Shape, read: tuple[int, ...], answered: tuple[int, ...]
) -> None:
    torch.manual_seed(0)
    model = Shaped(3, 5, 2, shape)
    theirs = nn.RNN(3, 5, batch_first=True)
    w_x, w_h, b_x, b_h = theirs.parameters()
    with torch.no_grad():
        for mine, value in zip(model.cell.parameters(), (w_x, w_h, b_x + b_h), strict=True):
            mine.copy_(value)
    x = torch.randn(read)
    got = model(x, steps=6)
    assert got.shape == answered
    steps = x if x.ndim == 3 else torch.stack([x] * (6 if got.ndim == 3 else 1), dim=1)
    states = theirs(steps)[0]
    torch.testing.assert_close(got, model.head(states if got.ndim == 3 else states[:, -1]))


def test_a_shape_refuses_what_another_reads() -> None:
    with pytest.raises(UserError, match=r"many-to-one .*\[4, 3\], expected \[B, T, I\]"):
        Shaped(3, 5, 2, "many-to-one")(torch.randn(4, 3))
    with pytest.raises(UserError, match=r"one-to-many .*expected \[B, I\]"):
        Shaped(3, 5, 2, "one-to-many")(torch.randn(4, 6, 3))


def test_what_is_read_comes_before_what_is_wanted() -> None:
    windows = torch.tensor([[0, 1, 2, 3]])
    found = {shape: read_and_wanted(windows, shape, 4) for shape in SHAPES}
    read = {shape: x.argmax(dim=-1).tolist() for shape, (x, _) in found.items()}
    wanted = {shape: y.tolist() for shape, (_, y) in found.items()}
    assert read == {
        "one-to-one": [2],
        "one-to-many": [0],
        "many-to-one": [[0, 1, 2]],
        "many-to-many": [[0, 1, 2]],
    }
    assert wanted == {
        "one-to-one": [3],
        "one-to-many": [[1, 2, 3]],
        "many-to-one": [3],
        "many-to-many": [[1, 2, 3]],
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_only_a_shape_that_remembers_tells_the_second_letter_of_a_pair(shape: Shape) -> None:
    """After a comes a or b, each the half of the time: which, only the letter before a knows."""
    torch.manual_seed(0)
    ids = torch.tensor([0, 0, 1] * 40)
    model = Shaped(2, 16, 2, shape)
    task = shape_task(shape, 2, ids, ids, length=7, steps=60, rows=16)
    history = train(model, task, TrainingSettings(epochs=3, learning_rate=0.02, device="cpu"))
    best = min(epoch.validation_loss for epoch in history)
    blind = math.log(2) * 2 / 3  # of three letters one follows b, and is certain
    if shape == "one-to-one":
        assert best == pytest.approx(blind, rel=0.1)
    elif shape == "one-to-many":  # it knows the first, so not which a that was
        assert 0.5 * blind < best < 0.9 * blind
    elif shape == "many-to-one":
        assert best < 0.1 * blind
    else:  # the first of many has nothing before it
        assert best < 0.3 * blind
