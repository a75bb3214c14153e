"""Where a token stands: attention alone cannot tell one order from another."""

from __future__ import annotations

import torch
from torch import Tensor


def sinusoidal(places: Tensor, width: int) -> Tensor:
    """[T] places → [T, D] what is added to the embeddings.

    Vaswani et al. 2017 (arXiv 1706.03762), section 3.5: even columns sin(t·ω_i), odd ones
    cos(t·ω_i), ω_i = 10000^(−2i/D). A shift by k steps turns each pair of columns by the same
    angle k·ω_i, wherever it starts.
    """
    angles = _angles(places, width)
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(-2)


def rotary(x: Tensor, places: Tensor) -> Tensor:
    """Queries or keys [..., T, d] at places [T], each pair of columns turned by t·ω_i.

    Su et al. 2021 (arXiv 2104.09864), eq. 34. The product of a query and a key so turned depends
    on their contents and their distance, not on where they stand.
    """
    angles = _angles(places, x.shape[-1])
    cos, sin = angles.cos(), angles.sin()
    even, odd = x[..., ::2], x[..., 1::2]
    return torch.stack([even * cos - odd * sin, even * sin + odd * cos], dim=-1).flatten(-2)


def _angles(places: Tensor, width: int) -> Tensor:
    """[T, D/2]: t·ω_i in radians."""
    pairs = torch.arange(0, width, 2, device=places.device) / width
    return places[:, None] * 10_000.0**-pairs
