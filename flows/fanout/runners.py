"""Where units of work are done: in processes of this machine, or on a cluster of Dask or Ray."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from features.errors import UserError
from flows.settings import Settings

TRIALS = 2
"""How often a unit is begun whose worker dies."""
_PORTS = {"dask": 8786, "ray": 10001}
_PATIENCE = 10
"""Seconds in which a cluster answers, if it does."""


def require_runner(settings: Settings) -> None:
    """Refuse, before anything is done, a task runner that cannot be used.

    Raises:
        UserError: a library that is not installed, or a cluster that does not answer.
    """
    if settings.task_runner == "threads":
        if settings.cluster:
            raise UserError(
                f"the cluster {settings.cluster} is named for the task runner threads, which has "
                "none; set FORECASTLE_TASK_RUNNER to dask or ray, or leave FORECASTLE_CLUSTER out"
            )
        return
    _runner(settings)
    if settings.cluster:
        _knock(settings.task_runner, settings.cluster)


@contextmanager
def running(settings: Settings) -> Iterator[TaskRunner[Any]]:
    """The task runner, started; a cluster of its own ends with the block and with this process."""
    with ExitStack() as stack:
        stack.enter_context(_server_for_all())
        if settings.task_runner == "ray":
            from prefect_ray.context import remote_options

            stack.enter_context(remote_options(max_retries=TRIALS - 1))
        runner = stack.enter_context(_runner(settings))
        if settings.task_runner == "dask":
            _ = runner.client  # type: ignore[attr-defined]  # connects: else it waits for a unit
        yield runner


def _runner(settings: Settings) -> TaskRunner[Any]:
    made = {"threads": _threads, "dask": _dask, "ray": _ray}[settings.task_runner]
    try:
        return made(settings)
    except ImportError as error:
        raise UserError(
            f"the task runner {settings.task_runner} needs prefect-{settings.task_runner}, which "
            f"cannot be imported ({error}); pip install 'forecastle[{settings.task_runner}]', or "
            "set FORECASTLE_TASK_RUNNER=threads"
        ) from error


def _threads(settings: Settings) -> TaskRunner[Any]:
    return ThreadPoolTaskRunner(max_workers=settings.workers)


def _dask(settings: Settings) -> TaskRunner[Any]:
    import dask
    from prefect_dask.task_runners import DaskTaskRunner

    dask.config.set({"distributed.scheduler.allowed-failures": TRIALS - 1})
    if settings.cluster:
        return DaskTaskRunner(
            address=settings.cluster, client_kwargs={"timeout": _PATIENCE, "set_as_default": False}
        )
    own = {
        "n_workers": settings.workers,
        "threads_per_worker": 1,
        "memory_limit": None,  # else Dask ends a worker that holds more than its share
        "dashboard_address": None,
        "silence_logs": logging.CRITICAL,
    }
    return DaskTaskRunner(cluster_kwargs=own)


def _ray(settings: Settings) -> TaskRunner[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # read when ray is imported
    import ray
    from prefect_ray import RayTaskRunner

    del ray  # prefect_ray imports it later
    own: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if settings.cluster:
        return RayTaskRunner(address=settings.cluster, init_kwargs=own)
    own |= {"num_cpus": settings.workers, "include_dashboard": False}
    own |= {"object_store_memory": 2**28}  # what travels is small
    return RayTaskRunner(init_kwargs=own)


def _knock(runner: str, cluster: str) -> None:
    """See whether anything listens at an address such as `tcp://host:8786` or `host:6379`."""
    place = cluster.rpartition("://")[2]
    host, _, port = place.rpartition(":") if ":" in place else (place, "", str(_PORTS[runner]))
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE):
            return
    except (OSError, ValueError) as error:
        raise UserError(
            f"the {runner} cluster {cluster} does not answer ({error}), expected the address of a "
            f"{'scheduler of Dask' if runner == 'dask' else 'head of Ray'}; start it, set "
            "FORECASTLE_CLUSTER to where it listens, or leave that empty for a cluster of this "
            "machine"
        ) from error


@contextmanager
def _server_for_all() -> Iterator[None]:
    """Name Prefect's temporary server to those who would start another one."""
    if PREFECT_API_URL.value():
        yield
        return
    from prefect.server.api.server import SubprocessASGIServer

    server = SubprocessASGIServer()
    if not server.running:
        yield
        return
    with temporary_settings({PREFECT_API_URL: server.api_url}):
        yield
