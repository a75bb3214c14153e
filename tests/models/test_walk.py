"""A walk in pieces gives the states of the whole walk, and knows nothing of what comes later."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from models.gru import GRU
from models.walk import BLOCK, WIDTH, walk_in_pieces

KEEP = {"forgets": -2.0, "remembers for long": 5.0, "never forgets": 12.0}
"""Bias of the update gate: how much of a state a step keeps."""


def recurrence(keep: str) -> GRU:
    torch.manual_seed(0)
    layer = GRU(3, 8, batch_first=True)
    with torch.no_grad():
        dict(layer.named_parameters())["bias_hh_l0"][8:16] += KEEP[keep]
    return layer


@pytest.mark.parametrize("keep", KEEP)
@pytest.mark.parametrize(("rows", "steps"), [(1, 4000), (3, 1001), (7, 8 * BLOCK), (WIDTH, 700)])
@torch.no_grad()
def test_it_gives_the_states_of_the_whole_walk(keep: str, rows: int, steps: int) -> None:
    layer, x = recurrence(keep), torch.randn(rows, steps, 3)
    whole = nn.GRU(3, 8, batch_first=True)
    whole.load_state_dict(layer.state_dict())
    out, last = layer(x)
    expected, end = whole(x)
    torch.testing.assert_close(out, expected, atol=3e-5, rtol=0)
    torch.testing.assert_close(last, end, atol=3e-5, rtol=0)


@pytest.mark.parametrize("keep", KEEP)
@pytest.mark.parametrize("origin", [5, 4 * BLOCK - 1, 1500])
@pytest.mark.parametrize("wild", [1e6, float("inf"), float("nan")])
@torch.no_grad()
def test_wild_values_later_on_change_no_bit(keep: str, origin: int, wild: float) -> None:
    layer, x = recurrence(keep), torch.randn(2, 2000, 3)
    later = x.clone()
    later[:, origin + 1 :] = wild
    assert torch.equal(layer(x)[0][:, : origin + 1], layer(later)[0][:, : origin + 1])


@torch.no_grad()
def test_a_network_that_forgets_walks_few_steps_twice() -> None:
    layer, x, walked = recurrence("forgets"), torch.randn(2, 64 * BLOCK, 3), []

    def watched(x: Tensor, state: Tensor) -> Tensor:
        walked.append(x.shape[1])
        return layer(x, state[None])[0]

    walk_in_pieces(watched, x, 8)
    length = 64 * BLOCK // (WIDTH // 2)
    assert sum(walked) <= max(length, 4 * BLOCK) + 2 * BLOCK
