"""What MLflow is told of the models of a chapter, as they train."""

from __future__ import annotations

import math
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlflow.entities import Metric

from features.errors import UserError
from flows.tracking.log import Log, now
from flows.tracking.runs import process_tags
from models.training import Epoch


@dataclass
class Model:
    """One model of a chapter."""

    name: str
    example: str
    """The number of the example that trained it."""
    epochs: list[Epoch] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)


@dataclass
class Remembered:
    """A `flows.text.bench.Record`: a child run a model, told while it trains."""

    log: Callable[[str], Log]
    """Of the child run of a name."""
    tell: Callable[[str], None]
    example: str = ""
    """The number of the one under way."""
    models: dict[str, Model] = field(default_factory=dict)

    def params(self, name: str, params: Mapping[str, Any]) -> None:
        """Before the training."""
        self._open(name).params({key: str(value)[:6000] for key, value in params.items()})

    def epoch(self, name: str, epoch: Epoch) -> None:
        """After an epoch, or when an earlier process is known to have done it."""
        log, epochs = self._open(name), self.models[name].epochs
        log.metrics(
            Metric(key, value, now(), epoch.number)
            for key in ("train_loss", "validation_loss", "learning_rate", "seconds")
            if math.isfinite(value := getattr(epoch, key))
        )
        epochs.append(epoch)
        epochs.sort(key=lambda one: one.number)

    def metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        """When they are known."""
        log = self._open(name)
        self.models[name].metrics |= metrics
        found = {key: float(value) for key, value in metrics.items()}
        log.metrics(Metric(k, v, now(), 0) for k, v in found.items() if math.isfinite(v))

    def end(self, files: Iterable[Path]) -> None:
        """The example is done: its models' runs get its figures and tables, and end."""
        mine = [model for model in self.models.values() if model.example == self.example]
        with tempfile.TemporaryDirectory() as scratch:
            for path in files:
                shutil.copy2(path, scratch)
            for model in mine:
                log = self.log(model.name)
                log.files(Path(scratch), "results")
                log.end()
        for model in mine:
            self._tell(model)

    def _open(self, name: str) -> Log:
        model = self.models.setdefault(name, Model(name, self.example))
        if model.example != self.example:
            raise UserError(
                f"the examples {model.example} and {self.example} both have a model '{name}', "
                "expected one of a name in a chapter; name them apart"
            )
        log = self.log(name)
        log.open({"model": name, "example": self.example, **process_tags()})
        return log

    def _tell(self, model: Model) -> None:
        count = len(model.epochs)
        done = f"{count} epoch{'' if count == 1 else 's'}, " if count else ""
        figures = ", ".join(f"{key} {value:.4g}" for key, value in model.metrics.items())
        self.tell(f"  {model.name}: {done}{figures}".rstrip(", "))
