"""Block and automations of a webhook on a real Prefect server, and when drift is told again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from mlflow.tracking import MlflowClient
from prefect.blocks.webhook import Webhook
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events import Automation
from pydantic import SecretStr

from features.errors import UserError
from flows.deployments.catalog import TAG
from flows.notify import happened
from flows.notify.trial import try_it
from flows.notify.webhook import BLOCK, arrange
from flows.settings import Settings
from flows.tracking.patience import use_store
from flows.tracking.runs import TrackedRun

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
]
URL = SecretStr("http://127.0.0.1:1/hooks/secret")


@pytest.fixture
def client() -> Iterator[SyncPrefectClient]:
    with get_client(sync_client=True) as found:
        yield found
        arrange(found, None, None)


def ours(client: SyncPrefectClient) -> dict[str, Automation]:
    return {one.name: one for one in client.read_automations() if TAG in one.tags}


def blocks(client: SyncPrefectClient) -> set[str | None]:
    return {one.name for one in client.read_block_documents("webhook", include_secrets=False)}


def test_a_webhook_is_set_changed_and_removed(client: SyncPrefectClient) -> None:
    arrange(client, URL, None)
    first = ours(client)
    assert set(first) == {
        *("forecastle: failed or crashed run", "forecastle: drift"),
        *("forecastle: promotion", "forecastle: test"),
    }
    assert "secret" not in repr(first)
    client.pause_automation(first["forecastle: drift"].id)
    arrange(client, SecretStr("http://127.0.0.1:1/other"), None)
    again = ours(client)
    assert {one.id for one in again.values()} == {one.id for one in first.values()}
    assert [name for name, one in again.items() if not one.enabled] == ["forecastle: drift"]
    kept: Any = Webhook.load(BLOCK)
    assert kept.url.get_secret_value().endswith("/other")
    arrange(client, None, None)
    assert ours(client) == {}
    with pytest.raises(ValueError, match="find block"):
        Webhook.load(BLOCK)
    with pytest.raises(UserError, match="no webhook is set"):
        try_it()


def test_a_block_of_the_server_is_called_and_stays(client: SyncPrefectClient) -> None:
    wanted = Webhook(url=URL).save("of-ours")
    arrange(client, None, "of-ours")
    called: Any = [one.actions[0] for one in ours(client).values()]
    assert {one.block_document_id for one in called} == {wanted}
    arrange(client, None, None)
    Webhook.delete("of-ours")  # raises where it is gone


@pytest.mark.parametrize("wrong", ["ftp://secret.example", "hooks.example/secret", "", "https://"])
def test_what_is_no_webhook_is_one_sentence_that_does_not_show_it(
    wrong: str, client: SyncPrefectClient
) -> None:
    with pytest.raises(UserError, match="FORECASTLE_WEBHOOK is no URL") as error:
        arrange(client, SecretStr(wrong), None)
    assert "secret.example" not in str(error.value)
    assert error.value.__suppress_context__
    assert ours(client) == {}


def test_two_webhooks_or_a_missing_block_are_refused(client: SyncPrefectClient) -> None:
    with pytest.raises(UserError, match="both name a webhook"):
        arrange(client, URL, "of-ours")
    with pytest.raises(UserError, match="no webhook block of that name"):
        arrange(client, None, "absent")


def test_drift_is_told_again_after_a_run_without_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(happened, "tell", lambda *words: told.append(words[2]))
    use_store(Settings().tracking_uri)
    store = MlflowClient()
    experiment = store.create_experiment("tides", artifact_location=(home / "a").as_uri())

    def find(state: str, series: str = "a, b") -> int:
        tags = {"source": "tides.csv", "data.series": series}
        made = store.create_run(experiment, tags=tags)
        run = TrackedRun(made.info.run_id, experiment, "tides", Settings().tracking_uri)
        row = {"model": "naive", "state": state, "since": pd.Timestamp("2020-05-01")}
        table = pd.DataFrame([row | {"before": 1.0, "after": 2.0, "blocks": 9}])
        followup: Any = SimpleNamespace(state=state, drift=table)
        happened.tell_drift(run, followup)
        return len(told)

    assert [find("risen"), find("risen")] == [1, 1]
    assert find("risen", series="c") == 2
    assert [find("risen"), find("stable"), find("risen")] == [2, 2, 3]
    assert told[0].startswith("tides: ")
    assert told[0].endswith(".")
