"""What holds for every test: one thread a process, no telemetry, the same examples in every run."""

from __future__ import annotations

import os

from hypothesis import settings

# Set before torch and Prefect are imported, and inherited by the processes that tests start.
os.environ |= {
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "true",
}

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")
