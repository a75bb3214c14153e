"""Runs that are told as running while their process is gone."""

from __future__ import annotations

from typing import Any

import psutil
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Crashed

UNDER_WAY = ("RUNNING", "PENDING", "CANCELLING")


def sweep(client: SyncPrefectClient) -> None:
    """Mark them as crashed: else they hold their deployment's one place for good."""
    kinds = FlowRunFilterStateType(any_=[StateType(name) for name in UNDER_WAY])
    asked = FlowRunFilter(state=FlowRunFilterState(type=kinds))
    for run in client.read_flow_runs(flow_run_filter=asked):
        if gone(run.infrastructure_pid, _created(run)):
            gone_state = Crashed(message="The process of this run is gone")
            client.set_flow_run_state(run.id, gone_state, force=True)


def _created(run: FlowRun) -> float:
    moment: Any = run.start_time or run.expected_start_time or run.created
    return float(moment.timestamp())


def gone(told: str | None, begun: float) -> bool:
    """Whether a worker's process of this machine has ended.

    Args:
        told: the run's `infrastructure_pid`, a process number with or without a host before it;
            None where no worker started it, which is not known to be gone.
        begun: when the run began, in seconds since 1970: no process that began later is its own.
    """
    if told is None:
        return False
    number = told.rpartition(":")[2]
    try:
        return bool(psutil.Process(int(number)).create_time() > begun + 1)
    except (psutil.NoSuchProcess, ValueError):
        return True
