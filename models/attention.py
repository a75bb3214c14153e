"""Attention of a recurrent decoder over the states of an encoder: five scores, one module."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

Score = Literal["dot", "scaled", "general", "additive", "local"]
"""How well a query and a key agree; the formulas are those of `Attention`."""


class Attention(nn.Module):
    """Scores of queries against keys, softmax over what the mask allows, weighted mean of the keys.

    - `dot`: q·k (Luong et al. 2015, arXiv 1508.04025, eq. 8).
    - `scaled`: W q · U k / √D (Vaswani et al. 2017, arXiv 1706.03762, eq. 1). Of numbers with
      variance 1, q·k has variance D; divided by √D the softmax is not saturated by a large D.
    - `general`: q·W k (Luong et al. 2015, eq. 8).
    - `additive`: v·tanh(W q + U k) (Bahdanau et al. 2015, arXiv 1409.0473, appendix A.1.2).
    - `local`: local-p of Luong et al. 2015, eq. 9–10, on the general score. A place among the S
      keys is predicted, p = S·sigmoid(v·tanh(W q)); the softmax is taken over the keys within
      `window` of it, and the weights are multiplied by a Gaussian of their distance to p whose
      deviation is window / 2. As in the paper they are not divided by their sum again: it is by
      the Gaussian that p learns.
    """

    def __init__(self, hidden: int, score: Score, window: int = 10) -> None:
        super().__init__()
        self.score, self.window = score, window
        both = score in ("scaled", "additive")
        self.query = nn.Linear(hidden, hidden, bias=False) if both else nn.Identity()
        self.key = nn.Identity() if score == "dot" else nn.Linear(hidden, hidden, bias=False)
        self.vector = nn.Linear(hidden, 1, bias=False) if score == "additive" else None
        self.place = _place(hidden) if score == "local" else None

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
        scores = self.scores(query, keys)
        if self.place is None:
            weights = scores.masked_fill(~mask, float("-inf")).softmax(dim=-1)
        else:
            away = self._away(query, mask)
            near = mask & (away.abs() <= self.window)
            weights = scores.masked_fill(~near, float("-inf")).softmax(dim=-1)
            weights = weights * torch.exp(-2 * (away / self.window) ** 2)
        return weights @ memory, weights

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """[R, O, D] and [R, N, D] → [R, O, N], before any mask."""
        q = self.query(query)
        if self.vector is not None:
            return self.vector(torch.tanh(q.unsqueeze(2) + keys.unsqueeze(1))).squeeze(-1)
        scores = q @ keys.transpose(1, 2)
        return scores / q.shape[-1] ** 0.5 if self.score == "scaled" else scores

    def _away(self, query: Tensor, mask: Tensor) -> Tensor:
        """[R, O, N] how far each key that the mask allows is from the place predicted."""
        assert self.place is not None
        centre = mask.sum(-1) * self.place(query).squeeze(-1).sigmoid()  # [R, O]
        return mask.cumsum(-1) - 1 - centre.unsqueeze(-1)


def _place(hidden: int) -> nn.Sequential:
    """v·tanh(W q): [..., D] → [..., 1]."""
    first = nn.Linear(hidden, hidden, bias=False)
    return nn.Sequential(first, nn.Tanh(), nn.Linear(hidden, 1, bias=False))


def band(queries: Tensor, keys: int, span: int) -> Tensor:
    """[O, N] mask that lets the query at step n look at the `span` steps n−span+1 … n."""
    distance = queries[:, None] - torch.arange(keys, device=queries.device)
    return (distance >= 0) & (distance < span)
