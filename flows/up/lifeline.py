"""Ends a process when the one that started this ends, however it ends, SIGKILL included.

Run as `python -m flows.up.lifeline NUMBER` with a pipe as standard input, whose other end closes
then.
"""

from __future__ import annotations

import subprocess
import sys

import psutil

from flows.up.keeper import end

_attached: list[subprocess.Popen[bytes]] = []
"""Kept, since one that is forgotten closes its pipe."""


def attach(process: subprocess.Popen[bytes]) -> None:
    """Let a process end with this one."""
    watcher = subprocess.Popen(
        [sys.executable, "-m", "flows.up.lifeline", str(process.pid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,  # who reads what the command says waits for no other
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # an interrupt at the terminal is for the command alone
    )
    _attached.append(watcher)


def main() -> None:
    """Wait for the end of standard input, then see to the end of the process."""
    try:
        process = psutil.Process(int(sys.argv[1]))
    except psutil.NoSuchProcess:
        return
    sys.stdin.read()
    end(process)


if __name__ == "__main__":
    main()
