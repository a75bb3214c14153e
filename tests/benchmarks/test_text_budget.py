"""A budget is planned by the machine's speed, and kept by the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor, nn

from benchmarks.text.budget import TRIED, affordable, until
from models.settings import TrainingSettings
from models.training import Task, TrainingRun, train

SETTINGS = TrainingSettings(epochs=6, patience=6, device="cpu")


def task() -> tuple[nn.Linear, Task, list[int]]:
    seen: list[int] = []

    def batches(epoch: int, generator: torch.Generator) -> Iterator[Tensor]:
        for k in range(50):
            seen.append(k)
            yield torch.ones(1, 1)

    def loss(module: nn.Module, batch: Tensor) -> Tensor:
        return module(batch).square().mean()

    model = nn.Linear(1, 1)
    return model, Task(50, batches, loss, lambda module: float(module(torch.ones(1, 1)))), seen


def test_a_trial_leaves_the_model_and_most_of_the_epoch() -> None:
    model, work, seen = task()
    before = model.weight.detach().clone()
    settings = affordable(model, work, SETTINGS, 3600)
    assert torch.equal(model.weight, before)
    assert len(seen) <= TRIED + 1
    assert settings == SETTINGS  # an hour holds more than are wanted


def test_no_time_is_one_epoch() -> None:
    model, work, _ = task()
    assert affordable(model, work, SETTINGS, 0).epochs == 1


def test_a_training_that_was_begun_keeps_its_epochs(tmp_path: Path) -> None:
    model, work, _ = task()
    path = tmp_path / "begun.safetensors"
    train(model, work, SETTINGS, TrainingRun(path))
    for seconds in (0, 3600):
        asked = replace(SETTINGS, epochs=9)
        assert affordable(model, work, asked, seconds, path).epochs == 6


def test_after_the_deadline_nothing_more_is_learned() -> None:
    model, work, seen = task()
    before = model.weight.detach().clone()
    history = train(model, until(work, time.monotonic() - 1), SETTINGS)
    assert len(history) == 6
    assert len(seen) == 6  # one is drawn before the clock is read
    assert torch.equal(model.weight, before)
    train(model, until(work, time.monotonic() + 3600), SETTINGS)
    assert len(seen) == 6 + 6 * 50
