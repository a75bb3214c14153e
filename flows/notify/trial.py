"""A test message through the webhook, and what came of it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events.filters import EventFilter, EventNameFilter, EventResourceFilter
from prefect.settings import PREFECT_API_URL

from features.errors import UserError
from flows.notify.happened import TEST, tell
from flows.notify.webhook import VARIABLE, name_of
from flows.up.services import answers

_PATIENCE = 60.0
"""Seconds that the server has to call; it waits 5 for an answer."""
_OUTCOMES = ["prefect.automation.action.executed", "prefect.automation.action.failed"]


def try_it() -> str:
    """Let the Prefect server call the webhook, and say what it answered.

    Raises:
        UserError: there is no server, no webhook is set, or it did not take the message.
    """
    api = PREFECT_API_URL.value()
    if not api or not answers(f"{api}/health"):
        raise UserError(
            f"no Prefect server answers{f' at {api}' if api else ''}, expected the one that calls "
            "the webhook; start forecastle up, or set PREFECT_API_URL"
        )
    with get_client(sync_client=True) as client:
        (automation, *_) = [*client.read_automations_by_name(name_of(TEST)), None]
        if automation is None:
            raise UserError(
                f"no webhook is set, expected one to try; set {VARIABLE} or notify in "
                "forecastle.yaml, and start forecastle up again"
            )
        begun = datetime.now(UTC)
        tell(TEST, "test", "This is a test of Forecastle's notifications.")
        return _outcome(_came(client, automation.id, begun))


def _came(client: SyncPrefectClient, automation: UUID, begun: datetime) -> dict[str, Any]:
    """The payload of the event that says what came of the call."""
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        wanted = EventFilter(  # made anew: it ends with the moment of its making
            event=EventNameFilter(name=_OUTCOMES),
            resource=EventResourceFilter(id=[f"prefect.automation.{automation}"]),
        )
        for event in client.read_events(wanted, limit=10).events:
            if event.occurred > begun:
                return event.payload
        time.sleep(0.1)
    raise UserError(
        f"the Prefect server has not called the webhook within {_PATIENCE:.0f} seconds, expected "
        f"the automation '{name_of(TEST)}' to; see whether it is switched on in the UI"
    )


def _outcome(payload: dict[str, Any]) -> str:
    status = payload.get("status_code")
    if status is not None and 200 <= status < 300:
        return f"The webhook took the message (HTTP {status})."
    found = f"HTTP {status}" if status is not None else str(payload.get("reason"))
    raise UserError(
        f"the webhook did not take the test message ({found}), expected HTTP 200; see that its "
        "URL is right and its receiver runs"
    )
