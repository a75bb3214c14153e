"""What holds for every test: one thread a process, no telemetry, the same examples in every run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadFileScheduling

# Set before torch and Prefect are imported, and inherited by the processes that tests start.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MPLBACKEND": "agg",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "true",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
}

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


WITH_SERVERS = ("test_cluster", "test_host", "test_notifications", "test_up")
"""Files whose tests run two servers and a worker: one after the other, not beside each other."""


class ByFile(LoadFileScheduling):  # type: ignore[misc]
    """The tests of a file in one process, and so the models and servers that they share."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "with servers" if Path(file).stem in WITH_SERVERS else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)
