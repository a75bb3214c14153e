"""One long text through a language model: to learn from, and to be judged on.

The text is cut into B streams that are read side by side, T tokens a step. The state is carried
from a step to the next and its gradient is not: back-propagation through time, truncated (Williams
& Peng 1990; the batches of Mikolov et al. 2010).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.errors import UserError
from models.text.language_model import LanguageModel, State, detached
from models.training import Task


class Window(NamedTuple):
    """[B, T + 1] tokens: the first T are read, the last T are to be said."""

    ids: Tensor
    first: bool
    """It begins an epoch: nothing was read before it."""


def steps_of(tokens: int, rows: int, steps: int) -> int:
    """Windows that a text of so many tokens gives, wherever its streams begin.

    Raises:
        UserError: it gives none.
    """
    windows = (tokens - steps) // rows // steps
    if windows < 1:
        raise UserError(
            f"the training text has {tokens} tokens, expected at least {steps * (rows + 1)}: "
            f"{rows} streams of {steps} tokens; take fewer rows, shorter steps or a longer text"
        )
    return windows


def windows_of(ids: Tensor, rows: int, steps: int, generator: torch.Generator) -> Iterator[Window]:
    """The windows of an epoch, in the order of the text.

    Args:
        ids: [N] the text.
        rows: streams B.
        steps: tokens T of a window.
        generator: draws where the streams begin, so that windows end elsewhere in every epoch.
    """
    windows = steps_of(len(ids), rows, steps)
    begin = int(torch.randint(steps, (), generator=generator))
    length = windows * steps
    starts = begin + torch.arange(rows)[:, None] * length
    for k in range(windows):
        at = starts + torch.arange(k * steps, (k + 1) * steps + 1)
        yield Window(ids[at], k == 0)


def language_task(
    ids: Tensor, held: Tensor, rows: int = 64, steps: int = 128, carry: bool = True
) -> Task:
    """The next token of a text, as a task of the shared loop.

    Args:
        ids: [N] the text to learn from.
        held: [N'] the text that the epochs are judged by.
        rows: streams B.
        steps: tokens T that a gradient goes back through.
        carry: hand the state on from window to window.
    """
    state: State | None = None

    def loss(model: nn.Module, batch: Window) -> Tensor:
        nonlocal state
        ids = batch.ids.to(next(model.parameters()).device)
        before = state if carry and not batch.first else None
        logits, after = model(ids[:, :-1], before)
        state = detached(after)
        return functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten())

    def judge(model: nn.Module) -> float:
        assert isinstance(model, LanguageModel)
        return float(surprise(model, held).mean())

    return Task(
        steps_of(len(ids), rows, steps),
        lambda _, generator: windows_of(ids, rows, steps, generator),
        loss,
        judge,
    )


@torch.no_grad()
def surprise(
    model: LanguageModel, ids: Tensor, streams: int = 64, warm: int = 256, chunk: int = 256
) -> Tensor:
    """[N] tokens → [N − 1] nats: −log p of each token after the first, given all before it.

    Args:
        model: in evaluation mode.
        ids: the text.
        streams: pieces that are read side by side; with one, every token is told from all before
            it, and with more from all before it in its piece and the `warm` in front of that.
        warm: tokens that are read before a piece and not counted.
        chunk: tokens read at once.
    """
    device, count = next(model.parameters()).device, len(ids) - 1
    K = max(1, min(streams, count // max(warm, 1)))
    length = -(-count // K)
    ids = nn.functional.pad(ids, (0, K * length + 1 - len(ids))).to(device)
    state = model.begin(K)
    if K > 1 and warm:
        starts = torch.arange(1, K, device=device)[:, None] * length
        before = model(ids[starts - warm + torch.arange(warm, device=device)])[1]
        state = tuple(
            tuple(torch.cat([none[:1], part]) for none, part in zip(*pair, strict=True))
            for pair in zip(state, before, strict=True)
        )
    inputs, targets = ids[:-1].view(K, length), ids[1:].view(K, length)
    found = []
    for x, y in zip(inputs.split(chunk, dim=1), targets.split(chunk, dim=1), strict=True):
        logits, state = model(x, state)
        found.append(functional.cross_entropy(logits.mT, y, reduction="none"))
    return torch.cat(found, dim=1).flatten()[:count].cpu()
