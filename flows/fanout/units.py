"""Units of work as runs of a Prefect task, wherever the machine's task runner does them.

A unit is a call of a function of a module. What it is handed is small: the panel is a file
(`flows/fanout/shared_panel.py`), and what a fit leaves is a checkpoint in the home folder.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from queue import SimpleQueue
from typing import Any
from uuid import UUID

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.futures import PrefectFuture
from prefect.task_runners import TaskRunner

from features.panel import Panel
from flows.fanout.runners import TRIALS, running
from flows.fanout.shared_panel import SharedPanel, shared
from flows.fanout.workers import workers
from flows.settings import Settings

_alone = threading.Lock()
"""Held by the one unit that this process computes: its threads share PyTorch's random numbers."""


def is_from_outside(task: object, run: TaskRun, state: State[Any]) -> bool:
    """Whether to try again: where a worker has died or a file was out of reach."""
    try:
        state.result()
    except (BrokenProcessPool, OSError):
        return True
    except Exception:
        return False
    return False


@task(
    cache_policy=NO_CACHE,
    task_run_name="{name}",
    retries=TRIALS - 1,
    retry_condition_fn=is_from_outside,
)
def unit(name: str, call: Callable[[], Any]) -> Any:
    """Do one unit of work."""
    return call()


class FanOut:
    """Sends units to a task runner; `panel` gives what they are about where they are done."""

    def __init__(self, runner: TaskRunner[Any], panel: SharedPanel, do: Callable[..., Any]) -> None:
        self.panel = panel
        self._runner, self._do = runner, do
        self._under_way: dict[UUID, Future[Any]] = {}
        self._ended: SimpleQueue[PrefectFuture[Any] | None] = SimpleQueue()
        self._gatherer = threading.Thread(target=self._gather, daemon=True)
        self._gatherer.start()

    def send(self, name: str, function: Callable[..., Any], /, *arguments: Any) -> Future[Any]:
        """Have `function` of `arguments` done as a run of the task `unit` that is called `name`."""
        call = partial(self._do, function, *arguments)
        sent: PrefectFuture[Any] = self._runner.submit(unit, {"name": name, "call": call})
        self._under_way[sent.task_run_id] = future = Future[Any]()
        sent.add_done_callback(self._ended.put)
        return future

    def named(self, name_of: Callable[..., str]) -> Executor:
        """An executor whose units are called what `name_of` gives for their arguments."""
        return _Named(self, name_of)

    def close(self) -> None:
        """Wait for no more units."""
        self._ended.put(None)
        self._gatherer.join()

    def _gather(self) -> None:
        """Hand over what units gave; asked in its own call back, Ray would wait for itself."""
        while (ended := self._ended.get()) is not None:
            future = self._under_way.pop(ended.task_run_id)
            if not future.set_running_or_notify_cancel():
                continue
            try:
                future.set_result(ended.result())
            except BaseException as error:
                future.set_exception(error)


@dataclass
class _Named(Executor):
    fan_out: FanOut
    name_of: Callable[..., str]

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self.fan_out.send(self.name_of(*args), partial(fn, **kwargs), *args)


@contextmanager
def fanned_out(settings: Settings, panel: Panel) -> Iterator[FanOut | None]:
    """What units are sent with, or None where this process does them all, without Prefect.

    Where the block fails, units under way end with the processes of this run; on a cluster that is
    not of this run, they go on to their end and are forgotten.
    """
    if settings.alone:
        yield None
        return
    with (
        shared(panel, settings.panels) as reference,
        running(settings) as runner,
        workers(settings.workers if settings.task_runner == "threads" else 1) as pool,
    ):
        fan_out = FanOut(runner, reference, partial(_elsewhere, pool) if pool else do_alone)
        try:
            yield fan_out
        finally:
            fan_out.close()


def do_alone(function: Callable[..., Any], /, *arguments: Any) -> Any:
    """Call `function` when no other thread of this process is in such a call."""
    with _alone:
        return function(*arguments)


def _elsewhere(pool: Executor, function: Callable[..., Any], /, *arguments: Any) -> Any:
    """Call `function` in a process of `pool`."""
    return pool.submit(function, *arguments).result()
