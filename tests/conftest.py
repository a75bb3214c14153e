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


WITH_SERVERS = ("test_cluster", "test_host", "test_notifications", "test_up")
"""Files whose tests run two servers and a worker: one after the other, not beside each other."""

LONG = ("test_cluster", "test_notifications", "test_a_user_starts_a_backtest")
"""Files and tests that take many minutes where the cores are busy with other tests too."""
ASKED = "FORECASTLE_LONG_TESTS"
WHY = f"it runs two servers, workers or a browser for minutes; set {ASKED}=1 to have it"


@pytest.hookimpl(tryfirst=True)  # before xdist looks for the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and so the models and servers that they share."""
    for item in items:
        name = str(item.path) if item.path.stem not in WITH_SERVERS else "with servers"
        item.add_marker(pytest.mark.xdist_group(name))
        if item.path.stem in LONG or item.name.startswith(LONG):
            item.add_marker(pytest.mark.skipif(not os.environ.get(ASKED), reason=WHY))


@pytest.fixture(autouse=True)
def _no_pickle_is_read() -> None:
    """MLflow reads none, in any test and in any process that a test starts."""
    assert os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] == "false"
