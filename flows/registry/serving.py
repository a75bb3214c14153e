"""The champion behind HTTP on the loopback interface: MLflow's own server for models."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from mlflow.entities.model_registry import ModelVersion

from features.errors import UserError
from flows.registry.champion import Registry, label

_HOST = "127.0.0.1"
_PATIENCE = 120
"""Seconds that the server may take to load the model."""
LOOK = 30.0
"""Seconds between two looks at who the champion is."""


def serve(registry: Registry, port: int | None) -> None:
    """Serve the champion until interrupted; a later champion takes over on the same port.

    Raises:
        UserError: there is no champion, or its server does not start.
        KeyboardInterrupt: Ctrl-C or SIGTERM; nothing that was started is left.
    """
    held, port = registry.require(), _free_port(port)
    with _terminated_as_interrupted():
        while True:
            with _server(registry, held, port) as server:
                _wait_for(server, port)
                print(f"Champion  {label(held)}")
                print(f"Forecast  http://{_HOST}:{port}/invocations  (Ctrl-C ends it)", flush=True)
                held = _successor(registry, held, server)


def _successor(
    registry: Registry, held: ModelVersion, server: subprocess.Popen[bytes]
) -> ModelVersion:
    """The champion that comes after `held`, when it has come."""
    while True:
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(LOOK)
            raise UserError(f"the server of {label(held)} ended by itself; see what it said above")
        with contextlib.suppress(UserError):  # the registry is away: who served goes on serving
            now = registry.holder()
            if now is not None and now.version != held.version:
                return now


@contextlib.contextmanager
def _server(registry: Registry, held: ModelVersion, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """MLflow's server of a version and all that it starts, gone when the block ends."""
    words = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local"]
    words += ["-m", f"models:/{registry.name}/{held.version}", "--host", _HOST, "--port", str(port)]
    own = {
        "MLFLOW_TRACKING_URI": registry.uri,
        "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    server = subprocess.Popen(
        words, env=os.environ | own, stdout=sys.stderr, start_new_session=True
    )
    try:
        yield server
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes], patience: float = 10) -> None:
    for kind in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, kind)
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(patience)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://{_HOST}:{port}/ping", timeout=5),
        ):
            return
        time.sleep(0.1)
    raise UserError(
        f"the server of models did not answer on port {port} within {_PATIENCE} seconds; see what "
        "it said above"
    )


def _free_port(wanted: int | None) -> int:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((_HOST, wanted or 0))
        except OSError as error:
            raise UserError(
                f"port {wanted} of {_HOST} cannot be had ({error.strerror}); name another with "
                "--port, or leave it out for a free one"
            ) from error
        return int(listener.getsockname()[1])


@contextlib.contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM ends the block as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
