"""Keeps processes, and ends them with everything they started when its standard input ends.

`forecastle up` holds the other end of that pipe, which closes however it ends, SIGKILL included.
Run as `python -m flows.up.keeper`: a line of JSON on standard input starts a process (`argv`,
`environment`, `log`, `folder`), and its number is the line that answers.
"""

from __future__ import annotations

import ctypes
import json
import signal
import subprocess
import sys
from contextlib import suppress
from typing import Any

import psutil

PATIENCE = 10.0
"""Seconds that a process has to end by itself."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of Linux


def main() -> None:
    """Keep what is asked for until nobody can ask any more."""
    _adopt_orphans()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _left_to_the_pipe)  # SIG_IGN would be inherited by what is kept
    kept: list[psutil.Process] = []
    try:
        for line in sys.stdin:
            kept.append(_start(json.loads(line)))
            print(kept[-1].pid, flush=True)
    finally:
        for process in reversed(kept):  # the worker before the servers that it reports to
            end(process)
        for orphan in psutil.Process().children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                orphan.kill()


def end(process: psutil.Process, patience: float = PATIENCE) -> None:
    """Ask a process and all that it started to end, and then make them."""
    try:
        tree = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    for one in tree:
        with suppress(psutil.NoSuchProcess):
            one.terminate()
    for one in psutil.wait_procs(tree, patience)[1]:
        with suppress(psutil.NoSuchProcess):
            one.kill()


def _left_to_the_pipe(number: int, frame: object) -> None:
    pass


def _start(wanted: dict[str, Any]) -> psutil.Process:
    with open(wanted["log"], "ab") as log:  # noqa: PTH123
        process = subprocess.Popen(
            wanted["argv"],
            env=wanted["environment"],
            cwd=wanted["folder"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)
    return psutil.Process(process.pid)


_started: list[subprocess.Popen[bytes]] = []  # one that is forgotten warns when it is collected


def _adopt_orphans() -> None:
    """Make this the parent of what loses its own, so that nothing is lost sight of."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


if __name__ == "__main__":
    main()
