"""What an example of the course works with: data, the shared training loop, a place for figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

import pandas as pd
from torch import nn

from features.text.corpora import Corpora
from models.settings import TrainingSettings
from models.training import Epoch, Task, TrainingRun, train

if TYPE_CHECKING:
    from matplotlib.figure import Figure

T = TypeVar("T")
Size = Literal["usual", "small"]
"""Of an example: what one learns from, or what shows in seconds that it runs."""


class Record(Protocol):
    """Who remembers what a model was and did; `name` is the model's, within its chapter."""

    def params(self, name: str, params: Mapping[str, Any]) -> None:
        """Before the training."""

    def epoch(self, name: str, epoch: Epoch) -> None:
        """After an epoch."""

    def metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        """When they are known."""


class Forgetful:
    """A record that keeps nothing."""

    def params(self, name: str, params: Mapping[str, Any]) -> None:
        """Nothing."""

    def epoch(self, name: str, epoch: Epoch) -> None:
        """Nothing."""

    def metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Bench:
    """One chapter's bench."""

    folder: Path
    """Where its figures, tables and texts go."""
    corpora: Corpora = field(default_factory=Corpora)
    size: Size = "usual"
    seed: int = 0
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    record: Record = field(default_factory=Forgetful)
    checkpoints: Path | None = None
    kept: Path | None = None
    """Where a model goes that is used after the course; beside `folder` where none is named."""

    def pick(self, usual: T, small: T) -> T:
        """What fits the size of the examples."""
        return usual if self.size == "usual" else small

    def train(
        self, name: str, model: nn.Module, task: Task, settings: TrainingSettings, **params: Any
    ) -> list[Epoch]:
        """Train a model in place, and have it remembered under its name.

        Args:
            name: of the model, within the chapter.
            model: ends with the weights of its best epoch.
            task: its batches, loss and judge.
            settings: of the training.
            params: what else tells it from other models.
        """
        count = sum(one.numel() for one in model.parameters())
        self.record.params(name, {**params, **vars(settings), "parameters": count})
        path = self.checkpoints / f"{name}.safetensors" if self.checkpoints else None
        told: list[Epoch] = []

        def tell(epoch: Epoch) -> None:
            told.append(epoch)
            self.record.epoch(name, epoch)

        history = train(model, task, settings, TrainingRun(path, tell))
        for epoch in history[: len(history) - len(told)]:
            self.record.epoch(name, epoch)  # of an earlier process
        return history

    def tell(self, name: str, **metrics: float) -> None:
        """What a model reaches."""
        self.record.metrics(name, metrics)

    def figure(self, name: str, figure: Figure) -> Path:
        """Keep a figure as `name`.png."""
        path = self._place(f"{name}.png")
        figure.savefig(path, dpi=150)
        return path

    def table(self, name: str, frame: pd.DataFrame) -> Path:
        """Keep a table as `name`.csv."""
        path = self._place(f"{name}.csv")
        frame.to_csv(path, index=False)
        return path

    def text(self, name: str, text: str) -> Path:
        """Keep a text as `name`.txt."""
        path = self._place(f"{name}.txt")
        path.write_text(text, encoding="utf-8")
        return path

    def to_keep(self, name: str) -> Path:
        """The file of a model that is used after the course."""
        return (self.kept or self.folder.parent) / name

    def _place(self, name: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / name
