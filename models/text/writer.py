"""What can write a text, token by token: a language model, a translator, a captioner."""

from __future__ import annotations

from typing import Any, Protocol

from torch import Tensor


class Writer(Protocol):
    """Sampling and beam search need no more than this of a model.

    A state is whatever the model needs to go on, for K rows: `begin` of the model makes it (its
    arguments are the model's own), and `rows` picks rows of it, a row as often as it is named.
    """

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """[K] last tokens → [K, V] log-probabilities of the next, and the state after them."""

    def rows(self, state: Any, rows: Tensor) -> Any:
        """The state of some rows: [K'] numbers of rows."""
