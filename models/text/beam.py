"""Greedy and beam search for what a writer writes, of many sentences at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor

from features.text.batches import Padded, Ragged, by_length
from features.text.vocabulary import BEGIN, END, PAD, UNKNOWN
from models.settings import limited, require_limits
from models.text.layer import picked
from models.text.writer import Writer

NEVER = (PAD, UNKNOWN, BEGIN)
"""Numbers that nobody writes."""


class Translates(Writer, Protocol):
    """A writer that reads a source first."""

    def begin(self, source: Padded) -> Any:
        """The state of [K, N] sources, in front of the first token."""


@dataclass(frozen=True)
class Hypothesis:
    """What may have been meant."""

    ids: tuple[int, ...]
    """Without BEGIN and END."""
    log_p: float
    """Natural logarithm of its probability, END with it."""
    score: float
    """`log_p` / lp."""


@dataclass(frozen=True)
class Search:
    """How to look for what is to be written."""

    width: int = limited(5, ge=1)
    """Hypotheses that are followed of each sentence; 1 takes the likeliest token at every step."""
    alpha: float = limited(0.6, ge=0)
    """lp = ((5 + |Y|) / 6)^alpha (Wu et al. 2016, eq. 14), with END counted in |Y|: at 0 the
    likeliest wins, which is too often the shortest."""
    ratio: float = limited(2.0, ge=0)
    """Most tokens of a target, END with them, are `ratio` × the source's + `more`."""
    more: int = limited(8, ge=1)
    tokens: int = limited(2048, ge=1)
    """Of the sources in a batch × width."""

    def __post_init__(self) -> None:
        require_limits(self)


def written(
    model: Translates, sources: Ragged, search: Search | None = None, device: str = "cpu"
) -> list[list[int]]:
    """The best hypothesis of each source, in their order, without BEGIN and END.

    Args:
        model: in evaluation mode, on `device`.
        sources: as the model has learned to read them.
        search: how.
        device: of the model.
    """
    best = n_best(model, sources, search or Search(), 1, device)
    return [list(found[0].ids) for found in best]


@torch.no_grad()
def n_best(
    model: Translates, sources: Ragged, search: Search, best: int, device: str = "cpu"
) -> list[list[Hypothesis]]:
    """Up to `best` hypotheses of each source, the best first; at most `width` are found."""
    out: list[list[Hypothesis]] = [[] for _ in range(len(sources))]
    for rows in by_length(sources.lengths, max(1, search.tokens // search.width)):
        source = sources.rows(rows).to(torch.device(device))
        longest = (source.lengths * search.ratio).long() + search.more
        if search.width == 1:
            found = [[one] for one in greedy(model, model.begin(source), longest, search.alpha)]
        else:
            state = model.begin(source)
            found = beam(model, state, longest, search.width, search.alpha, best)
        for row, one in zip(rows, found, strict=True):
            out[row] = one[:best]
    return out


@torch.no_grad()
def greedy(model: Writer, state: Any, longest: Tensor, alpha: float = 0.6) -> list[Hypothesis]:
    """The likeliest token at every step.

    Args:
        model: what writes.
        state: of B sentences, as `begin` gives it.
        longest: [B] most tokens of each, END with them; the last is END.
        alpha: of the length penalty, which changes the score alone.
    """
    B = len(longest)
    tokens, open_ = torch.full((B,), BEGIN), torch.arange(B)
    log_p = torch.zeros(B, dtype=torch.float64)
    texts: list[list[int]] = [[] for _ in range(B)]
    for t in range(int(longest.max())):
        log_next, state = model.step(tokens.to(_home(state)), state)
        log_next = _allowed(log_next).cpu()
        likeliest, tokens = log_next.max(-1)
        last = longest[open_] == t + 1
        tokens = torch.where(last, END, tokens)
        log_p[open_] += torch.where(last, log_next[:, END], likeliest).double()
        for row, token in zip(open_.tolist(), tokens.tolist(), strict=True):
            texts[row].append(token)
        on = (tokens != END).nonzero()[:, 0]
        if not len(on):
            break
        state, open_, tokens = model.rows(state, on.to(_home(state))), open_[on], tokens[on]
    scores = (log_p / penalty(torch.tensor([len(one) for one in texts]).double(), alpha)).tolist()
    return [
        Hypothesis(tuple(ids[:-1]), p, score)
        for ids, p, score in zip(texts, log_p.tolist(), scores, strict=True)
    ]


@torch.no_grad()
def beam(
    model: Writer, state: Any, longest: Tensor, width: int, alpha: float = 0.6, best: int = 1
) -> list[list[Hypothesis]]:
    """The best hypotheses that are found when the `width` likeliest are followed at every step.

    A sentence is done when none of its open hypotheses can become better than the `best` ended
    ones, however long it grows: a score is at most log_p / lp(longest). So where the width holds
    all prefixes, the result is that of exhaustive search. A sentence knows nothing of the others.

    Args:
        model: what writes.
        state: of B sentences, as `begin` gives it.
        longest: [B] most tokens of each, END with them.
        width: hypotheses that are followed of each sentence.
        alpha: of the length penalty, at least 0.
        best: hypotheses wanted; no more than `width` are found.

    Returns:
        For each sentence its hypotheses, the best first.
    """
    B, W, home = len(longest), width, _home(state)
    best = min(best, W)
    longest = longest.to(home)
    state = model.rows(state, torch.arange(B, device=home).repeat_interleave(W))
    rows = torch.arange(B, device=home)  # the sentence of each place in the batch
    ids = torch.full((B, W, 1), BEGIN, device=home)
    log_p = torch.full((B, W), -torch.inf, device=home)
    log_p[:, 0] = 0.0
    ended = _Ended.none(B, W, home)
    found: list[list[Hypothesis]] = [[] for _ in range(B)]
    t = 0
    while len(rows):
        t += 1
        log_next, state = model.step(ids[..., -1].flatten(), state)
        total = log_p.flatten()[:, None] + _allowed(log_next)  # [B·W, V]
        V = total.shape[1]
        ended = ended.joined(ids, total[:, END].view(-1, W), float(penalty(t, alpha)))
        total[:, END] = -torch.inf
        log_p, at = total.view(len(rows), W * V).topk(W, -1)
        parent = at // V
        ids = torch.cat([picked(ids, parent), (at % V)[..., None]], -1)
        bound = log_p[:, 0] / penalty(longest[rows], alpha)
        done = (bound <= ended.scores[:, best - 1]) | (longest[rows] <= t)
        for place in done.nonzero()[:, 0].tolist():
            found[int(rows[place])] = ended.hypotheses(place)[:best]
        on = (~done).nonzero()[:, 0]
        state = model.rows(state, (on[:, None] * W + parent[on]).flatten())
        rows, ids, log_p, ended = rows[on], ids[on], log_p[on], ended.rows(on)
    return found


def penalty(length: Any, alpha: float) -> Any:
    """Lp of Wu et al. 2016, eq. 14: what a log-probability is divided by."""
    return ((5 + length) / 6) ** alpha


@dataclass(frozen=True)
class _Ended:
    """The best ended hypotheses of each sentence, the best first."""

    ids: Tensor  # [B, W, t] from BEGIN on, without END; PAD behind
    log_p: Tensor  # [B, W]
    scores: Tensor  # [B, W]

    @classmethod
    def none(cls, B: int, W: int, device: torch.device) -> _Ended:
        nothing = torch.full((B, W), -torch.inf, device=device)
        return cls(torch.full((B, W, 0), PAD, device=device), nothing, nothing)

    def joined(self, ids: Tensor, log_p: Tensor, penalty: float) -> _Ended:
        """With open hypotheses [B, W, t] that end now."""
        short = ids.shape[2] - self.ids.shape[2]
        before = torch.nn.functional.pad(self.ids, (0, short), value=PAD)
        scores, at = torch.cat([self.scores, log_p / penalty], 1).topk(self.scores.shape[1], -1)
        log_ps = torch.cat([self.log_p, log_p], 1).gather(1, at)
        return _Ended(picked(torch.cat([before, ids], 1), at), log_ps, scores)

    def rows(self, rows: Tensor) -> _Ended:
        return _Ended(self.ids[rows], self.log_p[rows], self.scores[rows])

    def hypotheses(self, place: int) -> list[Hypothesis]:
        parts = (self.ids[place], self.log_p[place], self.scores[place])
        return [
            Hypothesis(tuple(one for one in ids[1:] if one != PAD), log_p, score)
            for ids, log_p, score in zip(*(part.tolist() for part in parts), strict=True)
            if score > -torch.inf
        ]


def _allowed(log_p: Tensor) -> Tensor:
    """[K, V] where nothing else than tokens and END can be written."""
    log_p = log_p.clone()
    log_p[:, list(NEVER)] = -torch.inf
    return log_p


def _home(state: Any) -> torch.device:
    """Where the first tensor of a state lies."""
    if isinstance(state, Tensor):
        return state.device
    parts: Sequence[Any] = tuple(state) if isinstance(state, tuple) else tuple(vars(state).values())
    return _home(parts[0])
