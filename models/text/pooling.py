"""A vector for a sentence, from the states of its tokens."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn

Pool = Literal["last", "mean", "max", "attention"]


class Pooling(nn.Module):
    """[B, T, F] and a mask → [B, F].

    - `last`: the state after the last token; of the layer that reads from the right, that after the
      first, where it ends.
    - `mean`, `max`: over the tokens, each feature by itself.
    - `attention`: a weighted mean, whose weights are the softmax of v·tanh(W h + b) (Yang et al.
      2016, "Hierarchical attention networks for document classification", eq. 5–7).
    """

    def __init__(self, kind: Pool, width: int, both: bool) -> None:
        super().__init__()
        self.kind, self.both = kind, both
        if kind == "attention":
            self.hidden = nn.Linear(width, width)
            self.vector = nn.Linear(width, 1, bias=False)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """[B, T, F] and [B, T], true at tokens, at least one a row → [B, F]."""
        if self.kind == "last":
            rows = torch.arange(len(states), device=states.device)
            last = states[rows, mask.sum(1) - 1]
            if not self.both:
                return last
            D = states.shape[-1] // 2
            return torch.cat([last[:, :D], states[:, 0, D:]], dim=1)
        if self.kind == "max":
            return states.masked_fill(~mask[..., None], float("-inf")).amax(dim=1)
        return torch.einsum("bt,btf->bf", self.weights(states, mask), states)

    def weights(self, states: Tensor, mask: Tensor) -> Tensor:
        """[B, T] what each token counts for in a mean; they add up to 1."""
        if self.kind == "attention":
            scores = self.vector(self.hidden(states).tanh()).squeeze(-1)
        else:
            scores = states.new_zeros(mask.shape)
        return scores.masked_fill(~mask, float("-inf")).softmax(dim=1)
