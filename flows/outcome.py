"""What a person is shown of a run, wherever it ran: made of its result, or read from its files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.numbers import NOTHING, column, signed_percent
from evaluation.phrases import probability
from flows.results import Result

FILE = "outcome.json"
STAR = " *"
"""Behind the name of the chosen model."""
_COVERAGE = "in 90 %"
_METRICS = {"mae": "MAE", "rmse": "RMSE", "mape": "MAPE %", "mase": "MASE"}
_SKILLS = {"skill_vs_naive": "vs naive", "skill_vs_seasonal": "vs seasonal"}
_CHOSEN = "* chosen on the validation range; the figures are of the test range"
_APPOINTED = "* the champion; the figures are of the steps after those it was made on"
_LUCK = "p: how often luck alone differs so much from naive; real where below 0.05"
_SHARE = f"{_COVERAGE}: share of the values inside the 90 % interval"


@dataclass(frozen=True)
class Outcome:
    """All that is shown of a run beside its figures."""

    title: str
    """The source and its unit."""
    extent: str
    """Horizon and origins."""
    chosen: str
    appointed: bool
    """Whether the chosen model is the champion, which was not trained again."""
    complete: bool
    """Whether no more live series are missing than may fail."""
    notes: list[str]
    verdicts: list[str]
    leaderboard: pd.DataFrame

    @classmethod
    def of(cls, result: Result) -> Outcome:
        """What there is to say of a result."""
        unit = f" ({result.fetched.unit})" if result.fetched.unit else ""
        return cls(
            title=result.fetched.title + unit,
            extent=_extent(result),
            chosen=result.chosen,
            appointed=result.appointed is not None,
            complete=result.complete,
            notes=result.notes,
            verdicts=result.verdicts,
            leaderboard=result.leaderboard,
        )

    @classmethod
    def read(cls, said: dict[str, Any], leaderboard: list[dict[str, Any]]) -> Outcome:
        """From what `plain` gave, and the rows of the leaderboard."""
        return cls(**said, leaderboard=pd.DataFrame(leaderboard).set_index("model").astype(float))

    def plain(self) -> dict[str, Any]:
        """For JSON; the leaderboard has a file of its own."""
        told = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {name: value for name, value in told.items() if name != "leaderboard"}

    @property
    def columns(self) -> dict[str, list[str]]:
        """Heading -> cells: models by rank, the chosen one with a star, and rounded figures."""
        board = self.leaderboard
        names = map(str, board.index)
        found = {"model": [f"{name}{STAR}" if name == self.chosen else name for name in names]}
        found |= {title: column(board[key]) for key, title in _METRICS.items()}
        found |= {title: [signed_percent(v) for v in board[key]] for key, title in _SKILLS.items()}
        if self._tested:
            found["p"] = [probability(p) for p in board["p_vs_naive"]]
        if self._covered:
            shares = board["coverage_90"]
            found[_COVERAGE] = [NOTHING if pd.isna(v) else f"{100 * v:.1f} %" for v in shares]
        return found

    @property
    def legend(self) -> list[str]:
        """What the star and the columns mean."""
        star = _APPOINTED if self.appointed else _CHOSEN
        return [star, *([_LUCK] * self._tested), *([_SHARE] * self._covered)]

    @property
    def _tested(self) -> bool:
        """Whether there were enough origins to tell a difference from luck."""
        return bool(self.leaderboard["p_vs_naive"].notna().any())

    @property
    def _covered(self) -> bool:
        """Whether there were enough errors for intervals."""
        return bool(self.leaderboard["coverage_90"].notna().any())


def _extent(result: Result) -> str:
    test = result.split.test
    first, last = result.panel.stamps[test.start], result.panel.stamps[test.stop - 1]
    return (
        f"{result.parameters.horizon} steps ahead, {len(result.test.origins):,} origins from "
        f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    )
