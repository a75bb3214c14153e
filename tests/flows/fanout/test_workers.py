"""Workers end with the block, however it ends, and with the process that they work for."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import psutil
import pytest

from flows.fanout.workers import workers

ROOT = Path(__file__).parents[3]


def sleep_long(marker: Path) -> None:
    """Say which process this is, then wait for an end that comes from outside."""
    (marker / str(os.getpid())).touch()
    time.sleep(600)


def started(marker: Path, count: int) -> list[int]:
    end = time.monotonic() + 60
    while len(found := [int(path.name) for path in marker.iterdir()]) < count:
        assert time.monotonic() < end
        time.sleep(0.01)
    return found


def gone(processes: list[int]) -> bool:
    """Whether all of them end within a while."""
    alive = [psutil.Process(pid) for pid in processes if psutil.pid_exists(pid)]
    return not psutil.wait_procs(alive, timeout=60)[1]


def test_one_worker_is_this_process() -> None:
    with workers(1) as executor:
        assert executor is None


def test_they_work_in_other_processes_and_end() -> None:
    with workers(2) as executor:
        assert executor is not None
        found = {executor.submit(os.getpid).result() for _ in range(4)}
    assert os.getpid() not in found
    assert gone(list(found))


def test_a_block_that_fails_ends_them_in_mid_work(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), workers(2) as executor:  # noqa: PT012
        assert executor is not None
        for _ in range(5):
            executor.submit(sleep_long, tmp_path)
        busy = started(tmp_path, 2)
        raise ZeroDivisionError
    assert gone(busy)
    assert len(list(tmp_path.iterdir())) == 2


def test_work_whose_worker_is_killed_fails() -> None:
    with pytest.raises(BrokenProcessPool), workers(2) as executor:  # noqa: PT012
        assert executor is not None
        executor.submit(os._exit, 1).result()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_they_do_not_outlive_the_process_that_they_work_for(
    sent: signal.Signals, tmp_path: Path
) -> None:
    code = f"""
from pathlib import Path
from flows.fanout.workers import workers
from tests.flows.fanout.test_workers import sleep_long
with workers(2) as executor:
    for _ in range(2):
        executor.submit(sleep_long, Path({str(tmp_path)!r}))
    executor.submit(sleep_long, Path({str(tmp_path)!r})).result()
"""
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    busy = started(tmp_path, 2)
    process.send_signal(sent)
    _, said = process.communicate(timeout=60)
    assert process.returncode != 0
    assert gone(busy)
    assert said.count("Traceback") <= 1  # its own, none of theirs
