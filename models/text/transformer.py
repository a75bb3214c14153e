"""A Transformer that reads one sequence and writes another (Vaswani et al. 2017).

Unlike the paper's, its layers normalise what goes into them, not what comes out (pre-norm, Xiong
et al. 2020, arXiv 2002.04745): it trains without a long warm-up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor, nn

from features.text.batches import Padded
from models.settings import limited, require_limits
from models.text.multi_head import Heads, MultiHead, watched
from models.text.positions import sinusoidal


@dataclass(frozen=True)
class TransformerSettings:
    """The shape of a Transformer."""

    width: int = limited(128, ge=2)
    """Columns D of embeddings and states."""
    heads: int = limited(4, ge=1)
    """Attentions beside each other in a layer."""
    layers: int = limited(2, ge=1)
    """Of the encoder, and as many of the decoder."""
    inner: int = limited(256, ge=1)
    """Columns between the two maps of the feed-forward part."""
    dropout: float = limited(0.1, ge=0, lt=1)
    """Share of units dropped from embeddings and from what each part adds."""
    positions: Literal["sinusoidal", "rotary"] = "sinusoidal"
    """How places are told."""

    def __post_init__(self) -> None:
        require_limits(self)


class State(NamedTuple):
    """What a decoder goes on from, for K rows."""

    memory: tuple[Heads, ...]
    """The source as each layer's cross-attention sees it."""
    mask: Tensor
    """[K, 1, 1, S], true where the source has a token."""
    own: tuple[Heads, ...]
    """What each layer's self-attention keeps of the tokens written so far."""


class Layer(nn.Module):
    """Self-attention, cross-attention where there is a memory, two maps; each added to its input.

    x + f(norm(x)) for every part f; normalised per token over its D columns (Ba et al. 2016).
    """

    def __init__(self, settings: TransformerSettings, cross: bool) -> None:
        super().__init__()
        D = settings.width
        self.self_attention = MultiHead(D, settings.heads, settings.positions == "rotary")
        self.cross_attention = MultiHead(D, settings.heads) if cross else None
        self.feed_forward = nn.Sequential(
            nn.Linear(D, settings.inner), nn.ReLU(), nn.Linear(settings.inner, D)
        )
        self.self_norm, self.cross_norm, self.feed_norm = (
            nn.LayerNorm(D),
            nn.LayerNorm(D) if cross else None,
            nn.LayerNorm(D),
        )
        self.dropout = nn.Dropout(settings.dropout)

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        memory: Heads | None = None,
        own: Heads | None = None,
    ) -> tuple[Tensor, Heads]:
        """One layer.

        Args:
            x: [B, T, D].
            mask: [B, 1, 1, N], true where there is a token to look at: of x in an encoder, of the
                memory in a decoder.
            memory: what the cross-attention sees; with one, the layer is causal.
            own: the steps before x, if x is the one step after them.

        Returns:
            [B, T, D], and what the self-attention keeps of all steps.
        """
        y, start = self.self_norm(x), own.keys.shape[2] if own else 0
        held = self.self_attention.remember(y, start)
        held = own.then(held) if own else held
        causal = memory is not None and start == 0
        visible = mask if memory is None else None
        x = x + self.dropout(self.self_attention(y, held, visible, causal, start))
        if memory is not None and self.cross_attention and self.cross_norm:
            x = x + self.dropout(self.cross_attention(self.cross_norm(x), memory, mask))
        return x + self.dropout(self.feed_forward(self.feed_norm(x))), held

    def remember(self, memory: Tensor) -> Heads:
        """[B, N, D] as the cross-attention sees it."""
        assert self.cross_attention is not None
        return self.cross_attention.remember(memory)


class Transformer(nn.Module):
    """An encoder over the source and a causal decoder over the target; satisfies `Writer`.

    The map to the target's tokens is the transposed embedding of them (paper, section 3.4).
    """

    def __init__(self, source: int, target: int, settings: TransformerSettings) -> None:
        super().__init__()
        self.settings, D = settings, settings.width
        self.source = nn.Embedding(source, D)
        self.target = nn.Embedding(target, D)
        for embedding in (self.source, self.target):
            nn.init.normal_(embedding.weight, std=D**-0.5)
        self.encoder = nn.ModuleList(Layer(settings, cross=False) for _ in range(settings.layers))
        self.decoder = nn.ModuleList(Layer(settings, cross=True) for _ in range(settings.layers))
        self.encoded, self.decoded = nn.LayerNorm(D), nn.LayerNorm(D)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, source: Padded, target_in: Tensor) -> Tensor:
        """[B, T] target tokens from BEGIN on → [B, T, V] logits of the token after each."""
        memory, mask = self._read(source)
        x = self._embed(self.target, target_in)
        for layer, heads in zip(self.decoder, memory, strict=True):
            x, _ = layer(x, mask, heads)
        return self._logits(x)

    def begin(self, source: Padded) -> State:
        """The state in front of the first token of each row's target."""
        memory, mask = self._read(source)
        return State(memory, mask, ())

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """[K] last tokens → [K, V] log-probabilities of the next, and the state after them.

        Keys and values of the tokens before are not made again: a step costs one token.
        """
        before = state.own or (None,) * len(self.decoder)
        place = state.own[0].keys.shape[2] if state.own else 0
        x, own = self._embed(self.target, tokens[:, None], place), []
        for layer, heads, past in zip(self.decoder, state.memory, before, strict=True):
            x, held = layer(x, state.mask, heads, past)
            own.append(held)
        return self._logits(x)[:, 0].log_softmax(-1), state._replace(own=tuple(own))

    def rows(self, state: State, rows: Tensor) -> State:
        """The state of some rows: [K'] numbers of rows."""
        memory, own = (
            tuple(heads.rows(rows) for heads in part) for part in (state.memory, state.own)
        )
        return State(memory, state.mask[rows], own)

    def alignment(self, source: Padded, target_in: Tensor) -> Tensor:
        """[B, T, S] how much each step looks at each source token, the mean of all heads.

        Of the lowest layer but the first, where there is one: the first has seen one token of the
        target, the last is busy with the next.
        """
        with watched(self) as seen:
            self(source, target_in)
        return seen[f"decoder.{min(1, len(self.decoder) - 1)}.cross_attention"].mean(1)

    def _read(self, source: Padded) -> tuple[tuple[Heads, ...], Tensor]:
        """The source as each decoder layer sees it, and its mask [B, 1, 1, S]."""
        mask = source.mask[:, None, None]
        x = self._embed(self.source, source.ids)
        for layer in self.encoder:
            x, _ = layer(x, mask)
        x = self.encoded(x)
        return tuple(cast(Layer, layer).remember(x) for layer in self.decoder), mask

    def _embed(self, embedding: nn.Embedding, ids: Tensor, start: int = 0) -> Tensor:
        """[B, T] tokens, the first at place `start` → [B, T, D]."""
        D = self.settings.width
        x = embedding(ids) * D**0.5
        if self.settings.positions == "sinusoidal":
            places = torch.arange(start, start + ids.shape[1], device=ids.device)
            x = x + sinusoidal(places, D)
        return self.dropout(x)

    def _logits(self, x: Tensor) -> Tensor:
        return nn.functional.linear(self.decoded(x), self.target.weight)
