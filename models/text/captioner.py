"""An image becomes words: convolutions, and a decoder that attends to regions of the image.

Xu et al. 2015 (arXiv 1502.03044), soft attention. In front of each word the decoder's state asks
which regions matter, and the word follows from the state, the regions and the word before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from models.attention import Attention
from models.settings import limited, require, require_limits

POOLED = 4
"""Pixels of a region's side."""


@dataclass(frozen=True)
class CaptionerSettings:
    """The shape of a captioner."""

    side: int = limited(32, ge=POOLED)
    """Pixels of an image's side."""
    hidden: int = limited(96, ge=2)
    """Columns D of regions, embeddings and the decoder's state."""
    channels: int = limited(16, ge=1)
    """Of the first convolution; each halving of the image doubles them."""
    dropout: float = limited(0.2, ge=0, lt=1)
    """Share of units dropped in front of the words."""

    def __post_init__(self) -> None:
        require_limits(self)
        require(
            self.side % POOLED == 0, f"side must be a multiple of {POOLED} pixels, got {self.side}"
        )


class State(NamedTuple):
    """What the decoder goes on from, for K rows."""

    h: Tensor
    """[K, D]."""
    c: Tensor
    """[K, D]."""
    regions: Tensor
    """[K, L, D]."""
    keys: Tensor
    """[K, L, D] the regions as the attention scores them."""


class Regions(nn.Module):
    """[B, side, side] → [B, L, D], a vector for each of the (side / 4)² regions, row by row.

    A convolution does not know where it is. Captions tell places, so each region is told its own by
    a learned vector, in front of the last map: its state can be `a three at the top`, and so the
    largest of each column still knows where things are.
    """

    def __init__(self, settings: CaptionerSettings) -> None:
        super().__init__()
        C, D = settings.channels, settings.hidden
        layers: list[nn.Module] = []
        for k, (before, after) in enumerate(((1, C), (C, 2 * C), (2 * C, 4 * C))):
            layers += [nn.Conv2d(before, after, 3, padding=1), nn.BatchNorm2d(after), nn.ReLU()]
            layers += [nn.MaxPool2d(2)] if k < 2 else []
        self.layers = nn.Sequential(*layers, nn.Conv2d(4 * C, D, 3, padding=1), nn.BatchNorm2d(D))
        self.places = nn.Parameter(torch.randn((settings.side // POOLED) ** 2, D) * 0.1)
        self.told = nn.Sequential(nn.ReLU(), nn.Linear(D, D), nn.ReLU())

    def forward(self, images: Tensor) -> Tensor:
        """[B, side, side] → [B, L, D]."""
        seen = self.layers(images[:, None]).flatten(2).transpose(1, 2)
        return self.told(seen + self.places)


class Captioner(nn.Module):
    """Images → words; satisfies `Writer`.

    What is attended to becomes words by the same maps that `named` has, so a region that has a name
    says it as soon as it is looked at.
    """

    def __init__(self, words: int, settings: CaptionerSettings) -> None:
        super().__init__()
        D = settings.hidden
        self.settings = settings
        self.regions = Regions(settings)
        self.embedding = nn.Embedding(words, D)
        nn.init.normal_(self.embedding.weight, std=D**-0.5)
        self.attention = Attention(D, "additive")
        self.start = nn.Linear(D, 2 * D)
        self.gate = nn.Linear(D, 1)
        self.cell = nn.LSTMCell(2 * D, D)
        self.told = nn.Linear(D, D)
        self.seen = nn.Linear(D, D)
        self.out = nn.Linear(D, words)
        self.dropout = nn.Dropout(settings.dropout)

    def forward(self, images: Tensor, target_in: Tensor) -> Tensor:
        """[B, side, side] and [B, T] tokens from BEGIN on → [B, T, V] logits of the next."""
        return self.attended(images, target_in)[0]

    def attended(self, images: Tensor, target_in: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [B, T, V], and how much each step looks at each region [B, T, L]."""
        state, out, maps = self.begin(images), [], []
        for token in target_in.unbind(1):
            logits, weights, state = self._step(token, state)
            out.append(logits)
            maps.append(weights)
        return torch.stack(out, 1), torch.stack(maps, 1)

    def named(self, images: Tensor) -> Tensor:
        """[B, V] logits of whether a word is in the caption at all, by the regions' maximum."""
        return self.out(self.seen(self.regions(images).amax(1)))

    def begin(self, images: Tensor) -> State:
        """The state in front of the first word: from what is largest in the regions.

        The paper has their mean; in it two digits among 64 regions are hardly to be seen.
        """
        regions = self.regions(images)
        h, c = torch.tanh(self.start(regions.amax(1))).chunk(2, dim=-1)
        return State(h, c, regions, self.attention.key(regions))

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State]:
        """[K] last tokens → [K, V] log-probabilities of the next, and the state after them."""
        logits, _, state = self._step(tokens, state)
        return logits.log_softmax(-1), state

    def rows(self, state: State, rows: Tensor) -> State:
        """The state of some rows: [K'] numbers of rows."""
        return State(*(part[rows] for part in state))

    def _step(self, tokens: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """One word: logits [K, V], weights [K, L] and the state after (paper, eq. 1–7, 13)."""
        everywhere = torch.ones(1, state.keys.shape[1], dtype=torch.bool, device=tokens.device)
        context, weights = self.attention(state.h[:, None], state.keys, state.regions, everywhere)
        context = context[:, 0] * self.gate(state.h).sigmoid()  # section 4.2.1
        word = self.embedding(tokens)
        h, c = self.cell(torch.cat([word, context], -1), (state.h, state.c))
        logits = self.out(self.dropout(word + self.told(h) + self.seen(context)))
        return logits, weights[:, 0], state._replace(h=h, c=c)
