"""Drawing a text from a model, token by token, for a whole batch at once."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from models.settings import limited, require, require_limits
from models.text.writer import Writer


@dataclass(frozen=True)
class Choice:
    """Which of a model's next tokens may be drawn, and how likely; in this order."""

    temperature: float = limited(1.0, ge=0)
    """p^(1/temperature), made to sum to 1 again: below 1 the likely becomes likelier, at 0 the
    likeliest is taken, and with growing temperature all become equally likely."""
    top_k: int | None = None
    """Only the so many likeliest (Fan et al. 2018, arXiv 1805.04833)."""
    nucleus: float = limited(1.0, gt=0, le=1)
    """Only the fewest, likeliest first, that have this probability together (Holtzman et al. 2020,
    arXiv 1904.09751)."""

    def __post_init__(self) -> None:
        require_limits(self)
        require(
            self.top_k is None or self.top_k >= 1, f"top_k must be at least 1, got {self.top_k}"
        )


def narrowed(log_p: Tensor, choice: Choice) -> Tensor:
    """Log-probabilities that a choice leaves, [..., V]; −inf where a token may not be drawn."""
    if choice.temperature == 0:
        return _only(log_p, log_p.argmax(dim=-1, keepdim=True)).log_softmax(dim=-1)
    log_p = (log_p / choice.temperature).log_softmax(dim=-1)
    if choice.top_k is not None and choice.top_k < log_p.shape[-1]:
        log_p = _only(log_p, log_p.topk(choice.top_k, dim=-1).indices).log_softmax(dim=-1)
    if choice.nucleus < 1:
        ordered, order = log_p.sort(dim=-1, descending=True, stable=True)
        p = ordered.exp()
        needless = p.cumsum(dim=-1) - p >= choice.nucleus  # those before have enough
        needless[..., 0] = False
        kept = ordered.masked_fill(needless, -math.inf)
        log_p = torch.empty_like(log_p).scatter_(-1, order, kept).log_softmax(dim=-1)
    return log_p


@torch.no_grad()
def write(
    writer: Writer,
    prompts: Tensor,
    state: Any,
    length: int,
    choice: Choice | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Go on from prompts.

    Args:
        writer: in evaluation mode.
        prompts: [K, P] tokens, at least one a row.
        state: of the writer, for K rows, before the prompts.
        length: tokens to write.
        choice: what may be drawn; by default the model's own probabilities.
        generator: draws, on the CPU: the same draws on every device.

    Returns:
        [K, length] tokens.
    """
    unread, found = prompts.unbind(dim=1), []
    for _ in range(length):
        for tokens in unread:
            log_p, state = writer.step(tokens, state)
        p = narrowed(log_p.float().cpu(), choice or Choice()).exp()
        found.append(torch.multinomial(p, 1, generator=generator).squeeze(1).to(prompts.device))
        unread = (found[-1],)
    return torch.stack(found, dim=1)


def _only(log_p: Tensor, kept: Tensor) -> Tensor:
    """−inf but at the indices kept, [..., k]."""
    return torch.full_like(log_p, -math.inf).scatter(-1, kept, log_p.gather(-1, kept))
