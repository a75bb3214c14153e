"""One MLflow run as its flow sees it: what is logged is put down, and sent by another."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mlflow.data.meta_dataset import MetaDataset
from mlflow.entities import Metric

from flows.tracking.outbox import BATCH, Outbox


@dataclass(frozen=True)
class Log:
    """The log of a parent run, or of its child of a name."""

    box: Outbox
    name: str = ""

    def open(self, tags: Mapping[str, str]) -> None:
        """Begin a child run, unless it has begun."""
        if self.box.first("open", self.name):
            self.box.put(self.name, "open", tags=dict(tags), start=now())

    def tags(self, **tags: str) -> None:
        """Set tags."""
        self.box.put(self.name, "tags", tags=tags)

    def params(self, params: Mapping[str, str]) -> None:
        """Set parameters."""
        self.box.put(self.name, "params", params=dict(params))

    def metrics(self, metrics: Iterable[Metric]) -> None:
        """Add points; one of a key and step that was logged before is left out."""
        new = [m for m in metrics if self.box.first("metric", self.name, m.key, m.step)]
        for k in range(0, len(new), BATCH):
            self.box.put(self.name, "metrics", metrics=_plain(new[k : k + BATCH]))

    def dataset(self, dataset: MetaDataset) -> None:
        """Say what was trained on."""
        self.box.put(self.name, "dataset", dataset=dataset.to_dict())

    def files(self, folder: Path, under: str | None = None) -> None:
        """Add the files of a folder, as they are now."""
        self.box.put(self.name, "files", path=str(self.box.keep(folder)), under=under)

    def model(self, folder: Path, metrics: Iterable[Metric]) -> None:
        """Add a model that was saved in a folder, and the metrics that are its own."""
        kept = str(self.box.keep(folder))
        self.box.put(self.name, "model", path=kept, metrics=_plain(metrics))

    def end(self, status: str = "FINISHED") -> None:
        """End the run."""
        self.box.put(self.name, "end", status=status, end=now())

    def end_all(self, status: str) -> None:
        """End the parent and the children that have not ended."""
        for name in self.box.unended():
            Log(self.box, name).end(status)


def now() -> int:
    """Milliseconds since 1970, as MLflow counts."""
    return time.time_ns() // 1_000_000


def _plain(metrics: Iterable[Metric]) -> list[tuple[str, float, int, int]]:
    return [(m.key, m.value, m.timestamp, m.step) for m in metrics]
