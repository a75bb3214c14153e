"""Scaled dot-product attention, once as PyTorch's kernel and once written out.

Both are softmax(q·kᵀ / √d + mask)·v (Vaswani et al. 2017, eq. 1). The kernel never holds all the
weights at once, and so cannot show them; what is written out can.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

Kernel = Callable[[Tensor, Tensor, Tensor, Tensor | None, bool], Tensor]
"""Queries [B, H, T, d], keys [B, H, N, d], values [B, H, N, d], mask and causal → [B, H, T, d].

The mask [B, 1, 1 or T, N] is true where a query may look; causal lets query t see keys 0 … t.
"""


def fused(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    """PyTorch's kernel."""
    return nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)


def written_out(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    """The formula, step by step."""
    return weights(q, k, mask, causal) @ v


def weights(q: Tensor, k: Tensor, mask: Tensor | None, causal: bool) -> Tensor:
    """[B, H, T, N] how much each query takes of each key; a row sums to one."""
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    if causal:
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=q.device).triu(1)
        scores = scores.masked_fill(later, float("-inf"))
    return scores.softmax(dim=-1)
