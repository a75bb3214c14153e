"""Task runners, references to the panel, first fits in parts, and what a user gets wrong."""

from __future__ import annotations

import os
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from prefect.states import Completed, Failed

from evaluation.rolling import rolling_backtest
from features.calendars import make_calendar
from features.errors import UserError
from features.panel import Panel
from features.splits import Split
from flows import steps
from flows.candidates import Candidate, candidates_of
from flows.fanout import fits
from flows.fanout.refits import forecast_fold
from flows.fanout.runners import require_runner
from flows.fanout.shared_panel import _read, shared
from flows.fanout.units import do_alone, fanned_out, is_from_outside
from flows.fanout.workers import workers
from flows.parameters import BacktestParameters
from flows.settings import Settings
from tests.end_to_end.processes import free_port
from tests.flows.small import given


@pytest.fixture(autouse=True)
def _nothing_read() -> None:
    _read.cache_clear()


@pytest.mark.parametrize("zone", [None, "Europe/Berlin", "UTC"])
def test_a_reference_gives_the_same_panel_and_carries_none(
    zone: str | None, panel: Panel, tmp_path: Path
) -> None:
    first, last = pd.Timestamp("2020-01-01", tz=zone), pd.Timestamp("2020-06-08", tz=zone)
    there = replace(panel, calendar=make_calendar("D", first, last))
    with shared(there, tmp_path) as reference:
        assert reference() == reference()  # read once
        found = reference()
        assert found is not there
        assert found.digest == there.digest
        assert found.stamps.equals(there.stamps)
        assert (found.stamps.tz is None) == (zone is None)
        assert reference.path.stat().st_size > 100
    assert list(tmp_path.iterdir()) == []
    assert reference() is found  # a worker of a cluster has it for the next run


def test_other_data_under_the_name_is_refused(panel: Panel, tmp_path: Path) -> None:
    with (
        shared(panel, tmp_path) as one,
        shared(panel.until(50), tmp_path) as other,
        pytest.raises(ValueError, match="does not hold the panel"),
    ):
        replace(one, path=other.path)()


def test_what_a_killed_run_left_is_removed_some_day(panel: Panel, tmp_path: Path) -> None:
    old, young = tmp_path / "old.npz", tmp_path / "young.npz"
    for path in (old, young):
        path.touch()
    past = time.time() - 8 * 24 * 3600
    os.utime(old, (past, past))
    with shared(panel, tmp_path):
        assert not old.exists()
    assert list(tmp_path.iterdir()) == [young]


class Recorder(Executor):
    """Does what is submitted at once, and keeps its arguments."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.seen.append(args)
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def test_no_unit_carries_the_panel(panel: Panel, split: Split, tmp_path: Path) -> None:
    p = BacktestParameters(**given("x", models=["naive"], refit_every=10))
    folds, recorder = steps.folds_of(split, p), Recorder()
    with shared(panel, tmp_path) as reference:
        found = rolling_backtest(
            candidates_of(p, 7), panel, folds, recorder, shared=reference, work=forecast_fold
        )
    assert len(recorder.seen) == len(folds)
    assert not any(isinstance(part, Panel) for args in recorder.seen for part in args)
    want = rolling_backtest(candidates_of(p, 7), panel, folds, work=forecast_fold)
    np.testing.assert_array_equal(found.forecasts["naive"], want.forecasts["naive"])


class Sender:
    """A fan-out whose units are done at once."""

    def __init__(self, panel: Panel) -> None:
        self.names: list[str] = []
        self.panel = lambda: panel

    def send(self, name: str, function: Any, /, *args: Any) -> Future[Any]:
        self.names.append(name)
        future: Future[Any] = Future()
        future.set_result(function(*args))
        return future


def test_parts_of_a_model_that_fits_each_series_are_the_whole(
    panel: Panel, split: Split, tmp_path: Path
) -> None:
    p = BacktestParameters(**given("x", models=["naive", "theta", "gru-direct"]))
    whole = candidates_of(p, 7, tmp_path / "whole")
    for candidate in whole:
        candidate.fit(panel, split)
    parts, sender = candidates_of(p, 7, tmp_path / "parts"), Sender(panel)
    done: list[Candidate] = []
    fits.fit(parts, panel, split, sender, done.append)  # type: ignore[arg-type]
    assert sender.names == [
        "fit theta, series 1 of 2",
        "fit theta, series 2 of 2",
        "fit gru-direct",
    ]
    assert {candidate.name for candidate in done} == {"naive", "theta", "gru-direct"}
    assert [c.trained for c in parts] == [0, 0, 2]
    origins = np.arange(100, 150)
    for one, other in zip(whole, parts, strict=True):
        np.testing.assert_array_equal(one.forecast(panel, origins), other.forecast(panel, origins))
    kept = {path.name for path in (tmp_path / "whole").iterdir()}
    assert {path.name for path in (tmp_path / "parts").iterdir()} == kept

    again = Sender(panel)
    fits.fit(candidates_of(p, 7, tmp_path / "parts"), panel, split, again, done.append)  # type: ignore[arg-type]
    assert again.names == []  # what is there is read


def test_one_worker_pays_nothing(panel: Panel, tmp_path: Path) -> None:
    with fanned_out(Settings(home=tmp_path), panel) as fan_out:
        assert fan_out is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (BrokenProcessPool("a process died"), True),
        (OSError("stale file handle"), True),
        (UserError("too short"), False),
        (ValueError("shapes"), False),
    ],
)
def test_only_what_comes_from_outside_is_tried_again(error: Exception, again: bool) -> None:
    assert is_from_outside(None, None, Failed(data=error)) is again  # type: ignore[arg-type]
    assert not is_from_outside(None, None, Completed(data=1))  # type: ignore[arg-type]


def test_units_of_threads_do_not_meet_in_one_process() -> None:
    inside: list[int] = []

    def enter() -> int:
        inside.append(1)
        most = len(inside)
        inside.pop()
        return most

    with ThreadPoolExecutor(4) as pool:
        assert {f.result() for f in [pool.submit(do_alone, enter) for _ in range(50)]} == {1}


def test_after_a_worker_has_died_there_are_others() -> None:
    with workers(2) as executor:
        assert executor is not None
        with pytest.raises(BrokenProcessPool):
            executor.submit(os._exit, 1).result()
        assert executor.submit(os.getpid).result() != os.getpid()


@pytest.fixture
def closed() -> str:
    return f"127.0.0.1:{free_port()}"


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_cluster_that_does_not_answer_is_one_sentence(runner: Any, closed: str) -> None:
    with pytest.raises(UserError, match=f"the {runner} cluster {closed} does not answer"):
        require_runner(Settings(task_runner=runner, cluster=closed))


@pytest.mark.parametrize("runner", ["dask", "ray"])
def test_a_library_that_is_missing_is_one_sentence(
    runner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (f"prefect_{runner}", f"prefect_{runner}.task_runners"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=rf"needs prefect-{runner}.*forecastle\[{runner}\]"):
        require_runner(Settings(task_runner=runner))


def test_threads_have_no_cluster() -> None:
    with pytest.raises(UserError, match="leave FORECASTLE_CLUSTER out"):
        require_runner(Settings(cluster="here:1"))


@pytest.mark.parametrize(
    ("name", "value"), [("TASK_RUNNER", "slurm"), ("WORKERS", "0"), ("WORKERS", "many")]
)
def test_a_setting_that_cannot_be_is_one_sentence(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"FORECASTLE_{name}", value)
    with pytest.raises(UserError, match=f"{name} is '{value}'.*set FORECASTLE_{name}"):
        Settings()
