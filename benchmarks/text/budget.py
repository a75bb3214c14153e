"""As much training as the minutes hold: planned by the machine's speed, ended by the clock."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.kept import kept
from models.settings import TrainingSettings
from models.training import Task, TrainingRun, train

TRIED, WARM = 14, 4
"""Batches of a trial, and how many of them only warm up."""


def multiplies_bfloat16() -> bool:
    """Whether the processor has matrix units for bfloat16 (AMX): they halve a training's time."""
    capabilities: dict[str, bool] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16"))


def quick(settings: TrainingSettings) -> TrainingSettings:
    """The settings, in mixed precision where that is quicker."""
    return replace(settings, precision="bf16-mixed") if multiplies_bfloat16() else settings


def affordable(
    model: nn.Module,
    task: Task,
    settings: TrainingSettings,
    seconds: float,
    checkpoint: Path | None = None,
) -> TrainingSettings:
    """The settings with as many of their epochs as nine tenths of the time hold.

    A training that goes on from a checkpoint keeps the epochs that it was begun with: the learning
    rate follows them.

    Args:
        model: is left as it is.
        task: of an epoch, whose judge is timed as well.
        settings: whose epochs are the most that are wanted.
        seconds: for all of the training.
        checkpoint: of the training, if it has been begun.
    """
    if checkpoint is not None and checkpoint.exists():
        return replace(settings, epochs=kept(checkpoint)["schedule"]["total_steps"] // task.steps)
    stamps: list[float] = []

    def batches(number: int, generator: torch.Generator) -> Iterator[Any]:
        for _, batch in zip(range(TRIED), task.batches(number, generator), strict=False):
            stamps.append(time.perf_counter())
            yield batch
        stamps.append(time.perf_counter())

    def judge(trial: nn.Module) -> float:
        found = task.judge(trial)
        stamps.append(time.perf_counter())
        return found

    trial = replace(task, batches=batches, judge=judge)
    train(copy.deepcopy(model), trial, replace(settings, epochs=1), TrainingRun())
    *begun, ended, judged = stamps
    warm = min(WARM, len(begun) - 1)
    each = (ended - begun[warm]) / (len(begun) - warm)
    epochs = int(0.9 * seconds / (task.steps * each + judged - ended))
    return replace(settings, epochs=max(1, min(settings.epochs, epochs)))


def until(task: Task, deadline: float) -> Task:
    """The task, without any more batches once the time is up: a machine may become slower.

    Args:
        task: of a training.
        deadline: on the clock `time.monotonic`.
    """

    def batches(number: int, generator: torch.Generator) -> Iterator[Any]:
        for batch in task.batches(number, generator):
            if time.monotonic() > deadline:
                print("  the time is up", flush=True)
                return
            yield batch

    return replace(task, batches=batches)
