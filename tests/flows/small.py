"""A small file and small networks: a flow over them takes seconds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

MODELS = ["naive", "seasonal-naive", "gru-direct"]
SETTINGS: dict[str, Any] = {
    "network": {"hidden": 4, "look_back": 14},
    "training": {"epochs": 2, "device": "cpu", "batch_rows": 4, "chunk_origins": 16},
}


def small_frame(steps: int = 160) -> pd.DataFrame:
    """Two daily series with a weekly wave."""
    t = np.arange(steps)
    parts = []
    for k, name in enumerate(("a", "b")):
        noise = np.random.default_rng(k).normal(scale=0.2, size=steps)
        y = 10 + k + np.sin(2 * np.pi * t / 7) + noise
        dates = pd.date_range("2020-01-01", periods=steps)
        parts.append(pd.DataFrame({"unique_id": name, "ds": dates, "y": y}))
    return pd.concat(parts, ignore_index=True)


def small_file(folder: Path, **columns: Any) -> Path:
    """`small_frame` as a CSV file, with further columns."""
    path = folder / "small.csv"
    small_frame().assign(**columns).to_csv(path, index=False)
    return path


def given(source: Path | str, **fields: Any) -> dict[str, Any]:
    """Fields of the parameters of a flow over `source`."""
    return {"source": str(source), "horizon": 3, "models": MODELS} | SETTINGS | fields
