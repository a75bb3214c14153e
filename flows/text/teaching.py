"""A chapter, gone through: its examples one after the other, tracked as one MLflow run."""

from __future__ import annotations

import hashlib
import json
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

import pandas as pd
from prefect import runtime

from features.text.source import files_of_classes, source_of
from flows.files import file_name, folder_at_once, intact
from flows.note import prefect_run
from flows.settings import Settings
from flows.text.bench import Bench
from flows.text.course import CHAPTERS
from flows.text.example import Example
from flows.text.parameters import KINDS, TextParameters
from flows.text.remembered import Model, Remembered
from flows.tracking.runs import LiveRun, TrackedRun, environment, tracked_run

Do = Callable[[Example, Bench], None]


@dataclass(frozen=True)
class ChapterReport:
    """What a chapter came to."""

    number: int
    models: list[Model]
    folder: Path
    """Figures, tables and texts."""
    run: TrackedRun

    @property
    def title(self) -> str:
        """`Chapter 1: The recurrent network`."""
        return f"Chapter {self.number}: {CHAPTERS[self.number]}"


def do(example: Example, bench: Bench) -> None:
    """Run an example."""
    example.run(bench)


def teach(
    number: int,
    examples: Sequence[Example],
    params: TextParameters,
    settings: Settings,
    do: Do = do,
) -> ChapterReport:
    """Go through examples of a chapter, in the flow run under way.

    Checkpoints of a run that was killed are found by the same parameters, sources and versions;
    they go when the chapter has ended well.

    Args:
        number: of the chapter.
        examples: some of its examples.
        params: of the flow.
        settings: of this installation.
        do: runs one example.

    Raises:
        UserError: a source or a store that cannot be used.
    """
    name = f"{file_name(params.experiment)}-chapter-{number}-{datetime.now():%Y%m%d-%H%M%S}"
    name = f"{name}-{secrets.token_hex(2)}"
    tags = {
        "flow": "text",
        "chapter": str(number),
        "title": CHAPTERS[number],
        "prefect.flow_run_id": str(runtime.flow_run.id),
        "prefect.flow_run_name": str(runtime.flow_run.name),
    }
    folder, checkpoints = settings.runs / name, settings.checkpoints / place(params)
    with tracked_run(settings, params, name, tags) as run, folder_at_once(folder) as draft:
        record = Remembered(run.log, run.tell)
        for example in examples:
            bench = Bench(
                draft,
                params.corpora,
                params.size,
                params.seed,
                params.device,
                record,
                checkpoints / example.number,
                settings.home.resolve() / "text",
            )
            _go_through(example, bench, record, do)
        models = list(record.models.values())
        _leave(models, run, draft)
    for example in examples:
        shutil.rmtree(checkpoints / example.number, ignore_errors=True)
    if checkpoints.is_dir() and not any(checkpoints.iterdir()):
        checkpoints.rmdir()
    return ChapterReport(number, models, folder, run)


def _go_through(example: Example, bench: Bench, record: Remembered, do: Do) -> None:
    record.tell(f"text: {example.number} {example.title} …")
    record.example, began = example.number, time.perf_counter()
    assert bench.checkpoints is not None
    for path in bench.checkpoints.glob("*.safetensors"):
        if not intact(path):
            path.unlink()  # a full disk has cut it; the training begins anew
    do(example, bench)
    record.end(sorted(bench.folder.glob(f"{example.number}-*")))
    seconds = time.perf_counter() - began
    record.tell(f"text: {example.number} done in {seconds:.1f} s; look at {example.look}")


def _leave(models: Sequence[Model], run: LiveRun, draft: Path) -> None:
    """The table of models, and all files, in the folder and in the parent run."""
    if models:
        table(models).to_csv(draft / "models.csv", index=False)
    log = run.log()
    log.files(draft, "results")
    with tempfile.TemporaryDirectory() as scratch:
        facts = json.dumps(environment(), indent=2)
        Path(scratch, "environment.json").write_text(facts, encoding="utf-8")
        log.files(Path(scratch))
    log.tags(**{"mlflow.note.content": prefect_run()})


def table(models: Sequence[Model]) -> pd.DataFrame:
    """A row a model: its example, epochs, best validation loss and metrics."""
    return pd.DataFrame(
        {
            "model": model.name,
            "example": model.example,
            "epochs": len(model.epochs),
            "validation_loss": min((e.validation_loss for e in model.epochs), default=None),
            **model.metrics,
        }
        for model in models
    )


def place(params: TextParameters) -> str:
    """Names the checkpoints: equal names, equal trainings."""
    fields = params.model_dump(mode="json", exclude={"chapters", "examples", "experiment"})
    sources = [_state(getattr(params, kind)) for kind in KINDS]
    facts = [fields, sources, version("torch"), version("tokenizers")]
    return f"text-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"


def _state(source: str | None) -> list[tuple[str, int, int]]:
    """Names, sizes and times of a source's files."""
    if source is None or (taken := source_of(source)).hub:
        return []
    files: list[Path] = []
    for path in taken.paths:
        there = sorted(path.rglob("*")) if path.is_dir() else [path]
        files += there if path.exists() else files_of_classes(path)
    stats = [(str(file), file.stat()) for file in files if file.is_file()]
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
