"""The four shapes of a recurrent network, and the next character as a task for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from features.errors import UserError
from models.text.cells import VanillaRNN
from models.training import Task

Shape = Literal["one-to-one", "one-to-many", "many-to-one", "many-to-many"]
SHAPES: tuple[Shape, ...] = ("one-to-one", "one-to-many", "many-to-one", "many-to-many")


class Shaped(nn.Module):
    """One recurrent network in four shapes: what differs is which steps read and which answer.

    - `one-to-one`: [B, I] → [B, O]; one step, an ordinary hidden layer.
    - `one-to-many`: [B, I] → [B, T, O]; every step reads x (Goodfellow et al. 2016, fig. 10.9).
    - `many-to-one`: [B, T, I] → [B, O] from the last state.
    - `many-to-many`: [B, T, I] → [B, T, O], aligned.
    """

    def __init__(self, inputs: int, hidden: int, outputs: int, shape: Shape) -> None:
        super().__init__()
        self.cell = VanillaRNN(inputs, hidden)
        self.head = nn.Linear(hidden, outputs)
        self.shape = shape

    def forward(self, x: Tensor, steps: int = 1) -> Tensor:
        """Answer what the shape answers.

        Args:
            x: [B, I] where one is read, [B, T, I] where many are.
            steps: T of the answer of `one-to-many`.

        Raises:
            UserError: x has the dimensions of another shape.
        """
        reads, answers = self.shape.split("-to-")
        expected = {"one": "[B, I]", "many": "[B, T, I]"}
        if x.ndim != expected[reads].count(",") + 1:
            raise UserError(
                f"a {self.shape} network was given an input of shape {list(x.shape)}, expected "
                f"{expected[reads]}; choose the shape that reads it"
            )
        if reads == "one":
            x = x[:, None].expand(-1, steps if answers == "many" else 1, -1)
        states = self.cell(x)
        answer: Tensor = self.head(states if answers == "many" else states[:, -1])
        return answer


def read_and_wanted(windows: Tensor, shape: Shape, tokens: int) -> tuple[Tensor, Tensor]:
    """What a shape reads of a text, and what it is to answer: the next token, or the next ones.

    Args:
        windows: [B, T + 1] tokens.
        shape: of the network.
        tokens: V different ones.

    Returns:
        One-hot tokens [B, V] or [B, T, V], and tokens [B] or [B, T].
    """
    reads, answers = shape.split("-to-")
    x = functional.one_hot(windows[:, :-1], tokens).float()
    if shape == "one-to-one":
        return x[:, -1], windows[:, -1]
    wanted = windows[:, 1:] if answers == "many" else windows[:, -1]
    return (x[:, 0] if reads == "one" else x), wanted


def shape_task(
    shape: Shape, tokens: int, ids: Tensor, held: Tensor, length: int, steps: int, rows: int = 64
) -> Task:
    """The next token, told from what the shape reads.

    Args:
        shape: of the network.
        tokens: V different ones.
        ids: [N] the text to learn from, more than `length` tokens of it.
        held: [N'] the text to be judged by.
        length: T tokens that many are.
        steps: batches of an epoch.
        rows: windows of a batch, drawn from the whole text.
    """
    judged = held.unfold(0, length + 1, length)[:1024]

    def loss(model: nn.Module, windows: Tensor) -> Tensor:
        x, wanted = read_and_wanted(windows.to(next(model.parameters()).device), shape, tokens)
        logits = model(x, length)
        return functional.cross_entropy(logits.flatten(0, -2), wanted.flatten())

    def batches(_: int, generator: torch.Generator) -> Iterator[Tensor]:
        for _ in range(steps):
            starts = torch.randint(len(ids) - length, (rows, 1), generator=generator)
            yield ids[starts + torch.arange(length + 1)]

    return Task(steps, batches, loss, lambda model: float(loss(model, judged)))
