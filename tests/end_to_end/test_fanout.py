"""Refits on clusters of Dask and Ray: the same bits, and nothing outlives the run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.context import get_run_context

from evaluation.backtest import Backtest
from features.panel import Panel
from features.schema import to_panel
from features.splits import Fold, Split
from flows import steps
from flows.candidates import candidates_of
from flows.fanout import fits
from flows.fanout.refits import one_thread, refit
from flows.fanout.units import fanned_out
from flows.parameters import BacktestParameters
from flows.settings import Settings
from tests.end_to_end.processes import LIMIT, free_port, until, wait_until
from tests.flows.small import given, small_frame

pytestmark = [
    pytest.mark.usefixtures("prefect_server"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # Prefect closes sockets late
    # Ray says that some day it will leave the accelerators of workers without one as they are.
    pytest.mark.filterwarnings("ignore:Tip. In future versions of Ray:FutureWarning"),
]

PARAMETERS = BacktestParameters(**given("x", models=["naive", "gru-direct"], refit_every=10))


def work() -> tuple[Panel, Split, list[Fold]]:
    panel = to_panel(small_frame())
    split = Split.by_share(panel.steps)
    return panel, split, steps.folds_of(split, PARAMETERS)


def judged(settings: Settings) -> tuple[Backtest, list[int]]:
    """First fits and refits, and the processes that were there for them."""
    panel, split, folds = work()
    candidates = candidates_of(PARAMETERS, 7, settings.checkpoints)
    with fanned_out(settings, panel) as fan_out:
        assert fan_out is not None
        with one_thread():
            fits.fit(candidates, panel, split, fan_out, lambda _: None)
        executor = fan_out.named(lambda _, f, __, chain: f"refit {f.name} {chain[0].first}")
        found = refit(candidates, panel, folds, PARAMETERS, executor, shared=fan_out.panel)
        there = [child.pid for child in psutil.Process().children(recursive=True)]
    return found, there


@flow
def judging(settings: Settings) -> tuple[Backtest, list[int], str]:
    return *judged(settings), str(get_run_context().flow_run.id)  # type: ignore[union-attr]


@pytest.fixture(scope="module")
def bare() -> Backtest:
    """Of this process alone."""
    panel, _, folds = work()
    return refit(candidates_of(PARAMETERS, 7), panel, folds, PARAMETERS)


def same(found: Backtest, bare: Backtest) -> None:
    for model in bare.models:
        np.testing.assert_array_equal(found.forecasts[model], bare.forecasts[model])


def names_of(flow_run: str) -> set[str]:
    """Task runs of a flow run that the server knows."""
    chosen = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run]))  # type: ignore[list-item]
    with get_client(sync_client=True) as client:
        runs = client.read_task_runs(flow_run_filter=chosen)
    return {run.name for run in runs}


def is_tracker(process: psutil.Process) -> bool:
    """Whether it is Python's own, which ends with this process."""
    try:
        return "resource_tracker" in " ".join(process.cmdline())
    except psutil.NoSuchProcess:  # a zombie is one too
        return False


@pytest.mark.parametrize("runner", ["threads", "dask", "ray"])
def test_the_runner_changes_no_bit_and_leaves_no_process(
    runner: Any, bare: Backtest, tmp_path: Path
) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    settings = Settings(home=tmp_path / "home", task_runner=runner, workers=2)
    found, there, flow_run = judging(settings)
    same(found, bare)
    assert list(settings.panels.iterdir()) == []
    left = [psutil.Process(p) for p in set(there) - before if psutil.pid_exists(p)]
    own = [p for p in left if not is_tracker(p)]
    assert not psutil.wait_procs(own, timeout=LIMIT)[1]
    wanted = {"fit gru-direct", *(f"refit gru-direct {fold.first}" for fold in work()[2])}
    until(lambda: wanted <= names_of(flow_run))


@contextmanager
def dask_cluster(environment: dict[str, str], folder: Path) -> Iterator[tuple[str, list[Any]]]:
    """A scheduler and two workers, each a process of its own."""
    address = f"127.0.0.1:{free_port()}"
    common = {"env": environment, "cwd": folder, "start_new_session": True}
    dask = [sys.executable, "-m", "dask"]
    words = [*dask, "scheduler", "--host", address, "--no-dashboard", "--no-jupyter"]
    worker = [*dask, "worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
    log = (folder / "dask.log").open("w")
    started = [
        subprocess.Popen(command, stdout=log, stderr=log, **common)  # type: ignore[call-overload]
        for command in (words, worker, worker)
    ]
    try:
        yield address, started[1:]
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        log.close()


@pytest.fixture
def reporting(environment: dict[str, str], prefect_server: str) -> dict[str, str]:
    """The environment of a machine that reports to the server of these tests."""
    return environment | {"PREFECT_API_URL": prefect_server}


def test_a_worker_of_a_cluster_that_is_killed_changes_no_bit(
    bare: Backtest, reporting: dict[str, str], tmp_path: Path
) -> None:
    with dask_cluster(reporting, tmp_path) as (address, (first, second)):
        home = tmp_path / "cluster"
        code = (
            "from pathlib import Path; import numpy as np; from flows.settings import Settings;"
            "from tests.end_to_end.test_fanout import judged;"
            f"s = Settings(home=Path({str(home)!r}), task_runner='dask', cluster={address!r});"
            f"found, _ = judged(s); np.savez({str(tmp_path / 'f.npz')!r}, **found.forecasts)"
        )
        log = tmp_path / "dask.log"
        wait_until(lambda: log.read_text().count("Registered to") == 2, first)
        run = subprocess.Popen([sys.executable, "-c", code], env=reporting)
        wait_until(lambda: bool(list(home.glob("checkpoints/*/training.safetensors"))), run)
        first.kill()
        assert run.wait(timeout=300) == 0
        assert second.poll() is None
        with np.load(tmp_path / "f.npz") as found:
            for model in bare.models:
                np.testing.assert_array_equal(found[model], bare.forecasts[model])


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_cluster_does_not_outlive_its_run(
    runner: str, reporting: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "killed"
    code = (
        "from pathlib import Path; from flows.settings import Settings;"
        "from tests.end_to_end.test_fanout import judged\n"
        "if __name__ == '__main__':\n"
        f" judged(Settings(home=Path({str(home)!r}), task_runner={runner!r}, workers=2))"
    )
    script = tmp_path / "script.py"
    script.write_text(code, encoding="utf-8")
    run = subprocess.Popen([sys.executable, str(script)], env=reporting)
    wait_until(lambda: bool(list(home.glob("checkpoints/*/training.safetensors"))), run)
    children = psutil.Process(run.pid).children(recursive=True)
    assert len(children) >= 2
    run.kill()
    run.wait()
    assert not psutil.wait_procs(children, timeout=LIMIT)[1]
