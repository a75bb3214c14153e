"""The webhook that the Prefect server calls: automations, and the block that holds its URL.

The server calls it, not the run: so it is also called where the process of a run is gone. The URL
is a secret. Prefect keeps it encrypted in a block, and nothing else of ours holds it.
"""

from __future__ import annotations

from uuid import UUID

from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient
from prefect.events import Automation, AutomationCore, EventTrigger
from prefect.events.actions import CallWebhook
from prefect.exceptions import ObjectNotFound
from pydantic import HttpUrl, SecretStr, TypeAdapter, ValidationError

from features.errors import UserError
from flows.deployments.catalog import TAG
from flows.notify.happened import KINDS, PREFIX

BLOCK = "forecastle"
"""Name of the webhook block that is made of the environment variable."""
VARIABLE = "FORECASTLE_WEBHOOK"
_FAILED = """\
{%- set run = flow_run|ui_url -%}
{%- set given = flow_run.parameters.params -%}
{%- set what = deployment.name or flow.name -%}
{%- set state = flow_run.state -%}
{%- set said = (state.message or "")|replace("Flow run encountered an exception: ", "") -%}
{%- set why = said|replace("UserError: ", "")|truncate(600) or "no reason is known" -%}
{%- set experiment = given.experiment or given.source -%}
{%- set text = what ~ " " ~ (state.name|lower) ~ ": " ~ why -%}
"""
_TOLD = """\
{%- set run = event.payload.run or flow_run|ui_url -%}
{%- set experiment = event.payload.experiment -%}
{%- set text = event.payload.text -%}
"""
_MESSAGE = """\
{"text": {{ (text ~ ("\\n" ~ run if run else ""))|tojson }},
 "event": {{ event.event|tojson }},
 "experiment": {{ (experiment or none)|tojson }},
 "run": {{ (run or none)|tojson }},
 "when": {{ event.occurred.isoformat()|tojson }}}"""


def arrange(client: SyncPrefectClient, webhook: SecretStr | None, block: str | None) -> None:
    """Make or bring up to date block and automations, or remove them where no webhook is set.

    An automation that was switched off in the UI stays off.

    Args:
        client: of the server.
        webhook: the URL to call.
        block: name of a webhook block of the server that is to be called instead.

    Raises:
        UserError: both are given, it is no URL, or the server has no such block.
    """
    there = {one.name: one for one in client.read_automations() if TAG in one.tags}
    called = _block(client, webhook, block)
    wanted = [] if called is None else automations(called)
    for one in wanted:
        _bring_up_to_date(client, one, there.pop(one.name, None))
    for old in there.values():
        client.delete_automation(old.id)
    if webhook is None and block != BLOCK:
        _remove_block(client)


def automations(block: UUID) -> list[AutomationCore]:
    """One for failed and crashed runs of our deployments, and one for each thing that a flow tells.

    Args:
        block: id of the webhook block.
    """
    failed = EventTrigger(
        expect={"prefect.flow-run.Failed", "prefect.flow-run.Crashed"},
        match={"prefect.resource.id": "prefect.flow-run.*"},
        match_related={
            "prefect.resource.role": "tag",
            "prefect.resource.id": f"prefect.tag.{TAG}",
        },
    )
    told = {kind: EventTrigger(expect={f"{PREFIX}.{kind}"}) for kind in KINDS}
    return [
        _automation("failed or crashed run", failed, block, _FAILED),
        *(_automation(kind, trigger, block, _TOLD) for kind, trigger in told.items()),
    ]


def name_of(kind: str) -> str:
    """The automation that calls the webhook for one kind of event."""
    return f"forecastle: {kind}"


def _automation(name: str, trigger: EventTrigger, block: UUID, says: str) -> AutomationCore:
    return AutomationCore(
        name=name_of(name),
        description="Calls the webhook.",
        tags=[TAG],
        trigger=trigger,
        actions=[CallWebhook(block_document_id=block, payload=says + _MESSAGE)],
    )


def _bring_up_to_date(
    client: SyncPrefectClient, wanted: AutomationCore, found: Automation | None
) -> None:
    if found is None:
        client.create_automation(wanted)
        return
    # An update sends what was set and no defaults, and the server knows none of them.
    whole = wanted.model_dump(mode="json", exclude={"owner_resource"})
    whole["enabled"] = found.enabled
    client.update_automation(found.id, AutomationCore.model_validate(whole))


def _block(client: SyncPrefectClient, webhook: SecretStr | None, name: str | None) -> UUID | None:
    """The block to call; None where no webhook is set."""
    if webhook is not None and name is not None:
        raise UserError(
            f"{VARIABLE} and notify: {name} in forecastle.yaml both name a webhook, expected one; "
            "unset the variable or leave out the line"
        )
    if webhook is not None:
        json = {"Content-Type": "application/json"}
        kept = Webhook(url=_checked(webhook), headers=json)  # type: ignore[arg-type]
        return UUID(str(kept.save(BLOCK, overwrite=True)))
    if name is None:
        return None
    try:
        return client.read_block_document_by_name(name, "webhook", include_secrets=False).id
    except ObjectNotFound as error:
        raise UserError(
            f"notify in forecastle.yaml names '{name}', and the Prefect server has no webhook "
            f"block of that name; make one in its UI under Blocks, or set {VARIABLE} instead"
        ) from error


def _checked(webhook: SecretStr) -> SecretStr:
    """The webhook, where it is one. What was found is not shown: it may be half a secret."""
    try:
        TypeAdapter(HttpUrl).validate_python(webhook.get_secret_value())
    except ValidationError:
        raise UserError(
            f"{VARIABLE} is no URL of http or https (it is not shown, for it is a secret); set it "
            "to one such as https://hooks.example.org/…, or unset it"
        ) from None
    return webhook


def _remove_block(client: SyncPrefectClient) -> None:
    try:
        kept = client.read_block_document_by_name(BLOCK, "webhook", include_secrets=False)
    except ObjectNotFound:
        return
    client.delete_block_document(kept.id)
