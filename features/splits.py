"""Splits by time, as index arithmetic on calendar steps.

A range holds the steps whose values are *targets* of that part. An origin t belongs to a part
when all of its H targets t+1 … t+H do; what it may look back on is everything up to t.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.errors import UserError
from features.panel import Integers

Part = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Split:
    """Three ranges of target steps, in this order in time, never overlapping."""

    train: range
    validation: range
    test: range

    def __post_init__(self) -> None:
        if not self.train.stop <= self.validation.start <= self.validation.stop <= self.test.start:
            raise UserError(
                f"the split's ranges must follow each other in time, got train {self.train}, "
                f"validation {self.validation}, test {self.test}"
            )

    @classmethod
    def by_share(
        cls, steps: int, train: float = 0.7, validation: float = 0.1, gap: int = 0
    ) -> Split:
        """Cut `steps` by share; the rest is the test range.

        `gap` steps are left out in front of the validation and of the test range (an embargo, for
        targets that overlap what came before them).
        """
        a, b = round(steps * train), round(steps * (train + validation))
        return cls(range(0, a), range(min(a + gap, b), b), range(min(b + gap, steps), steps))

    def origins(self, part: Part, horizon: int, stride: int = 1) -> Integers:
        """[O] every `stride`-th origin of `part` with all its `horizon` targets inside."""
        steps: range = getattr(self, part)
        first = max(steps.start - 1, 0)
        return np.arange(first, steps.stop - horizon, stride, dtype=np.int64)


@dataclass(frozen=True)
class Fold:
    """One refit of a backtest: what may be learned from, and the origins it then forecasts."""

    split: Split
    origins: Integers  # [O]

    @property
    def first(self) -> int:
        """The first origin: nothing after it was known when the fold was fitted."""
        return int(self.origins[0])

    @property
    def last(self) -> int:
        """The last origin."""
        return int(self.origins[-1])


def folds(
    origins: Integers,
    refit_every: int,
    validation: int,
    window: int | None = None,
    gap: int = 0,
) -> list[Fold]:
    """Cut the origins of a backtest into folds that each learn only from what came before.

    Args:
        origins: [O] increasing origins of the whole backtest.
        refit_every: origins between two refits.
        validation: target steps kept back from training for early stopping.
        window: length of a sliding training range; None lets it grow from the first step.
        gap: steps left out between training and validation range, and between the validation
            range and the first target that is forecast.

    Raises:
        UserError: the first fold has no step to learn from.
    """
    cut = [origins[k : k + refit_every] for k in range(0, len(origins), refit_every)]
    return [Fold(_split_before(int(o[0]) + 1, validation, window, gap), o) for o in cut]


def _split_before(first: int, validation: int, window: int | None, gap: int) -> Split:
    """The ranges that a fold learns from whose first target is step `first`."""
    judged = range(first - gap - validation, first - gap)
    stop = judged.start - gap
    if stop <= 0:
        raise UserError(
            f"a fold whose first target is step {first} leaves no training range in front of "
            f"{validation} validation steps and two gaps of {gap}; start the backtest later, or "
            "make the gap shorter"
        )
    start = 0 if window is None else max(0, stop - window)
    return Split(range(start, stop), judged, range(first, first))
