"""Quantiles from a network: increments that cannot cross, and the loss that makes them quantiles.

The network gives the median and the distance between one level and the next (incremental quantile
functions: Park et al. 2022, arXiv 2111.06581).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from features.levels import LEVELS, MEDIAN

SHIFT = 1.0
"""An untrained network's increments are softplus(-1) = 0.31, about those of a normal distribution
whose deviation is one reach."""


def ordered(raw: Tensor) -> Tensor:
    """[..., Q] what the network wrote → [..., Q] quantiles, each at least the one before.

    The median is taken as it is; the others are increments, added up from the median outwards.
    """
    median = raw[..., MEDIAN : MEDIAN + 1]
    away = nn.functional.softplus(raw - SHIFT)
    below = away[..., :MEDIAN].flip(-1).cumsum(-1).flip(-1)
    above = away[..., MEDIAN + 1 :].cumsum(-1)
    return torch.cat([median - below, median, median + above], dim=-1)


def middle(forecast: Tensor, levels: int) -> Tensor:
    """The point forecast: the median of [..., Q] quantiles, or what has one level alone."""
    return forecast if levels == 1 else forecast[..., MEDIAN]


def pinball(forecast: Tensor, target: Tensor, reduction: str = "none") -> Tensor:
    """Twice the mean pinball loss over the levels: quantiles [..., Q], target [...] → [...].

    2 max(q (y - f), (q - 1) (y - f)), of which the median's is |y - f| (Koenker and Bassett 1978;
    for networks Wen et al. 2017, arXiv 1711.11053).
    """
    level = torch.tensor(LEVELS, dtype=forecast.dtype, device=forecast.device)
    error = target.unsqueeze(-1) - forecast
    loss = 2 * torch.maximum(level * error, (level - 1) * error).mean(-1)
    return loss.sum() if reduction == "sum" else loss
