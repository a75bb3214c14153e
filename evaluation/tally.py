"""A metric before it is averaged, so that any part of the origins can be averaged cheaply."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from features.panel import Floats


@dataclass(frozen=True)
class Tally:
    """Sums by series and origin; a series' metric over any origins is finish(Σ top / Σ bottom)."""

    top: Floats  # [S, O]
    bottom: Floats  # [S, O] how much counts: points for a mean, sizes for a weighted error
    finish: Callable[[Floats], Floats]

    def by_series(self, weights: Floats) -> Floats:
        """[B, O] how often each origin counts → [B, S]; NaN where nothing of a series counts."""
        top, bottom = weights @ self.top.T, weights @ self.bottom.T
        with np.errstate(divide="ignore", invalid="ignore"):
            return self.finish(np.where(bottom > 0, top / np.where(bottom > 0, bottom, 1), np.nan))
