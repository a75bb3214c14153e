"""The command line in a process of its own."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

LIMIT = 300
"""Seconds that anything may take on a machine that is busy with much else."""
COMMAND = [sys.executable, "-c", "from flows.cli import main; main()"]


def start(arguments: list[str], environment: dict[str, str], folder: Path) -> Any:
    """The command under way, leader of a process group."""
    return start_python([*COMMAND[1:], *arguments], environment, folder)


def start_python(arguments: list[str], environment: dict[str, str], folder: Path) -> Any:
    """The same of any other words after `python`."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        env=environment,
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def call(
    arguments: list[str], environment: dict[str, str], folder: Path
) -> subprocess.CompletedProcess[str]:
    """The command, ended."""
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def until(condition: Callable[[], bool], limit: float = LIMIT, pause: float = 0.1) -> None:
    """Wait for `condition`."""
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end
        time.sleep(pause)


def wait_until(
    condition: Callable[[], bool], process: Any, limit: float = LIMIT, pause: float = 0.005
) -> None:
    """Wait for `condition` while `process` runs."""

    def seen() -> bool:
        if condition():
            return True
        assert process.poll() is None, process.communicate()
        return False

    until(seen, limit, pause)


def kill_group(process: Any) -> None:
    """SIGKILL to the process and all that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def free_port() -> int:
    """A port of the loopback interface that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
