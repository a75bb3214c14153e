"""`forecastle up` in real processes: schedule, backtest on demand, restart, SIGTERM and SIGKILL."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from flows.up.running import Running, running
from flows.up.services import asked
from tests.end_to_end.processes import call, kill_group, start, wait_until
from tests.flows.small import given

DONE = {"state_type": "COMPLETED"}
SMALL = {"horizon": 3, "models": ["naive", "drift"]}


@pytest.fixture
def own(environment: dict[str, str]) -> dict[str, str]:
    """An environment that names no server."""
    return {k: v for k, v in environment.items() if k not in ("PREFECT_API_URL", "PREFECT_API_KEY")}


@contextmanager
def begun(environment: dict[str, str], home: Path, folder: Path) -> Iterator[tuple[Any, Running]]:
    """`up`, ready; killed if the block has not ended it."""
    process = start(["up"], environment, folder)
    try:
        wait_until(lambda: running(home) is not None, process)
        found = running(home)
        assert found is not None
        assert process.stdout.readline() == f"Prefect  {found.prefect}\n"
        assert process.stdout.readline() == f"MLflow   {found.mlflow}\n"
        yield process, found
    finally:
        if process.poll() is None:
            kill_group(process)
        process.communicate()


def runs(found: Running, **wanted: Any) -> list[dict[str, Any]]:
    """The flow runs that have these fields."""
    told = asked(f"{found.prefect}/api/flow_runs/filter", {"sort": "START_TIME_ASC"})
    return [run for run in told if wanted.items() <= run.items()]


def deployed(found: Running) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in asked(f"{found.prefect}/api/deployments/filter", {})}


def in_mlflow(found: Running, flow_run: str) -> list[dict[str, Any]]:
    """The parent runs of a flow run."""
    api = f"{found.mlflow}/api/2.0/mlflow"
    experiments = asked(f"{api}/experiments/search", {"max_results": 100})["experiments"]
    question = {
        "experiment_ids": [one["experiment_id"] for one in experiments],
        "filter": f"tags.`prefect.flow_run_id` = '{flow_run}'",
    }
    return list(asked(f"{api}/runs/search", question).get("runs", []))


def tree_of(process: Any) -> list[psutil.Process]:
    me = psutil.Process(process.pid)
    return [me, *me.children(recursive=True)]


def ended(tree: list[psutil.Process], process: Any) -> bool:
    process.wait(60)
    return not psutil.wait_procs(tree, timeout=60)[1]


def test_up_runs_by_itself_and_on_demand_and_nothing_outlives_it(
    own: dict[str, str], home: Path, sample: Path, tmp_path: Path
) -> None:
    entry = {"params": given(sample, **SMALL), "every": 20}
    plan = {"forecasts": {"small": entry}}
    (home / "forecastle.yaml").write_text(json.dumps(plan), encoding="utf-8")
    with begun(own, home, tmp_path) as (process, found):
        second = call(["up"], own, tmp_path)
        assert second.returncode == 2
        assert found.prefect in second.stderr
        assert second.stderr.count("\n") == 1
        backtest = on_demand(found, sample)
        wait_until(lambda: bool(runs(found, id=backtest, **DONE)), process, pause=0.5)
        wait_until(lambda: len(runs(found, auto_scheduled=True, **DONE)) > 1, process, pause=0.5)
        (tracked,) = in_mlflow(found, backtest)
        assert tracked["info"]["status"] == "FINISHED"
        says_so(json.loads(call(["status", "--json"], own, tmp_path).stdout))
        tree = tree_of(process)
        process.send_signal(signal.SIGTERM)
        assert ended(tree, process)
        assert process.returncode == 0

    # Again, with what was there before; the entry of the plan is gone, and so is its deployment.
    (home / "forecastle.yaml").unlink()
    with begun(own, home, tmp_path) as (process, again):
        assert again.prefect == found.prefect
        assert runs(again, id=backtest, **DONE)
        assert in_mlflow(again, backtest) == [tracked]
        assert "forecast-small" not in deployed(again)
        tree = tree_of(process)
        process.send_signal(signal.SIGKILL)
        assert ended(tree, process)
        assert running(home) is None


def on_demand(found: Running, sample: Path) -> str:
    """Start a backtest as the form does; what it cannot take is refused at once."""
    there = deployed(found)
    assert there["forecast-small"]["global_concurrency_limit"]["limit"] == 1
    url = f"{found.prefect}/api/deployments/{there['backtest']['id']}/create_flow_run"
    wrong = {"parameters": {"params": given(sample, **SMALL | {"horizon": 0})}}
    with pytest.raises(OSError, match="409"):
        asked(url, wrong)
    return str(asked(url, {"parameters": {"params": given(sample, **SMALL)}})["id"])


def says_so(status: dict[str, Any]) -> None:
    """Whether the status tells of what ran and of what comes."""
    assert {one["state"] for one in status["services"]} == {"running"}
    assert {"backtest", "forecast-small"} <= {one["deployment"] for one in status["last"]}
    assert "forecast-small" in {one["deployment"] for one in status["next"]}
