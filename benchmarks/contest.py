"""How often a champion is replaced by a challenger that is no better, or better by so much.

    python -m benchmarks.contest

Series wander, and each model errs by a persistent noise of its own. Each week a new challenger
comes, whose errors are multiplied by the given ratio, and is judged on the latest origins, which
overlap with those of the week before.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from benchmarks.sizes import autoregressive
from evaluation.backtest import Backtest
from evaluation.conformal import calibrated
from evaluation.contest import CHALLENGER, CHAMPION, decide
from features.calendars import Calendar
from features.panel import Floats

S, O, H, WEEK = 2, 200, 7, 7
RATIOS = (1.0, 0.95, 0.9, 0.8)


def main() -> None:
    """Print a row a ratio: promotions in the first week, and worlds with one within the weeks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=100)
    parser.add_argument("--weeks", type=int, default=12)
    asked = parser.parse_args()
    print("| Errors of the challenger | Promoted at once | Within the weeks |\n|---|---|---|")
    for ratio in RATIOS:
        weeks = np.array([first_week(ratio, seed, asked.weeks) for seed in range(asked.worlds)])
        once, ever = 100 * (weeks == 0).mean(), 100 * (weeks < asked.weeks).mean()
        print(f"| {ratio:.2f} of the champion's | {once:.0f} % | {ever:.0f} % |", flush=True)


def first_week(ratio: float, seed: int, weeks: int) -> int:
    """The week (from 0) in which a challenger is promoted; `weeks` where none is."""
    rng = np.random.default_rng(seed)
    steps = O + WEEK * weeks
    change = np.cumsum(rng.normal(size=(S, steps, H)), axis=2) * 0.3
    champion = change + _noise(rng, steps)
    for week in range(weeks):
        challenger = ratio * (change + _noise(rng, steps))
        span = slice(week * WEEK, week * WEEK + O)
        if decide(_backtest(champion[:, span], challenger[:, span])).promoted:
            return week
    return weeks


def _noise(rng: np.random.Generator, steps: int) -> Floats:
    """[S, T, 1] first-order autoregressive, of deviation 1."""
    shocks = rng.normal(scale=np.sqrt(1 - 0.9**2), size=(S, steps))
    return autoregressive(shocks, 0.9)[:, :, None]


def _backtest(champion: Floats, challenger: Floats) -> Backtest:
    """Of errors [S, O, H] about zero."""
    y, last = np.zeros_like(champion), np.zeros(champion.shape[:2])
    calendar = Calendar("D", pd.date_range("2020-01-01", periods=O + H))
    names = tuple(f"series-{s}" for s in range(S))
    given = {CHAMPION: champion, CHALLENGER: challenger}
    return calibrated(Backtest(names, calendar, np.arange(O), y, last, last + 1, given))


if __name__ == "__main__":
    main()
