"""Scenes of handwritten digits, and the captions that follow from them.

The digits are those of scikit-learn (1,797 images of 8 × 8 pixels, of the UCI repository). One to
three of them lie in the nine cells of a scene, each a little off its cell's corner. The digit
images are parted first, so no image of a scene to judge by was ever in a scene to learn from.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from features.errors import UserError
from features.text.corpus import Corpus

SIDE = 32
"""Pixels of a scene's side."""
CELL, DIGIT = 10, 8
"""Pixels of a cell's and of a digit's side; what is left of a scene is its margin."""
NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
ROWS, COLUMNS = ("top", "", "bottom"), ("left", "", "right")


class Placed(NamedTuple):
    """A digit and the cell that it lies in, counted from the top and from the left."""

    digit: int
    row: int
    column: int


@dataclass(frozen=True)
class Scene:
    """An image and what is to be said of it."""

    image: Tensor
    """[SIDE, SIDE], 0 (paper) to 1 (ink)."""
    placed: tuple[Placed, ...]
    """In reading order."""

    @property
    def caption(self) -> str:
        """`a three above a seven`."""
        return caption(self.placed)

    def __repr__(self) -> str:
        """All that tells it from another scene, for the digest of a corpus."""
        return f"{self.caption} {(self.image * 16).int().flatten().tolist()}"


def scenes(train: int, held: int, seed: int = 0) -> Corpus[Scene]:
    """Scenes drawn at random.

    Args:
        train: scenes to learn from.
        held: scenes to choose by, and as many to judge by.
        seed: of everything that is drawn.

    Raises:
        UserError: no scenes are asked for.
    """
    if min(train, held) < 1:
        raise UserError(
            f"scenes were asked for {train} to learn from and {held} to judge by, expected at "
            "least 1 of each; ask for more"
        )
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32) / 16
    labels = [int(one) for one in digits.target]
    draw = random.Random(seed)
    order = draw.sample(range(len(labels)), len(labels))
    many = len(labels) // 10
    parts = (order[2 * many :], order[:many], order[many : 2 * many])
    sizes = (train, held, held)
    made = [
        [_drawn(images, labels, part, draw) for _ in range(size)]
        for part, size in zip(parts, sizes, strict=True)
    ]
    return Corpus("scenes", *made)


def caption(placed: Sequence[Placed]) -> str:
    """What is said of one to three digits in reading order.

    One: where it is. Two: how they lie to each other, the upper one first, in a row the left one.
    Three: which they are, in reading order, or how many where they are all the same.
    """
    first = placed[0]
    if len(placed) == 1:
        place = " ".join(filter(None, (ROWS[first.row], COLUMNS[first.column])))
        return f"{_some(first.digit)} at the {place or 'centre'}"
    if len(placed) == 2:
        second = placed[1]
        aside = (first.column < second.column) - (first.column > second.column)
        beside = {-1: "right of", 0: "", 1: "left of"}[aside]
        over = "above" if first.row < second.row else ""
        relation = " and ".join(filter(None, (over, beside)))
        return f"{_some(first.digit)} {relation} {_some(second.digit)}"
    if len({one.digit for one in placed}) == 1:
        return f"three {NAMES[first.digit]}{'es' if first.digit == 6 else 's'}"
    *others, last = (_some(one.digit) for one in placed)
    return f"{', '.join(others)} and {last}"


def _some(digit: int) -> str:
    return f"an {NAMES[digit]}" if digit == 8 else f"a {NAMES[digit]}"


def _drawn(
    images: Tensor, labels: Sequence[int], part: Sequence[int], draw: random.Random
) -> Scene:
    """A scene of some of the digit images `part`; of three digits, a third are all the same."""
    count = draw.choice((1, 2, 3))
    chosen = draw.sample(part, count)
    if count == 3 and draw.random() < 1 / 3:
        alike = [k for k in part if labels[k] == labels[chosen[0]]]
        chosen = draw.sample(alike, min(count, len(alike)))
    cells = sorted(draw.sample(range(9), len(chosen)))
    image, placed = torch.zeros(SIDE, SIDE), []
    for k, cell in zip(chosen, cells, strict=True):
        row, column = divmod(cell, 3)
        top, left = (1 + CELL * n + draw.randint(0, CELL - DIGIT) for n in (row, column))
        image[top : top + DIGIT, left : left + DIGIT] = images[k]
        placed.append(Placed(labels[k], row, column))
    return Scene(image, tuple(placed))
