"""Attention over the encoder's recent states."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn


class Attention(nn.Module):
    """Scores of queries against keys, softmax over what the mask allows, weighted mean of the keys.

    - `dot`: q·k / √D (Luong et al. 2015; scaling of Vaswani et al. 2017, eq. 1).
    - `additive`: v·tanh(W q + U k) (Bahdanau et al. 2015, appendix A.1.2).
    """

    def __init__(self, hidden: int, score: Literal["dot", "additive"]) -> None:
        super().__init__()
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, hidden, bias=False)
        self.vector = nn.Linear(hidden, 1, bias=False) if score == "additive" else None

    def forward(
        self, query: Tensor, keys: Tensor, memory: Tensor, mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Attend.

        Args:
            query: [R, O, D].
            keys: [R, N, D], `self.key(memory)`, made once and used at every decoder step.
            memory: [R, N, D].
            mask: [O, N] or [R, O, N], true where the query may look; at least one a query.

        Returns:
            context [R, O, D] and weights [R, O, N].
        """
        q = self.query(query)
        if self.vector is None:
            scores = q @ keys.transpose(1, 2) / q.shape[-1] ** 0.5
        else:
            scores = self.vector(torch.tanh(q.unsqueeze(2) + keys.unsqueeze(1))).squeeze(-1)
        weights = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
        return weights @ memory, weights


def band(queries: Tensor, keys: int, span: int) -> Tensor:
    """[O, N] mask that lets the query at step n look at the `span` steps n−span+1 … n."""
    distance = queries[:, None] - torch.arange(keys, device=queries.device)
    return (distance >= 0) & (distance < span)
