"""Whether a run that its schedule made still has something to do.

Missed runs pile up while the server is away and all start when it is back. Each would fetch the
same latest data, so only the last one works; a day that was missed is asked for by its date.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext
from prefect.types._datetime import now

from features.optional import need
from flows.parameters import ForecastParameters
from flows.plan import exchange_of


def reason_to_rest(parameters: ForecastParameters) -> str | None:
    """Why the flow run under way has nothing to do; None where it has, or was asked for by hand."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or not run.auto_scheduled or run.expected_start_time is None:
        return None
    code, slot = exchange_of(parameters), run.expected_start_time
    if code and not in_session(code, slot):
        return f"Nothing to do: {day_of(code, slot)} is no session of {code}"
    later = [at for at in _slots_after(run) if not code or in_session(code, at)]
    if later:
        return (
            f"Nothing to do: the run of {max(later):%Y-%m-%d %H:%M} UTC is due as well, and has "
            f"the same data; for this one give it the day {day_of(code, slot)}"
        )
    return None


def in_session(code: str, moment: datetime) -> bool:
    """Whether a moment falls on a day on which the exchange trades, by its own clock."""
    calendar = need("exchange_calendars", "the sessions of an exchange").get_calendar(code)
    return bool(calendar.is_session(day_of(code, moment)))


def day_of(code: str | None, moment: datetime) -> str:
    """The date of a moment, on the exchange's clock where there is one."""
    zone = "UTC"
    if code:
        zone = need("exchange_calendars", "the clock of an exchange").get_calendar(code).tz
    return f"{pd.Timestamp(moment).tz_convert(zone):%Y-%m-%d}"


def _slots_after(run: FlowRun) -> list[datetime]:
    """When later runs of the same schedule were due; several schedules differ in parameters."""
    assert run.expected_start_time is not None
    since = run.expected_start_time + timedelta(microseconds=1)
    asked = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[run.deployment_id]),
        expected_start_time=FlowRunFilterExpectedStartTime(after_=since, before_=now("UTC")),
    )
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_run_filter=asked)
    return [
        other.expected_start_time
        for other in found
        if other.auto_scheduled and other.parameters == run.parameters and other.expected_start_time
    ]
