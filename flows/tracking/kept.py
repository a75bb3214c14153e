"""What runs could not send before they ended or were killed, sent by a later one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import Timeout
from mlflow.tracking import MlflowClient

from flows.tracking.log import Log
from flows.tracking.outbox import Outbox
from flows.tracking.patience import STORE_ERRORS, StoreError
from flows.tracking.post import Post


def send_kept(folder: Path, uri: str, tell: Callable[[str], None]) -> None:
    """Send what each folder of `folder` holds, called as its run; what cannot be sent stays.

    Args:
        folder: the outboxes of a home folder.
        uri: the MLflow store.
        tell: takes a line on each run that something was sent of, or could not be.
    """
    client = MlflowClient(uri)
    for kept in sorted(folder.glob("*")):
        try:
            box = Outbox(kept)
        except Timeout:  # its run is under way
            continue
        try:
            _send(box, client)
            tell(f"MLflow has been told what was kept of the run {kept.name}")
        except STORE_ERRORS as error:
            advice = f"remove {kept} if the run {kept.name} is gone"
            tell(str(StoreError(uri, error, advice)))
        finally:
            box.close()


def _send(box: Outbox, client: MlflowClient) -> None:
    run = client.get_run(box.folder.name)
    Log(box).end_all("KILLED")  # a process that ends by itself leaves nothing open
    box.send(Post(client, run.info.experiment_id, run.info.run_id))
