"""Prefect flows, MLflow tracking and the command line.

Importing this package costs nothing: pandas, PyTorch, Prefect and MLflow wait until a name is used.
"""

from __future__ import annotations

import importlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flows.api import Result, backtest_frame, forecast_frame

__all__ = ["Result", "backtest_frame", "forecast_frame"]

# Prefect and MLflow read these when they are imported; whoever sets one of them keeps the say.
_DEFAULTS = {
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",  # a cold disk needs more than 20
    "PREFECT_CLIENT_MAX_RETRIES": "8",  # the last after 5 to 9 minutes; 5 end after one
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",  # what is loaded runs no code of its own
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",  # the default of 7 blocks for four minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",  # seconds; 120 by default, for each of the retries
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # standard output is for results
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
for _name, _value in _DEFAULTS.items():
    os.environ.setdefault(_name, _value)


def __getattr__(name: str) -> object:
    if name in __all__:
        return getattr(importlib.import_module("flows.api"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
