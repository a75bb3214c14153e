"""Processes that do units of work beside each other and never outlive the one they work for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait


@contextmanager
def workers(count: int) -> Iterator[Executor | None]:
    """An executor of `count` processes, or None for 1: work that needs none is done in this one.

    Where the block fails or is interrupted, and where this process is killed, the processes end at
    once, in mid-work.
    """
    if count == 1:
        yield None
        return
    context = multiprocessing.get_context("spawn")  # a fork would inherit locks and CUDA's state
    reader, writer = context.Pipe(duplex=False)
    executor = ProcessPoolExecutor(count, context, initializer=_attach, initargs=(reader,))
    with reader:
        try:
            yield executor
            executor.shutdown()
        finally:
            writer.close()
            executor.shutdown(cancel_futures=True)


def _attach(lifeline: Connection) -> None:
    """Leave an interrupt to the process that is worked for, and end with its end of a pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    wait([lifeline])
    os._exit(1)
