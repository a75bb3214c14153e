"""Multi-head attention, of a sequence over itself or over another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.settings import require
from models.text.positions import rotary
from models.text.scaled_dot import Kernel, fused, weights, written_out


class Heads(NamedTuple):
    """Keys and values [B, H, N, d] of what is attended to, made once and kept."""

    keys: Tensor
    values: Tensor

    def then(self, more: Heads) -> Heads:
        """These steps, and those that follow them."""
        return Heads(*(torch.cat(both, dim=2) for both in zip(self, more, strict=True)))

    def rows(self, rows: Tensor) -> Heads:
        """Those of some rows."""
        return Heads(*(one[rows] for one in self))


class MultiHead(nn.Module):
    """H attentions beside each other, each on a projection to d = D / H columns, mixed by one map.

    Vaswani et al. 2017, section 3.2.2. The weights are those of `nn.MultiheadAttention`.
    """

    def __init__(self, width: int, heads: int, turned: bool = False) -> None:
        super().__init__()
        require(
            width % heads == 0 and width // heads % 2 == 0,
            f"heads must part the width into equal and even columns, got {heads} heads for a width "
            f"of {width}; take a width that 2 × heads divides",
        )
        self.heads, self.turned = heads, turned
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)
        self.kernel: Kernel = fused
        for layer in (self.query, self.key_value, self.out):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)

    def remember(self, memory: Tensor, start: int = 0) -> Heads:
        """[B, N, D], whose first step stands at place `start`, as keys and values."""
        keys, values = self.key_value(memory).chunk(2, dim=-1)
        return Heads(self._turn(self._split(keys), start), self._split(values))

    def forward(
        self,
        x: Tensor,
        held: Heads,
        mask: Tensor | None = None,
        causal: bool = False,
        start: int = 0,
    ) -> Tensor:
        """Attend.

        Args:
            x: [B, T, D], where the queries come from.
            held: from `remember`.
            mask: [B, 1, 1 or T, N], true where a query may look; at least one key a query.
            causal: whether query t sees the keys 0 … t only.
            start: the place of the first query.

        Returns:
            [B, T, D].
        """
        q = self._turn(self._split(self.query(x)), start)
        mixed = self.kernel(q, held.keys, held.values, mask, causal)  # [B, H, T, d]
        return self.out(mixed.transpose(1, 2).flatten(2))

    def _split(self, x: Tensor) -> Tensor:
        """[B, T, D] → [B, H, T, d]."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def _turn(self, x: Tensor, start: int) -> Tensor:
        if not self.turned:
            return x
        return rotary(x, torch.arange(start, start + x.shape[2], device=x.device))


@contextmanager
def watched(model: nn.Module) -> Iterator[dict[str, Tensor]]:
    """Attention written out, and the weights [B, H, T, N] that each `MultiHead` last gave.

    The weights are named as the module is within the model.
    """
    seen: dict[str, Tensor] = {}
    found = {name: part for name, part in model.named_modules() if isinstance(part, MultiHead)}

    def watch(name: str) -> Kernel:
        def kernel(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
            seen[name] = weights(q, k, mask, causal).detach()
            return written_out(q, k, v, mask, causal)

        return kernel

    before = {name: part.kernel for name, part in found.items()}
    try:
        for name, part in found.items():
            part.kernel = watch(name)
        yield seen
    finally:
        for name, part in found.items():
            part.kernel = before[name]
