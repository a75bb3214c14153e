"""A race to the same error: seconds of training until a side forecasts as well as asked."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from torch import nn

from benchmarks.sides import Side

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


def curve(side: Side, rate: float, seconds: float) -> list[tuple[float, float]]:
    """(training seconds, validation MAE) from the first step on, validated ever more rarely."""
    torch.manual_seed(0)
    model = side.make()
    step, batches = stepper(side, model, rate), side.batches()
    points, spent, pause = [], 0.0, seconds / 200
    while spent < seconds:
        stint = 0.0
        while stint < pause:
            batch = next(batches)
            stint += timed(lambda batch=batch: step(batch))  # type: ignore[misc]
        spent, pause = spent + stint, max(pause, spent / 10)
        points.append((spent, side.judge(model)))
    return points


def reaches(points: list[tuple[float, float]], error: float) -> float:
    """Seconds until the error is at most `error`; infinite if never."""
    return next((seconds for seconds, mae in points if mae <= error), float("inf"))


def race(ours: Side, theirs: Side, seconds: float) -> dict[str, float]:
    """Seconds of each side to the bare loop's best error, each at its best learning rate."""
    rivals = [curve(theirs, rate, seconds) for rate in RATES]
    target = min(mae for points in rivals for _, mae in points)
    mine = [curve(ours, rate, seconds) for rate in RATES]
    return {
        "target_validation_mae": target,
        "bare_seconds": min(reaches(points, target) for points in rivals),
        "one_pass_seconds": min(reaches(points, target) for points in mine),
        "one_pass_best_validation_mae": min(mae for points in mine for _, mae in points),
    }
