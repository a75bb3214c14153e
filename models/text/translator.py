"""An encoder and a decoder: what is read becomes states, and what is written follows from them.

The encoder runs over the source both ways. Without attention its last states are the context
vector, which the decoder is given at every step (Cho et al. 2014, arXiv 1406.1078). With attention
the decoder's lowest layer looks at all states of the encoder, and the layers above it are given
what it sees (Luong et al. 2015, arXiv 1508.04025; above the first layer Wu et al. 2016, arXiv
1609.08144, section 3). The lowest layer needs only the words before, so a training step with the
true words is a few runs over whole sequences: no loop over steps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from features.text.batches import Padded
from features.text.vocabulary import PAD
from models.attention import Attention, Score
from models.settings import Cell, limited, require_limits
from models.text.layer import BothWays, Layer, at_end


@dataclass(frozen=True)
class TranslatorSettings:
    """The shape of a translator."""

    cell: Cell = "gru"
    hidden: int = limited(256, ge=2)
    """Width D of every recurrent layer."""
    layers: int = limited(1, ge=1)
    """Of the encoder and of the decoder."""
    bidirectional: bool = True
    """The encoder reads from the end too."""
    attention: Score | None = "additive"
    """A score of `models.attention`; without one the decoder has the context vector alone."""
    dropout: float = limited(0.2, ge=0, lt=1)
    """Share dropped of the embeddings, between layers and in front of the words."""
    tied: bool = True
    """The target's embedding is the matrix of its scores too (Press & Wolf 2017)."""

    def __post_init__(self) -> None:
        require_limits(self)


class State(NamedTuple):
    """What the decoder goes on from, for K rows."""

    layers: Tensor
    """[K, L, S, D] of its recurrent layers, the lowest first."""
    memory: Tensor
    """[K, N, D] what it may look at; N is 1 for the context vector."""
    keys: Tensor
    """[K, N, D], or the memory where there is no attention."""
    mask: Tensor
    """[K, 1, N], true where the source has a token."""


class Translator(nn.Module):
    """Source tokens → scores of the target's next token."""

    def __init__(self, source: int, target: int, settings: TranslatorSettings) -> None:
        """A translator between vocabularies of `source` and `target` entries."""
        super().__init__()
        self.settings = settings
        D, cell = settings.hidden, settings.cell
        self.read = nn.Embedding(source, D, padding_idx=PAD)
        self.write = nn.Embedding(target, D, padding_idx=PAD)
        width = 2 * D if settings.bidirectional else D
        one = BothWays if settings.bidirectional else Layer
        self.encoder = nn.ModuleList(
            one(cell, width if k else D, D) for k in range(settings.layers)
        )
        self.memory = nn.Linear(width, D)
        self.bridge = nn.Linear(width, settings.layers * D)
        self.attention = Attention(D, settings.attention) if settings.attention else None
        first = D if self.attention else 2 * D
        self.decoder = nn.ModuleList(
            Layer(cell, 2 * D if k else first, D) for k in range(settings.layers)
        )
        self.readout = nn.Linear(2 * D, D)
        self.words = nn.Linear(D, target)
        self.dropout = nn.Dropout(settings.dropout)
        for table in (self.read, self.write):
            nn.init.normal_(table.weight, std=D**-0.5)
        if settings.tied:
            self.words.weight = self.write.weight

    def forward(self, source: Padded, target_in: Tensor) -> Tensor:
        """Scores of every next token, given the true ones before it.

        Args:
            source: [B, N].
            target_in: [B, T] from BEGIN on.

        Returns:
            [B, T, V] logits.
        """
        return self.words(self._decode(target_in, self.begin(source))[0])

    def begin(self, source: Padded) -> State:
        """Read [K, N]."""
        x = self.dropout(self.read(source.ids))
        for layer in self.encoder:
            if isinstance(layer, BothWays):
                x, last = layer(x, source.lengths)
            else:
                x = layer(x)[0]
                last = at_end(x, source.lengths)
            x = self.dropout(x)
        L, S = self.settings.layers, 1 if self.settings.cell == "gru" else 2
        h = torch.tanh(self.bridge(last)).view(len(last), L, 1, -1)
        layers = torch.cat([h, *[torch.zeros_like(h)] * (S - 1)], 2)
        if self.attention is None:
            memory = torch.tanh(self.memory(last))[:, None]
            return State(layers, memory, memory, memory.new_ones(len(last), 1, 1, dtype=torch.bool))
        memory = self.memory(x)
        return State(layers, memory, self.attention.key(memory), source.mask[:, None])

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """[K] last tokens → [K, V] log-probabilities of the next, and the state after them."""
        out, after, _ = self._decode(tokens[:, None], state)
        return self.words(out[:, 0]).log_softmax(-1), after

    def rows(self, state: State, rows: Tensor) -> State:
        """The state of rows [K'], a row as often as it is named."""
        return State(*(part[rows] for part in state))

    def alignment(self, source: Padded, target_in: Tensor) -> Tensor:
        """[B, T, N] how much each step looks at each source token; [B, T, 1] without attention."""
        return self._decode(target_in, self.begin(source))[2]

    def _decode(self, tokens: Tensor, state: State) -> tuple[Tensor, State, Tensor]:
        """[K, T] tokens → [K, T, D] in front of the words, the state after, weights [K, T, N]."""
        x = self.dropout(self.write(tokens))
        if self.attention is None:
            context = state.memory.expand(-1, x.shape[1], -1)
            weights = torch.ones_like(context[..., :1])
            x = torch.cat([x, context], -1)
        x, after = self.decoder[0](x, state.layers[:, 0])
        if self.attention is not None:
            context, weights = self.attention(x, state.keys, state.memory, state.mask)
        states = [after]
        for k, layer in enumerate(self.decoder[1:], 1):
            y, after = layer(self.dropout(torch.cat([x, context], -1)), state.layers[:, k])
            x = x + y
            states.append(after)
        out = self.dropout(torch.tanh(self.readout(torch.cat([x, context], -1))))
        return out, state._replace(layers=torch.stack(states, 1)), weights
