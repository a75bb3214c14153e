"""Runs that are told as running while their process is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.processes import gone

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import State

RUNNING = ("RUNNING", "CANCELLING")


def sweep(client: SyncPrefectClient, since: float) -> None:
    """Mark them as crashed: else they hold their deployment's one place for good.

    Args:
        client: of the server.
        since: when this start began, in seconds since 1970. What was handed to a worker before
            that and has not begun will not: that worker is gone.
    """
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    kinds = FlowRunFilterStateType(any_=[StateType(name) for name in (*RUNNING, "PENDING")])
    asked = FlowRunFilter(state=FlowRunFilterState(type=kinds))
    for run in client.read_flow_runs(flow_run_filter=asked):
        assert run.state is not None
        changed = run.state.timestamp.timestamp()
        waiting = run.state.type == StateType.PENDING and run.deployment_id is not None
        if changed < since and (waiting or gone(run.infrastructure_pid, changed)):
            crashed: State[None] = Crashed(message="The process of this run is gone")
            client.set_flow_run_state(run.id, crashed, force=True)
