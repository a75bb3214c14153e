"""Processes that write to a store, and some that are killed as they do.

python -m tests.features.store.writers append FOLDER SERIES ROUNDS
python -m tests.features.store.writers crash FOLDER...
python -m tests.features.store.writers full FOLDER
"""

from __future__ import annotations

import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

import features.store.merge
from features.errors import UserError
from features.store import Shelf
from tests.features.store.tables import add, filled, shelf

FEW = 3
"""Segments from which on a process that is killed merges."""


def append(folder: Path, series: str, rounds: int) -> None:
    """Revise all rows of a series some times; begins at a line from outside."""
    store = shelf(folder)
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range(rounds):
        add(store, i, **{series: filled(above=i)})


def crash(folders: list[Path]) -> None:
    """In each folder, be killed one step later; tell each step and how the process ended."""
    features.store.merge.MOST = FEW
    for number, folder in enumerate(folders):
        child = os.fork()
        if not child:
            kill_before(number, folder)
            add(shelf(folder), 100, a=filled(above=100))
            os._exit(0)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def kill_before(number: int, folder: Path) -> None:
    """SIGKILL to this process before it opens, renames or removes a file there the n-th time."""
    left = number

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal left
        if event in ("open", "os.rename", "os.remove") and str(folder) in str(arguments[0]):
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    sys.addaudithook(hook)


def full(folder: Path) -> None:
    """Write more than there is room for: first told so by an error, then killed in mid-write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    try:
        add(shelf(folder), 100, a=filled(above=100))
    except UserError as error:
        print(error, flush=True)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    add(shelf(folder), 100, a=filled(above=100))


def store_of(folder: Path) -> Shelf:
    """As many segments as are merged before a process that is killed writes its own."""
    store = shelf(folder)
    for second in range(FEW):
        add(store, second, a=filled(above=second))
    return store


if __name__ == "__main__":
    kind, *arguments = sys.argv[1:]
    if kind == "append":
        append(Path(arguments[0]), arguments[1], int(arguments[2]))
    elif kind == "crash":
        crash([Path(folder) for folder in arguments])
    else:
        full(Path(arguments[0]))
