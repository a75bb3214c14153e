"""Processes that do units of work beside each other and never outlive the one they work for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any


@contextmanager
def workers(count: int) -> Iterator[Executor | None]:
    """An executor of `count` processes, or None for 1: work that needs none is done in this one.

    Where the block fails or is interrupted, and where this process is killed, the processes end at
    once, in mid-work. Where one of them is killed, the work under way fails, and what is submitted
    after that has others.
    """
    if count == 1:
        yield None
        return
    pool = _Workers(count)
    try:
        yield pool
        pool.shutdown()
    finally:
        pool.end()


class _Workers(Executor):
    """A pool of processes; a broken one is replaced when more work comes."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._context = multiprocessing.get_context("spawn")  # a fork would inherit locks and CUDA
        self._reader, self._writer = self._context.Pipe(duplex=False)
        self._changing, self._ended = threading.Lock(), False
        self._pool = self._begin()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        with self._changing:
            try:
                return self._pool.submit(fn, *args, **kwargs)
            except BrokenProcessPool:
                if self._ended:
                    raise
                self._pool = self._begin()
                return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)

    def end(self) -> None:
        """End them in mid-work."""
        with self._changing:
            self._ended = True
        self._writer.close()
        self.shutdown(cancel_futures=True)
        self._reader.close()

    def _begin(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            self._count, self._context, initializer=_attach, initargs=(self._reader,)
        )


def _attach(lifeline: Connection) -> None:
    """Leave an interrupt to the process that is worked for, and end with its end of a pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    wait([lifeline])
    os._exit(1)
