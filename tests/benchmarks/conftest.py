"""Data that the benchmarks' tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a CSV of 200 hours below it."""
    hours = pd.date_range("2020-01-01", periods=200, freq="h")
    waves = {"a": np.sin(np.arange(200) / 3), "b": np.cos(np.arange(200) / 5) * 9}
    (tmp_path / "inner").mkdir()
    pd.DataFrame({"date": hours, **waves}).to_csv(tmp_path / "inner" / "wavy.csv", index=False)
    return tmp_path
