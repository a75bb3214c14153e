"""Registers work pool, deployments and schedules on a Prefect server of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.settings import PREFECT_API_URL

from features.errors import UserError
from flows.deployments.catalog import Deployment, deployments, register
from flows.deployments.plan import read_plan
from flows.notify.webhook import arrange
from flows.settings import Settings
from flows.up.services import POOL
from flows.urls import without_password

SILENT = 150
"""Seconds without a sign of life after which a run is crashed; it gives one every 30 to 60."""
CRASH_SILENT = "forecastle: crash runs that are gone"
_ON_DEMAND = ("backtest", "audit")


@dataclass(frozen=True)
class Deployed:
    """What the server has now."""

    server: str
    names: tuple[str, ...]
    scheduled: tuple[str, ...]


def deploy(home: Path, kind: str = "process", at_once: int = 1) -> Deployed:
    """Make the server of `PREFECT_API_URL` hold what the plan of a home folder says.

    Run again, it brings up to date what has changed, and removes what the plan no longer names. A
    work pool that is there is left as it is.

    Args:
        home: whose `forecastle.yaml` is read.
        kind: of the work pool, where there is none yet.
        at_once: backtests, and audits, that may run at the same time. What enters the ledger runs
            one by one.

    Raises:
        UserError: a plan that cannot be used, or no server that answers.
    """
    plan = read_plan(home)
    wanted = [_sharing(one, at_once) for one in deployments(plan)]
    with _server() as client:
        _make_pool(client, kind)
        register(client, wanted)
        arrange(client, Settings().webhook, plan.notify)
        _crash_what_is_silent(client)
        server = without_password(str(client.api_url))
    scheduled = tuple(one.name for one in wanted if one.schedules)
    return Deployed(server, tuple(one.name for one in wanted), scheduled)


def _sharing(one: Deployment, at_once: int) -> Deployment:
    return replace(one, at_once=at_once) if one.name in _ON_DEMAND else one


@contextmanager
def _server() -> Iterator[SyncPrefectClient]:
    url = PREFECT_API_URL.value()
    if not url:
        raise UserError(
            "no Prefect server is named, expected the address of one in PREFECT_API_URL, such as "
            "http://127.0.0.1:4200/api; forecastle up needs no deploying"
        )
    try:
        with get_client(sync_client=True) as client:
            client.hello().raise_for_status()
            yield client
    except (httpx.TransportError, PrefectHTTPStatusError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"the Prefect server at {without_password(url)} cannot be used ({reason}); start it, "
            "or name another with PREFECT_API_URL"
        ) from error


def _make_pool(client: SyncPrefectClient, kind: str) -> None:
    try:
        client.read_work_pool(POOL)
    except ObjectNotFound:
        client.create_work_pool(WorkPoolCreate(name=POOL, type=kind))


def _crash_what_is_silent(client: SyncPrefectClient) -> None:
    """Crash runs whose machine is gone: else they are said to run for good."""
    ends = ("Completed", "Failed", "Cancelled", "Crashed")
    wanted = AutomationCore(
        name=CRASH_SILENT,
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect={"prefect.flow-run.heartbeat", *(f"prefect.flow-run.{end}" for end in ends)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=SILENT),
        ),
        actions=[
            ChangeFlowRunState(
                name=None, state=StateType.CRASHED, message="No sign of life of it", force=False
            )
        ],
    )
    found = client.read_automations_by_name(CRASH_SILENT)
    if found:
        client.update_automation(found[0].id, wanted)
    else:
        client.create_automation(wanted)
