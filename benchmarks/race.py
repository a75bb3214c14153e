"""A race to the same error: seconds of training until a side forecasts as well as asked."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

from benchmarks.sides import Side

Point = tuple[float, float]
RATES = (1e-3, 3e-3, 1e-2)
"""Learning rates that each side may choose from."""


def stepper(side: Side, model: nn.Module, rate: float) -> Callable[[object], None]:
    """One training step, the same on both sides."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)

    def step(batch: object) -> None:
        optimizer.zero_grad()
        side.loss(model.train(), batch).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def curve(side: Side, rate: float, step_seconds: float, seconds: float) -> list[Point]:
    """(training seconds, validation MAE), validated ever more rarely.

    A step counts as `step_seconds`, the median of the measured ones, so that what else the machine
    does meanwhile decides nothing.
    """
    torch.manual_seed(0)
    model = side.make()
    step, batches = stepper(side, model, rate), side.batches()
    points, judge_at = [], 1
    for number in range(1, int(seconds / step_seconds) + 1):
        step(next(batches))
        if number == judge_at:
            points.append((number * step_seconds, side.judge(model)))
            judge_at = max(number + 1, int(number * 1.1))
    return points


def reaches(points: list[Point], error: float) -> float:
    """Seconds until the error is at most `error`; infinite if never."""
    return next((seconds for seconds, mae in points if mae <= error), float("inf"))


def race(ours: Side, theirs: Side, steps: tuple[float, float], seconds: float) -> dict[str, float]:
    """Seconds of each side to the bare loop's best error, each at its best learning rate.

    Args:
        ours: one pass.
        theirs: the bare loop.
        steps: seconds that a step of ours and of theirs takes.
        seconds: training time of a curve.
    """
    mine = [curve(ours, rate, steps[0], seconds) for rate in RATES]
    rivals = [curve(theirs, rate, steps[1], seconds) for rate in RATES]
    target = min(mae for points in rivals for _, mae in points)
    return {
        "target_validation_mae": target,
        "bare_seconds": min(reaches(points, target) for points in rivals),
        "one_pass_seconds": min(reaches(points, target) for points in mine),
        "one_pass_best_validation_mae": min(mae for points in mine for _, mae in points),
    }
