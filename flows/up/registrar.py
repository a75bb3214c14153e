"""Registers the deployments in a process of its own: what it imports, `up` need not hold.

Run as `python -m flows.up.registrar`; it ends when its standard input does.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from features.errors import UserError
from flows.tracking.mlflow_database import make_mlflow_database
from flows.up.services import MLFLOW_DB, POOL, asked, has_mlflow_database

_WAIT = 300.0


def main() -> int:
    """Register, and mark as crashed what an earlier `up` left; 2 for a mistake in the plan."""
    threading.Thread(target=_end_with_standard_input, daemon=True).start()
    home = Path(os.environ["FORECASTLE_HOME"])
    if not has_mlflow_database(home):  # before all else: MLflow's server waits for it
        make_mlflow_database(f"sqlite:///{home / MLFLOW_DB}")
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError
    from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings

    from flows.deployments.catalog import deployments, register
    from flows.deployments.plan import read_plan
    from flows.notify.webhook import arrange
    from flows.settings import Settings
    from flows.up.stale import sweep

    try:
        settings = Settings()
        plan = read_plan(home)
        wanted = deployments(plan)
        _await_the_pool(os.environ["PREFECT_API_URL"])
        # A client's own pauses double from 2 s on, and all of this can be done again.
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):

            def tell_the_server() -> None:
                with get_client(sync_client=True) as client:
                    sweep(client, psutil.Process().create_time())
                    register(client, wanted)
                    arrange(client, settings.webhook, plan.notify)

            _insist(tell_the_server, (httpx.TransportError, PrefectHTTPStatusError))
    except UserError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _await_the_pool(api: str) -> None:
    """The worker makes it, when the server answers."""
    question = {"work_pools": {"name": {"any_": [POOL]}}}

    def look() -> None:
        if not asked(f"{api}/work_pools/filter", question):
            raise TimeoutError(f"no work pool {POOL} in {_WAIT:.0f} s")

    _insist(look, (OSError,))


def _insist(action: Callable[[], None], passing: tuple[type[Exception], ...]) -> None:
    """Do it, and again while it fails in a way that may pass."""
    end, said = time.monotonic() + _WAIT, ""
    while True:
        try:
            return action()
        except passing as error:
            if time.monotonic() >= end:
                raise
            if str(error) != said:
                said = str(error)
                print(said, file=sys.stderr, flush=True)
        time.sleep(0.1)


def _end_with_standard_input() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
