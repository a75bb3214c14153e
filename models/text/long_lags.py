"""Two tasks that nothing but a memory solves, for lags as long as one likes.

- Adding (Hochreiter & Schmidhuber 1997, section 5.4, as Le et al. 2015, arXiv 1504.00941, have it):
  of T numbers between 0 and 1 two are marked, one in each half; their sum is asked for after the
  last. Always saying 1 has a mean squared error of 1/6.
- Copying (Hochreiter & Schmidhuber 1997, section 5.2, as Arjovsky et al. 2016, arXiv 1511.06464,
  have it): some symbols, a lag of blanks, then a sign upon which the symbols are to be said again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.settings import Recurrence
from models.text.gradients import Start, recurrence
from models.training import Task

Lag = Literal["adding", "copying"]
Batch = tuple[Tensor, Tensor]
SYMBOLS = 8
"""Different ones, of the copying task."""
ASKED = 3
"""Symbols to be said again."""
WIDTHS: dict[Lag, tuple[int, int]] = {"adding": (2, 1), "copying": (SYMBOLS + 2, SYMBOLS)}
"""Inputs and outputs of each task."""
SOLVED: dict[Lag, float] = {"adding": 0.01, "copying": 0.02}
"""Loss under which a task counts as solved: an error of 0.1 in the sum, as in Jing et al. 2017; a
hundredth of what guessing a symbol costs, log 8 = 2.08 nats."""


def adding(rows: int, length: int, generator: torch.Generator) -> Batch:
    """[B, T, 2] numbers and marks, [B, 1] sums."""
    numbers = torch.rand(rows, length, generator=generator)
    half = length // 2
    first = torch.randint(half, (rows, 1), generator=generator)
    second = torch.randint(half, length, (rows, 1), generator=generator)
    marks = torch.zeros(rows, length).scatter_(1, torch.cat([first, second], dim=1), 1.0)
    return torch.stack([numbers, marks], dim=2), (numbers * marks).sum(dim=1, keepdim=True)


def copying(rows: int, length: int, generator: torch.Generator) -> Batch:
    """[B, ASKED + T + ASKED, SYMBOLS + 2] one-hot signs, [B, ASKED] symbols; T is the lag."""
    symbols = torch.randint(SYMBOLS, (rows, ASKED), generator=generator)
    blank, say = SYMBOLS, SYMBOLS + 1
    signs = torch.full((rows, ASKED + length + ASKED), blank)
    signs[:, :ASKED] = symbols
    signs[:, ASKED + length] = say
    return functional.one_hot(signs, SYMBOLS + 2).float(), symbols


DRAWN: dict[Lag, Callable[[int, int, torch.Generator], Batch]] = {
    "adding": adding,
    "copying": copying,
}


class LagModel(nn.Module):
    """A recurrence and a linear head: [B, T, I] → what the task asks for."""

    def __init__(
        self,
        task: Lag,
        kind: Recurrence,
        hidden: int,
        start: Start = "orthogonal",
        gain: float = 1.0,
    ) -> None:
        super().__init__()
        inputs, outputs = WIDTHS[task]
        self.asked = ASKED if task == "copying" else 1
        self.recurrence = recurrence(kind, inputs, hidden, start, gain, keep=1.0)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 1] sums, or [B, ASKED, SYMBOLS] logits."""
        states = self.recurrence(x)[0][:, -self.asked :]
        answer: Tensor = self.head(states)
        return answer if self.asked > 1 else answer[:, 0]


def lag_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean squared error of sums, cross-entropy of symbols in nats."""
    device = next(model.parameters()).device
    x, wanted = (part.to(device) for part in batch)
    said = model(x)
    if wanted.is_floating_point():
        return functional.mse_loss(said, wanted)
    return functional.cross_entropy(said.flatten(0, 1), wanted.flatten())


def lag_task(task: Lag, length: int, steps: int, rows: int = 64, seed: int = 0) -> Task:
    """A task of the shared loop, whose examples are drawn anew for every step.

    Args:
        task: which.
        length: numbers to read, or the lag.
        steps: batches of an epoch.
        rows: examples of a batch.
        seed: of the 512 examples that the epochs are judged by.
    """
    held = DRAWN[task](512, length, torch.Generator().manual_seed(seed))

    def batches(_: int, generator: torch.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            yield DRAWN[task](rows, length, generator)

    return Task(steps, batches, lag_loss, lambda model: float(lag_loss(model, held)))
