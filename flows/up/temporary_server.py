"""Prefect's temporary server, which has to outlive an interrupt as long as its flow runs."""

from __future__ import annotations

import signal
import subprocess
from typing import Any

from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_EPHEMERAL_ENABLED

from features.errors import UserError
from flows.up.lifeline import attach


def start_server() -> None:
    """Start the temporary server, where no other is named, out of the reach of Ctrl-C.

    A terminal sends an interrupt to every process of a command. A flow whose server is gone cannot
    say that it was interrupted: it tries for minutes, then fails with a traceback. When this
    process is killed, the server ends too.

    Raises:
        UserError: it did not answer in time.
    """
    if PREFECT_API_URL.value() or not PREFECT_SERVER_EPHEMERAL_ENABLED:
        return
    from prefect.server.api.server import SubprocessASGIServer

    class Server(SubprocessASGIServer):
        """The one that Prefect finds when it asks for its own."""

        def _run_uvicorn_command(self) -> subprocess.Popen[Any]:
            process = super()._run_uvicorn_command()
            attach(process)
            return process

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # the server inherits it
    try:
        Server().start()
    except RuntimeError as error:  # Prefect's own, after its time limit
        raise UserError(
            f"Prefect's temporary server has not started: {error} Start again when the machine is "
            "less busy, or set PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS to more"
        ) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
