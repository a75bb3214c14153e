"""A long walk in short time: pieces of a series go through a recurrence side by side.

A recurrence takes its steps one after the other, and a step of a few rows is mostly overhead. But
it forgets. So all pieces of a series are walked at once, each from nothing, and then again from
where the piece before ended, until they meet their first walk: from there on it stands. Ends that
have moved are handed on until none moves, so a network that never forgets is walked right as well,
only slower.

Whether a row has met its first walk depends on that row up to that step and on nothing else, so a
state still knows nothing of what comes after it.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

BLOCK = 64
"""Steps after which a walk is compared with the one before."""
WIDTH = 64
"""Rows of one step, of all pieces together. More of them are begun wrongly and walked twice."""
MEETS = 1e-6
"""Numbers of a state that are no further apart are the same."""


def walk_in_pieces(recurrence: Callable[[Tensor, Tensor], Tensor], x: Tensor, size: int) -> Tensor:
    """[R, N, I] → [R, N, D], a GRU's state after every step of R rows that begin from nothing.

    Args:
        recurrence: [R', n, I] and the state [R', D] before → [R', n, D].
        x: inputs.
        size: the width D.

    Returns:
        What `recurrence(x, 0)` gives, to float tolerance.
    """
    R, N, _ = x.shape
    blocks = -(-N // BLOCK)
    pieces = min(WIDTH // R, blocks // 4)
    if pieces < 2:
        return recurrence(x, x.new_zeros(R, size))
    length = -(-blocks // pieces)  # of a piece, in blocks
    pieces = -(-blocks // length)
    x = nn.functional.pad(x, (0, 0, 0, pieces * length * BLOCK - N))
    parts = x.view(R * pieces, length, BLOCK, -1).unbind(1)
    first = (torch.arange(R * pieces, device=x.device) % pieces == 0)[:, None]
    begun = state = x.new_zeros(R * pieces, size)
    outs: list[Tensor] = []
    for part in parts:
        outs.append(recurrence(part, state))
        state = outs[-1][:, -1]
    for _ in range(pieces - 1):
        start = outs[-1][:, -1].roll(1, dims=0).masked_fill(first, 0)
        moved = _apart(start, begun)
        if not moved.any():
            break
        begun = state = torch.where(moved, start, begun)
        for i, part in enumerate(parts):
            out = recurrence(part, state)
            state, before = out[:, -1], outs[i][:, -1]
            outs[i] = torch.where(moved[..., None], out, outs[i])
            moved = moved & _apart(state, before)
            if not moved.any():
                break
    return torch.stack(outs, 1).view(R, pieces * length * BLOCK, size)[:, :N]


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """[R, D] twice → [R, 1] whether two states are not the same."""
    return ~((a - b).abs() <= MEETS).all(dim=1, keepdim=True)
