"""`seq2seq`: an encoder and an attention decoder with scheduled sampling.

The decoder writes w values a step and attends to the encoder's states of the last `look_back` steps
(Bahdanau et al. 2015). In training it is fed the true values with a falling share of its steps
(Bengio et al. 2015, arXiv 1506.03099), else its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from features.signal import Rows, Signal
from models.attention import Attention, band
from models.network import Batch, Network, Prediction, Shape
from models.quantiles import middle, ordered
from models.settings import Cell, NetworkSettings


@dataclass(frozen=True)
class Memory:
    """What the decoder attends to."""

    states: Tensor  # [R, N, D]
    keys: Tensor  # [R, N, D]
    mask: Tensor  # [O, N] or [R, O, N]


class Seq2Seq(Network):
    """State at the origin → pieces of w values, each (of quantiles, the median) fed to the next."""

    def __init__(self, shape: Shape, settings: NetworkSettings, cell: Cell) -> None:
        super().__init__(shape, settings, cell)
        w, D = settings.segment, settings.hidden
        self.pieces = -(-shape.horizon // w)
        self.bridge = nn.Linear(D, D)
        self.decoder = (nn.LSTMCell if cell == "lstm" else nn.GRUCell)(w + w * shape.known + D, D)
        self.attention = Attention(D, "scaled" if settings.attention == "dot" else "additive")
        self.out = nn.Linear(2 * D, w * shape.levels)

    def forward(self, batch: Batch) -> Prediction:  # noqa: D102
        rows, w = batch.rows, self.settings.segment
        states = self.encoder(self.inputs(batch.signal, rows))
        ends = rows.ends(w)[:, self.lead :]
        queries = torch.arange(self.lead, rows.count, device=ends.device)
        mask = band(queries, rows.count, self.lead + 1)
        memory = Memory(states, self.attention.key(states), mask)
        target, seen = self.targets(batch, ends)
        known = self._known(batch.signal, rows.series, ends)
        fed = self._teach(target, seen, batch.forcing) if self.training else None
        out = self._decode(states[:, self.lead :], memory, known, fed)[0]
        return Prediction(out, target, seen)

    def forecast(  # noqa: D102
        self, signal: Signal, rows: Rows, row: Tensor, step: Tensor
    ) -> Tensor:
        return self._recall(signal, rows, row, step)[0]

    def attention_weights(self, signal: Signal, rows: Rows, row: Tensor, step: Tensor) -> Tensor:
        """[K, pieces, span] how much each decoder step looks at each of the last segments."""
        return self._recall(signal, rows, row, step)[1]

    def _recall(
        self, signal: Signal, rows: Rows, row: Tensor, step: Tensor
    ) -> tuple[Tensor, Tensor]:
        states = self.encoder(self.inputs(signal, rows))
        keys = self.attention.key(states)
        series, ends = rows.series[row], rows.ends(self.settings.segment)[row, step]
        span = self.lead + 1
        window = step[:, None] - torch.arange(span - 1, -1, -1, device=step.device)  # [K, span]
        width = (2 if self.settings.attention == "dot" else 4) * span * self.settings.hidden
        size, out = self.slab(width), []
        for k in range(0, len(row), size):
            part = slice(k, k + size)
            at = (row[part, None], window[part].clamp_min(0))
            memory = Memory(states[at], keys[at], (window[part] >= 0)[:, None])
            known = self._known(signal, series[part], ends[part, None])
            start = states[row[part], step[part]][:, None]
            out.append(self._decode(start, memory, known, None))
        forecast, weights = (torch.cat(parts)[:, 0] for parts in zip(*out, strict=True))
        return forecast, weights

    def _decode(
        self, start: Tensor, memory: Memory, known: Tensor | None, fed: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        """Write all pieces.

        Args:
            start: [R, O, D] encoder states at the origins.
            memory: what to attend to.
            known: [R, O, pieces, w·F] covariates of each piece.
            fed: true pieces [R, O, pieces, w] and where to feed them, alike in shape.

        Returns:
            forecasts [R, O, H], or quantiles [R, O, H, Q], and attention weights [R, O, pieces, N].
        """
        R, O, D = start.shape
        h = torch.tanh(self.bridge(start)).reshape(R * O, D)
        state = (h, torch.zeros_like(h)) if self.cell == "lstm" else h
        piece, context = start.new_zeros(R, O, self.settings.segment), torch.zeros_like(start)
        out, maps = [], []
        for j in range(self.pieces):
            parts = [piece, context] if known is None else [piece, context, known[:, :, j]]
            state = self.decoder(torch.cat(parts, dim=-1).reshape(R * O, -1), state)
            h = state[0] if self.cell == "lstm" else state
            context, weights = self.attention(
                h.view(R, O, D), memory.keys, memory.states, memory.mask
            )
            written = self.out(self.dropout(torch.cat([h.view(R, O, D), context], dim=-1)))
            if self.shape.levels > 1:
                written = ordered(written.unflatten(-1, (-1, self.shape.levels)))
            piece = middle(written, self.shape.levels)
            out.append(written)
            maps.append(weights)
            if fed is not None:
                piece = torch.where(fed[1][:, :, j], fed[0][:, :, j], piece)
        return torch.cat(out, dim=2)[:, :, : self.shape.horizon], torch.stack(maps, dim=2)

    def _teach(self, target: Tensor, seen: Tensor, forcing: float) -> tuple[Tensor, Tensor]:
        """Cut targets [R, O, H] into pieces and draw which of them are fed."""
        w = self.settings.segment
        pad = (0, self.pieces * w - self.shape.horizon)
        cut = [nn.functional.pad(x, pad).unflatten(-1, (-1, w)) for x in (target, seen)]
        draw = torch.rand(*cut[0].shape[:3], 1, device=target.device) < forcing
        return cut[0], draw & (cut[1] > 0)

    def _known(self, signal: Signal, series: Tensor, ends: Tensor) -> Tensor | None:
        if not self.shape.known:
            return None
        known = self.known_ahead(signal, series, ends, self.shape.horizon)
        rest = self.pieces * self.settings.segment - self.shape.horizon
        known = nn.functional.pad(known, (0, 0, 0, rest))  # past the horizon nothing is known
        return known.unflatten(-2, (self.pieces, -1)).flatten(-2)
