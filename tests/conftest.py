"""What holds for every test: one thread a process, no telemetry, the same examples in every run."""

from __future__ import annotations

import os

import pytest
from hypothesis import settings

# Set before torch and Prefect are imported, and inherited by the processes that tests start.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MPLBACKEND": "agg",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "true",
}

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(autouse=True)
def _no_pickle_is_read() -> None:
    """MLflow reads none, in any test and in any process that a test starts."""
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
