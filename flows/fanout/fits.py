"""First fits beside each other: of each candidate, or of some series of a model that fits each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, as_completed
from dataclasses import dataclass, field

from features.panel import Panel
from features.splits import Split
from flows.candidates import Candidate, forget
from flows.fanout.refits import one_thread
from flows.fanout.units import FanOut
from models.baselines import Baseline
from models.classical import Classical
from models.registry import build

MOST_GROUPS = 32
"""Units that the series of one model are shared out to; what is fitted depends on no number."""


@dataclass
class _Fit:
    """A candidate's fit under way."""

    whole: Candidate
    parts: list[tuple[Candidate, slice]]
    futures: list[Future[tuple[int, float]]] = field(default_factory=list)
    taken: int = 0
    trained: int = 0
    seconds: float = 0.0

    @property
    def is_done(self) -> bool:
        return self.taken == len(self.futures)

    def take(self, trained: int, seconds: float) -> None:
        """What one part says that it did."""
        self.taken += 1
        self.trained += trained
        self.seconds += seconds


def fit(
    candidates: Sequence[Candidate],
    panel: Panel,
    split: Split,
    fan_out: FanOut,
    on_done: Callable[[Candidate], None],
) -> None:
    """Fit candidates that have a folder for checkpoints; each is read back from there.

    Args:
        candidates: what to fit.
        panel: the series, which `fan_out` has too.
        split: what to learn from.
        fan_out: where fits are done.
        on_done: told each candidate when it is fitted.
    """
    fits = [_begin(candidate, panel, split, fan_out) for candidate in candidates]
    of = {future: one for one in fits for future in one.futures}
    try:
        for one in fits:
            if not one.futures:
                _end(one, panel, split, on_done)
        for future in as_completed(of):
            of[future].take(*future.result())  # what failed ends all
            if of[future].is_done:
                _end(of[future], panel, split, on_done)
    finally:
        for future in of:
            future.cancel()


def groups(panel: Panel) -> list[slice]:
    """Series that are fitted beside others, by a model that fits each alone."""
    size = -(-len(panel) // MOST_GROUPS)
    return [slice(s, min(s + size, len(panel))) for s in range(0, len(panel), size)]


def fit_there(
    candidate: Candidate, shared: Callable[[], Panel], series: slice, split: Split
) -> tuple[int, float]:
    """Fit on some series, where this is called; the checkpoint is what stays.

    Returns:
        Epochs done, and seconds.
    """
    with one_thread():
        candidate.fit(shared().of(series), split)
    return candidate.trained, candidate.seconds


def _begin(candidate: Candidate, panel: Panel, split: Split, fan_out: FanOut) -> _Fit:
    """Send its parts; none where to fit is quicker than to send."""
    built = build(candidate.name, candidate.recipe)
    if isinstance(built, Baseline) or candidate.is_kept(panel, split):
        return _Fit(candidate, [])
    cut = groups(panel) if isinstance(built, Classical) else [slice(0, len(panel))]
    fit = _Fit(candidate, [(candidate.anew(), series) for series in cut])
    for k, (part, series) in enumerate(fit.parts, start=1):
        name = f"fit {candidate.name}" + (f", series {k} of {len(cut)}" if len(cut) > 1 else "")
        fit.futures.append(fan_out.send(name, fit_there, part, fan_out.panel, series, split))
    return fit


def _end(fit: _Fit, panel: Panel, split: Split, on_done: Callable[[Candidate], None]) -> None:
    if len(fit.parts) > 1:
        for part, series in fit.parts:
            part.fit(panel.of(series), split)
        fit.whole.join([part for part, _ in fit.parts], panel, split)
        forget(part for part, _ in fit.parts)
    else:
        fit.whole.fit(panel, split)
    if fit.futures:
        fit.whole.trained, fit.whole.seconds = fit.trained, fit.seconds
    on_done(fit.whole)
