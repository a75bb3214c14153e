"""One training loop for every network. It knows no task: it gets batches, a loss and a judge.

An epoch seeds its own randomness from (seed, epoch), so a run that continues from the checkpoint of
an epoch takes the same steps as one that was never interrupted.
"""

from __future__ import annotations

import copy
import ctypes
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from models.settings import TrainingSettings

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training origins did."""

    number: int
    """From 1."""
    train_loss: float
    validation_loss: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class TrainingRun:
    """Where a training leaves its traces."""

    checkpoint: Path | None = None
    """Written whole after every epoch; a training that finds it goes on from there."""
    on_epoch: Callable[[Epoch], None] | None = None
    progress: bool = False
    """Draw a progress bar, if standard error is a terminal."""


@dataclass(frozen=True)
class Task:
    """What is trained: the only thing the loop is told about it."""

    steps: int
    """Batches in an epoch."""
    batches: Callable[[int, torch.Generator], Iterator[Any]]
    """The batches of epoch `number`, drawn with the generator."""
    loss: Callable[[nn.Module, Any], Tensor]
    """Scalar loss of a batch."""
    judge: Callable[[nn.Module], float]
    """Validation loss; lower is better."""


@dataclass
class Progress:
    """Everything that a checkpoint must bring back beside weights and optimiser."""

    history: list[Epoch] = field(default_factory=list)
    best_loss: float = math.inf
    best_state: dict[str, Tensor] = field(default_factory=dict)
    stale: int = 0

    def finished(self, settings: TrainingSettings) -> bool:
        """No epochs or no patience left."""
        return len(self.history) >= settings.epochs or self.stale >= settings.patience

    def take(self, epoch: Epoch, model: nn.Module) -> None:
        """Note an epoch, and keep the weights if none before was better."""
        self.history.append(epoch)
        self.stale += 1
        if epoch.validation_loss < self.best_loss:
            self.best_loss, self.stale = epoch.validation_loss, 0
            self.best_state = copy.deepcopy(model.state_dict())


def train(
    model: nn.Module, task: Task, settings: TrainingSettings, run: TrainingRun | None = None
) -> list[Epoch]:
    """Train `model` in place; it ends with the weights of its best epoch, on its old device.

    Raises:
        FloatingPointError: every epoch's validation loss was NaN.
    """
    run = run or TrainingRun()
    keep_freed_memory()
    fabric = make_fabric(settings)
    home = next(model.parameters()).device
    fabric.to_device(model)
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.epochs * task.steps, pct_start=0.1
    )
    stepper = fabric.setup_optimizers(optimizer)
    parts = {"model": model, "optimizer": optimizer, "schedule": schedule}
    progress = _resume(run.checkpoint, parts)
    with _bar(run.progress, settings.epochs * task.steps) as advance:
        advance(len(progress.history) * task.steps, progress.best_loss)
        while not progress.finished(settings):
            epoch = _epoch(fabric, model, stepper, schedule, task, settings, progress, advance)
            progress.take(epoch, model)
            _save(run.checkpoint, parts, progress)
            if run.on_epoch:
                run.on_epoch(epoch)
    if not progress.best_state:
        raise FloatingPointError("the validation loss was not finite in any epoch")
    model.load_state_dict(progress.best_state)
    model.to(home).eval()
    return progress.history


def make_fabric(settings: TrainingSettings) -> Fabric:
    """Lightning Fabric on the device and precision asked for."""
    try:
        from lightning_fabric import Fabric
    except ImportError:  # machines that hold only the large package
        from lightning.fabric import Fabric  # type: ignore[no-redef]
    return Fabric(accelerator=settings.device, devices=1, precision=settings.precision)


def keep_freed_memory() -> None:
    """Let glibc keep freed memory: steps that allocate large tensors run faster.

    By default every large block is mapped afresh and its pages are cleared again (mallopt(3)).
    """
    if sys.platform == "linux":
        try:
            libc = ctypes.CDLL("libc.so.6")
        except OSError:  # another C library
            return
        trim_threshold, mmap_threshold = -1, -3
        libc.mallopt(mmap_threshold, 2**30)
        libc.mallopt(trim_threshold, 2**31 - 1)


def _epoch(
    fabric: Fabric,
    model: nn.Module,
    optimizer: Any,
    schedule: Any,
    task: Task,
    settings: TrainingSettings,
    progress: Progress,
    advance: Callable[[int, float], None],
) -> Epoch:
    number, begun = len(progress.history), time.perf_counter()
    torch.manual_seed(settings.seed * 100_003 + number)
    generator = torch.Generator().manual_seed(settings.seed * 100_003 + number)
    total = torch.zeros((), device=fabric.device)
    model.train()
    for batch in task.batches(number, generator):
        optimizer.zero_grad()
        with fabric.autocast():
            loss = task.loss(model, batch)
        fabric.backward(loss)
        # a gradient that is not finite shows in the validation loss, or the scaler skips its step
        fabric.clip_gradients(
            model, optimizer, max_norm=settings.gradient_clip, error_if_nonfinite=False
        )
        optimizer.step()
        schedule.step()
        total += loss.detach()
        advance(1, progress.best_loss)
    model.eval()
    with torch.no_grad():
        validation = task.judge(model)
    rate, seconds = float(schedule.get_last_lr()[0]), time.perf_counter() - begun
    return Epoch(number + 1, float(total) / task.steps, validation, rate, seconds)


def _save(path: Path | None, parts: dict[str, Any], progress: Progress) -> None:
    if path is None:
        return
    state = {name: part.state_dict() for name, part in parts.items()}
    state["progress"] = {**vars(progress), "history": [asdict(e) for e in progress.history]}
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(f".{os.getpid()}.tmp")  # another process may train the same
    with whole.open("wb") as file:  # a file of PyTorch's own does not say that a disk is full
        torch.save(state, file)
    whole.replace(path)


def _resume(path: Path | None, parts: dict[str, Any]) -> Progress:
    if path is None or not path.exists():
        return Progress()
    state = torch.load(path, map_location="cpu", weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    kept = state["progress"]
    return Progress(**{**kept, "history": [Epoch(**e) for e in kept["history"]]})


@contextmanager
def _bar(wanted: bool, total: int) -> Iterator[Callable[[int, float], None]]:
    """A Rich bar on a terminal, nothing elsewhere."""
    if not (wanted and sys.stderr.isatty()):
        yield lambda steps, best: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), TextColumn("best validation loss {task.fields[best]:.4f}"))
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        line = bar.add_task("train", total=total, best=math.inf)
        yield lambda steps, best: bar.update(line, advance=steps, best=best)
