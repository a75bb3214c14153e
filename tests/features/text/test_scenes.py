from itertools import combinations

import pytest
import torch

from features.errors import UserError
from features.text.scenes import CELL, DIGIT, SIDE, Placed, caption, scenes


@pytest.mark.parametrize(
    ("placed", "expected"),
    [
        ([(5, 0, 0)], "a five at the top left"),
        ([(8, 1, 1)], "an eight at the centre"),
        ([(1, 2, 1)], "a one at the bottom"),
        ([(3, 0, 1), (7, 2, 1)], "a three above a seven"),
        ([(3, 1, 0), (3, 1, 2)], "a three left of a three"),
        ([(3, 0, 0), (8, 1, 2)], "a three above and left of an eight"),
        ([(3, 0, 2), (8, 1, 1)], "a three above and right of an eight"),
        ([(6, 0, 0), (6, 0, 1), (6, 2, 2)], "three sixes"),
        ([(1, 0, 0), (5, 0, 1), (1, 2, 2)], "a one, a five and a one"),
        ([(9, 0, 0), (5, 0, 1), (2, 2, 2)], "a nine, a five and a two"),
    ],
)
def test_captions_follow_from_the_scene(placed: list[tuple[int, int, int]], expected: str) -> None:
    assert caption([Placed(*one) for one in placed]) == expected


def test_a_digit_lies_in_the_cell_that_is_told() -> None:
    for scene in scenes(60, 1).train:
        assert scene.image.shape == (SIDE, SIDE)
        assert list(scene.placed) == sorted(scene.placed, key=lambda one: one[1:])
        left = scene.image.clone()
        for _, row, column in scene.placed:
            cell = left[1 + row * CELL :, 1 + column * CELL :][:CELL, :CELL]
            assert cell.sum() > 5
            cell.zero_()
        assert (left == 0).all()


def test_no_part_knows_a_digit_image_of_another() -> None:
    corpus = scenes(500, 150)
    seen = []
    for part in (corpus.train, corpus.validation, corpus.test):
        images = set()
        for scene in part:
            for _, row, column in scene.placed:
                cell = scene.image[1 + row * CELL :, 1 + column * CELL :][:CELL, :CELL]
                inked = cell.nonzero()
                top, left = inked.min(0).values.tolist()
                cut = cell[top:, left:][:DIGIT, :DIGIT]
                # by its ink alone, so that its place in the cell does not matter
                images.add(tuple((cut * 16).int()[cut > 0].tolist()))
        seen.append(images)
    assert all(len(images) > 100 for images in seen)
    for a, b in combinations(seen, 2):
        assert not a & b


def test_the_seed_decides_everything() -> None:
    assert scenes(20, 5, seed=3).digest == scenes(20, 5, seed=3).digest
    assert scenes(20, 5, seed=3).digest != scenes(20, 5, seed=4).digest
    assert not torch.equal(scenes(1, 1, 3).train[0].image, scenes(1, 1, 4).train[0].image)


def test_every_way_to_tell_is_in_some_hundred_scenes() -> None:
    words = {word for scene in scenes(800, 1).train for word in scene.caption.split()}
    assert {"above", "left", "right", "centre", "sixes", "three", "an", "and"} <= words


def test_no_scenes_are_refused() -> None:
    with pytest.raises(UserError, match="0 to learn from"):
        scenes(0, 5)
