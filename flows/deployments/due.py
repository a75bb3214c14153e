"""Whether a run that its schedule made still has something to do.

Missed runs pile up while the server is away and all start when it is back. Each would fetch the
same latest data, so only the last one works; a missed day is forecast when it is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterDeploymentId,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun
from prefect.context import FlowRunContext

from features.errors import UserError
from features.optional import need


def reason_to_rest(code: str | None) -> str | None:
    """Why the flow run under way has nothing to do; None where it has, or was asked for by hand.

    Args:
        code: exchange on whose sessions alone it works; None where every day counts.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if run is None or not run.auto_scheduled or run.expected_start_time is None:
        return None
    return why_rest(code, run.expected_start_time, _slots_after(run))


def why_rest(code: str | None, slot: datetime, later: Sequence[datetime]) -> str | None:
    """Why the run of a slot has nothing to do; None where it has.

    Args:
        code: exchange whose sessions count; None where every day does.
        slot: when the run was due.
        later: when other runs of the same schedule were due since.
    """
    if code and not in_session(code, slot):
        return f"Nothing to do: {day_of(code, slot)} is no session of {code}"
    working = [at for at in later if not code or in_session(code, at)]
    if not working:
        return None
    last = f"the run of {max(working):%Y-%m-%d %H:%M:%S} UTC"
    return f"Nothing to do for {day_of(code, slot)}: {last} is due as well and has the same data"


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


def days(code: str | None, first: date, last: date) -> list[date]:
    """The sessions of an exchange, or all days, from `first` to `last`.

    Raises:
        UserError: there are none.
    """
    if code:
        calendar = need("exchange_calendars", "the sessions of an exchange").get_calendar(code)
        found = calendar.sessions_in_range(str(first), str(last)) if first <= last else []
    else:
        found = pd.date_range(first, last)
    if not len(found):
        raise UserError(
            f"no {f'session of {code}' if code else 'day'} lies between {first} and {last}; name "
            "another day, or an end that comes after it"
        )
    return [stamp.date() for stamp in found]


def _slots_after(run: FlowRun) -> list[datetime]:
    """When later runs of the same schedule were due; several schedules differ in parameters."""
    assert run.expected_start_time is not None
    assert run.deployment_id is not None
    since = run.expected_start_time + timedelta(microseconds=1)
    span = FlowRunFilterExpectedStartTime.model_validate(
        {"after_": since, "before_": datetime.now(UTC)}
    )
    asked = FlowRunFilter(
        deployment_id=FlowRunFilterDeploymentId(any_=[run.deployment_id]),
        expected_start_time=span,
    )
    with get_client(sync_client=True) as client:
        found = client.read_flow_runs(flow_run_filter=asked)
    return [
        other.expected_start_time
        for other in found
        if other.auto_scheduled and other.parameters == run.parameters and other.expected_start_time
    ]
