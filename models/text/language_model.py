"""A recurrent language model: what comes next, after all that it has read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.gru import GRU
from models.settings import Recurrence, limited, require, require_limits

State = tuple[tuple[Tensor, ...], ...]
"""Of each layer: (h,) of an RNN or GRU, (h, c) of an LSTM, each [B, D]."""
RECURRENCES: dict[Recurrence, Callable[..., nn.RNNBase]] = {
    "rnn": nn.RNN,
    "lstm": nn.LSTM,
    "gru": GRU,
}


@dataclass(frozen=True)
class LanguageSettings:
    """The shape of a language model."""

    cell: Recurrence = "lstm"
    """The recurrence."""
    layers: int = limited(1, ge=1)
    """Recurrences, stacked."""
    hidden: int = limited(256, ge=2)
    """Width D of every state."""
    embedding: int = limited(64, ge=1)
    """Width of what stands for a token."""
    dropout: float = limited(0.0, ge=0, lt=1)
    """Share of units dropped in front of every layer and of the head."""
    tied: bool = False
    """One matrix for embedding and head (Press & Wolf 2017, arXiv 1608.05859); the two have one
    width then."""

    def __post_init__(self) -> None:
        require_limits(self)
        require(self.cell in RECURRENCES, f"cell must be rnn, lstm or gru, got {self.cell}")
        require(
            not self.tied or self.embedding == self.hidden,
            "a tied head has the width of the embedding: set embedding and hidden to the same, "
            f"got {self.embedding} and {self.hidden}",
        )


class LanguageModel(nn.Module):
    """[B, T] tokens → [B, T, V] logits of the tokens that follow; a `Writer`."""

    def __init__(self, vocabulary: int, settings: LanguageSettings) -> None:
        super().__init__()
        D = settings.hidden
        recurrence = RECURRENCES[settings.cell]
        widths = [settings.embedding] + [D] * (settings.layers - 1)
        self.embedding = nn.Embedding(vocabulary, settings.embedding)
        self.layers = nn.ModuleList(recurrence(width, D, batch_first=True) for width in widths)
        self.head = nn.Linear(D, vocabulary)
        self.dropout = nn.Dropout(settings.dropout)
        self.settings = settings
        self._begin()

    def _begin(self) -> None:
        """Orthogonal recurrences, gate by gate (Saxe et al. 2014); all else as PyTorch begins.

        The forget gates are not opened by a bias of 1: a state that is carried through a long text
        then grows, until it saturates and the model says the same whatever it reads.
        """
        for layer in self.layers:
            assert isinstance(layer, nn.RNNBase)
            for gate in layer.get_parameter("weight_hh_l0").data.split(layer.hidden_size):
                nn.init.orthogonal_(gate)
        if self.settings.tied:  # logits of about 1
            nn.init.normal_(self.embedding.weight, std=self.settings.hidden**-0.5)
            self.head.weight = self.embedding.weight

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read on.

        Args:
            ids: [B, T] tokens.
            state: after what was read before; nothing was without one.

        Returns:
            [B, T, V] logits of the token after each, and the state after the last.
        """
        x, after = self.embedding(ids), []
        for k, layer in enumerate(self.layers):
            held = None if state is None else _to_layer(state[k])
            x, last = layer(self.dropout(x), held)
            after.append(_of_layer(last))
        return self.head(self.dropout(x)), tuple(after)

    def states(self, ids: Tensor) -> Tensor:
        """[B, T] → [L, B, T, D]: the output of every layer after every token."""
        x, found = self.embedding(ids), []
        for layer in self.layers:
            x = layer(x)[0]
            found.append(x)
        return torch.stack(found)

    def begin(self, rows: int) -> State:
        """The state before anything is read."""
        parts = 2 if self.settings.cell == "lstm" else 1
        zeros = self.head.weight.new_zeros(rows, self.settings.hidden)
        return ((zeros,) * parts,) * len(self.layers)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """[K] last tokens → [K, V] log-probabilities of the next, and the state after them."""
        logits, after = self(tokens[:, None], state)
        return logits[:, 0].log_softmax(dim=-1), after

    def rows(self, state: State, rows: Tensor) -> State:
        """The state of some rows: [K'] numbers of rows."""
        return tuple(tuple(part[rows] for part in layer) for layer in state)


def detached(state: State) -> State:
    """The same numbers, which no gradient goes back through."""
    return tuple(tuple(part.detach() for part in layer) for layer in state)


def _to_layer(parts: tuple[Tensor, ...]) -> Tensor | tuple[Tensor, ...]:
    """Tensors [B, D] as a layer of PyTorch takes them: [1, B, D]."""
    led = tuple(part[None] for part in parts)
    return led if len(led) > 1 else led[0]


def _of_layer(last: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return tuple(part[0] for part in last) if isinstance(last, tuple) else (last[0],)
