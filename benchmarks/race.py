"""A race to the same validation error, in training time on a quiet machine.

A step counts as the median of the measured ones, so that what else the machine does meanwhile
decides nothing, and validating is not counted. Every side has the best of the same learning rates,
chosen on the validation range, on which the race is also run.

A rival trains at a constant rate, its default, for a budget of seconds; its best error is the
target. One pass trains by its one-cycle schedule, which must know how long it is: for growing
shares of that budget, until an error is as good as every target. It runs twice: with the rivals'
own recurrence, a step a point, and over segments of 24 points (hidden and layers as they are),
which is how Forecastle forecasts hourly data best.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks.rates import training_rate
from benchmarks.sides import Side, Watch

Point = tuple[float, float]
RATES = (1e-3, 3e-3, 1e-2)
"""Learning rates that each side may choose from."""
SHARES = tuple(2.0**-k for k in range(6, -1, -1))
"""Shares of the budget that one pass may train for."""
STEPS = 12
"""Training steps whose median is a measurement."""
POINTS = 40
"""Validations in a rival's curve; in a curve of one pass, POINTS / 4."""


def curve(side: Side, rate: float, step_seconds: float, seconds: float, points: int) -> list[Point]:
    """(training seconds, validation MAE) of `seconds` of training."""
    steps = max(2 * points, int(seconds / step_seconds))
    watch = Watch(every=steps // points)
    side.train(rate, steps, watch)
    return [(number * step_seconds, mae) for number, mae in watch.errors]


def reaches(points: Sequence[Point], error: float) -> float:
    """Seconds until the error is at most `error`; infinite if never."""
    return next((seconds for seconds, mae in points if mae <= error), float("inf"))


def race(
    ours: Sequence[Side], rivals: Sequence[Side], seconds: float, rounds: int = 3
) -> dict[str, Any]:
    """For each rival, its best error and the seconds until it and until each of ours reached it.

    Args:
        ours: one pass, in one or more ways.
        rivals: the others.
        seconds: a rival's training time.
        rounds: in which the sides take turns, before the race, to measure their steps.
    """
    sides = (*ours, *rivals)
    measured = [[s.origins / training_rate(s, STEPS) for s in sides] for _ in range(rounds)]
    step = {s.name: median(of) for s, of in zip(sides, zip(*measured, strict=True), strict=True)}
    theirs = {
        side.name: [curve(side, rate, step[side.name], seconds, POINTS) for rate in RATES]
        for side in rivals
    }
    targets = {name: min(mae for c in curves for _, mae in c) for name, curves in theirs.items()}
    mine = {s.name: until(s, min(targets.values()), step[s.name], seconds) for s in ours}
    return {
        name: {
            "target_validation_mae": target,
            "step_seconds": step,
            "seconds": min(reaches(c, target) for c in theirs[name]),
            "ours": {n: min(reaches(c, target) for c in curves) for n, curves in mine.items()},
        }
        for name, target in targets.items()
    }


def until(side: Side, error: float, step_seconds: float, seconds: float) -> list[list[Point]]:
    """The curves of growing budgets, up to the first that reaches `error`."""
    curves: list[list[Point]] = []
    for share in SHARES:
        curves += [curve(side, rate, step_seconds, share * seconds, POINTS // 4) for rate in RATES]
        if min(mae for c in curves for _, mae in c) <= error:
            break
    return curves


def add_race(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its `--race SECONDS`."""
    text = "seconds a rival trains for at each learning rate; 0: no race"
    parser.add_argument("--race", type=float, default=20.0, help=text)


def told(results: dict[str, Any]) -> list[str]:
    """A line for each rival and each of ours."""
    return [
        f"to validation MAE {r['target_validation_mae']:.4f}, the best of {name}: {name} "
        f"{r['seconds']:.1f} s, {ours} {seconds:.1f} s, {r['seconds'] / seconds:.1f} times sooner"
        for name, r in results.items()
        for ours, seconds in r["ours"].items()
    ]
