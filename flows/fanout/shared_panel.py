"""The panel as a file in the home folder: units of work are handed its name, not its values."""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features.calendars import Calendar
from features.panel import Covariates, Panel

_ARRAYS = ("y", "past", "future", "static")
_LEFT_BEHIND = 7 * 24 * 3600.0
"""Seconds after which a file is one that a killed run has left."""


@dataclass(frozen=True)
class SharedPanel:
    """Gives the panel where it is called: read from its file once a process, then kept.

    Panels of one digest are the same, whatever the file.
    """

    digest: str
    path: Path = field(compare=False)

    def __call__(self) -> Panel:
        """The panel.

        Raises:
            OSError: the file cannot be read here.
            ValueError: it holds other data than was written.
        """
        return _read(self)


@contextmanager
def shared(panel: Panel, folder: Path) -> Iterator[SharedPanel]:
    """Keep the panel in a file of `folder` as long as the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    _clear(folder)
    # of this run alone: another one of the same data may end, and remove its own, sooner
    path = folder / f"{panel.digest[:24]}-{uuid.uuid4().hex[:8]}.npz"
    try:
        _write(panel, path)
        yield SharedPanel(panel.digest, path)
    finally:
        path.unlink(missing_ok=True)


@lru_cache(maxsize=2)
def _read(given: SharedPanel) -> Panel:
    with np.load(given.path, allow_pickle=False) as file:
        facts = json.loads(str(file["facts"]))
        stamps = pd.DatetimeIndex(file["stamps"].view(f"M8[{facts['unit']}]"))
        arrays = {name: file[name] for name in _ARRAYS}
    if facts["zone"] is not None:
        stamps = stamps.tz_localize("UTC").tz_convert(facts["zone"])
    covariates = Covariates(**{kind: tuple(names) for kind, names in facts["covariates"].items()})
    calendar = Calendar(facts["calendar"], stamps)
    panel = Panel(tuple(facts["ids"]), calendar, **arrays, covariates=covariates)
    if panel.digest != given.digest:
        raise ValueError(f"{given.path} does not hold the panel {given.digest} that was written")
    return panel


def _write(panel: Panel, path: Path) -> None:
    draft = path.with_suffix(".tmp")
    with draft.open("wb") as file:
        arrays = {name: getattr(panel, name) for name in _ARRAYS}
        np.savez(file, facts=json.dumps(_facts(panel)), stamps=panel.stamps.asi8, **arrays)
        file.flush()
        os.fsync(file.fileno())  # read next on another machine
    draft.replace(path)


def _facts(panel: Panel) -> dict[str, Any]:
    return {
        "ids": panel.ids,
        "calendar": panel.calendar.name,
        "unit": panel.stamps.unit,
        "zone": None if panel.stamps.tz is None else str(panel.stamps.tz),
        "covariates": asdict(panel.covariates),
    }


def _clear(folder: Path) -> None:
    """Remove what killed runs have left."""
    for path in folder.iterdir():
        if path.stat().st_mtime < time.time() - _LEFT_BEHIND:
            path.unlink(missing_ok=True)
