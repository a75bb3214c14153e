"""Prefect's temporary server, which has to outlive an interrupt as long as its flow runs."""

from __future__ import annotations

import signal

from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_EPHEMERAL_ENABLED


def start_server() -> None:
    """Start the temporary server, where no other is named, out of the reach of Ctrl-C.

    A terminal sends an interrupt to every process of a command. A flow whose server is gone cannot
    say that it was interrupted: it tries for minutes, then fails with a traceback.
    """
    if PREFECT_API_URL.value() or not PREFECT_SERVER_EPHEMERAL_ENABLED:
        return
    from prefect.server.api.server import SubprocessASGIServer

    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # the server inherits it
    try:
        SubprocessASGIServer().start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
