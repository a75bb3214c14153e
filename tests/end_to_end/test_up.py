"""A day with `forecastle up`, in real processes and a real browser.

The tests share one `up`, in this order; the last one stops it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from selenium.webdriver import Chrome

from flows.up.running import Running, running
from flows.up.services import asked
from tests.end_to_end.browser import browsing, keep, log
from tests.end_to_end.mlflow_pages import ExperimentPages
from tests.end_to_end.prefect_pages import RunForm, RunPage
from tests.end_to_end.processes import call, kill_group, start, wait_until
from tests.flows.small import given, small_file

DONE = {"state_type": "COMPLETED"}
SMALL = {"horizon": 3, "models": ["naive", "drift"]}
NOT_OURS = (
    # Prefect's pages ask for the settings of their telemetry before they read that it is off.
    "^https://sr-client-cfg\\.amplitude\\.com/config/",
    # The second version of Prefect's pages looks for its icons where the first one has them.
    "/(favicon[-0-9x]*|pending|running|completed|scheduled)\\.(ico|png|svg) .* 404 ",
    # A server whose store is busy; who waits for a run asks again.
    "/api/.* 503 ",
    # The refusal that the test provokes, in the words of the server and of the form.
    "/create_flow_run - .* 409 ",
    "Error creating flow run: Validation failed for field 'params.start'",
    # A chart of MLflow's that is drawn in more than one frame.
    "/static-files/.*ResizeObserver loop completed with undelivered notifications",
    # MLflow's pages ask for a user, whom a server without accounts does not know.
    "/ajax-api/2.0/mlflow/users/current - .* 404 ",
)
"""Errors in the browser's console that no change of ours can take away."""


@dataclass(frozen=True)
class Day:
    """One `up`, and what it runs on."""

    process: Any
    found: Running
    home: Path
    environment: dict[str, str]
    sample: Path

    def until(self, condition: Callable[[], Any]) -> None:
        """Wait for it while `up` runs."""
        wait_until(lambda: bool(condition()), self.process, pause=0.5)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory, empty_store: Path) -> Iterator[Day]:
    """An `up` with a forecast each minute, that names no server of its environment."""
    folder = tmp_path_factory.mktemp("day")
    home = (folder / "home").resolve()
    home.mkdir()
    shutil.copy(empty_store, home / "mlflow.db")
    sample = small_file(folder)
    entry = {"params": given(sample, **SMALL), "cron": "* * * * *"}
    plan = {"forecasts": {"small": entry}}
    (home / "forecastle.yaml").write_text(json.dumps(plan), encoding="utf-8")
    named = ("PREFECT_API_URL", "PREFECT_API_KEY", "MLFLOW_TRACKING_URI")
    environment = {k: v for k, v in os.environ.items() if k not in named} | {
        "FORECASTLE_HOME": str(home),
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "PYTHONUNBUFFERED": "1",
    }
    with begun(environment, home, folder) as (process, found):
        yield Day(process, found, home, environment, sample)


@contextmanager
def begun(environment: dict[str, str], home: Path, folder: Path) -> Iterator[tuple[Any, Running]]:
    """`up`, ready; killed if the block has not ended it."""
    process = start(["up"], environment, folder)
    try:
        wait_until(lambda: running(home) is not None, process, limit=330, pause=0.1)
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


def in_mlflow(
    found: Running, value: str, tag: str = "prefect.flow_run_id", **tags: str
) -> list[dict[str, Any]]:
    """The runs that have this tag: those of a flow run, where no other is named."""
    api = f"{found.mlflow}/api/2.0/mlflow"
    experiments = asked(f"{api}/experiments/search", {"max_results": 100})["experiments"]
    wanted = {tag: value} | tags
    question = {
        "experiment_ids": [one["experiment_id"] for one in experiments],
        "filter": " and ".join(f"tags.`{name}` = '{text}'" for name, text in wanted.items()),
    }
    return list(asked(f"{api}/runs/search", question).get("runs", []))


def tree_of(process: Any) -> list[psutil.Process]:
    me = psutil.Process(process.pid)
    return [me, *me.children(recursive=True)]


def ended(tree: list[psutil.Process], process: Any) -> bool:
    process.wait(60)
    return not psutil.wait_procs(tree, timeout=60)[1]


def test_a_second_up_says_where_the_first_one_is(day: Day) -> None:
    second = call(["up"], day.environment, day.home)
    assert second.returncode == 2
    assert day.found.prefect in second.stderr
    assert second.stderr.count("\n") == 1


def test_what_a_deployment_cannot_take_is_refused(day: Day) -> None:
    there = deployed(day.found)
    assert there["forecast-small"]["global_concurrency_limit"]["limit"] == 1
    url = f"{day.found.prefect}/api/deployments/{there['backtest']['id']}/create_flow_run"
    wrong = {"parameters": {"params": given(day.sample, **SMALL | {"horizon": 0})}}
    with pytest.raises(OSError, match="409"):
        asked(url, wrong)


def test_a_user_starts_a_backtest_and_reads_what_came_of_it(day: Day, tmp_path: Path) -> None:
    with browsing(tmp_path) as chromium:
        chromium.set_window_size(1400, 1100)
        run = backtest_from_the_form(chromium, day)
        page = RunPage(chromium, day.found.prefect, run)
        page.await_state("Completed")
        keys = page.artifacts()
        assert [key.partition("-")[2] for key in keys] == [
            "leaderboard",
            "mlflow",
            "report",
            "verdict",
        ]
        keep(chromium, "prefect-run")
        read_in_mlflow(chromium, day, run)
        errors = [one["message"] for one in log(chromium, "browser") if one["level"] == "SEVERE"]
    assert [one for one in errors if not any(re.search(known, one) for known in NOT_OURS)] == []


def backtest_from_the_form(chromium: Chrome, day: Day) -> str:
    """Fill the form, wrongly at first; the id of the run."""
    deployment = deployed(day.found)["backtest"]["id"]
    form = RunForm(chromium, day.found.prefect, deployment)
    form.write("0", "Horizon")
    form.submit()
    assert form.complaint("Horizon") == "Value must be greater than or equal to 1."
    form.write("3", "Horizon")
    form.write("soon", "First date")
    form.submit()
    assert form.complaint("First date").startswith("'soon' does not match")
    keep(chromium, "prefect-form-refuses")

    form = RunForm(chromium, day.found.prefect, deployment)
    form.write(str(day.sample), "Source")
    form.write("3", "Horizon")
    form.choose(["naive", "gru-direct"], "Models")
    form.write("14", "Network", "Look back")
    form.write("2", "Training", "Epochs")
    keep(chromium, "prefect-form")
    mine = {"deployment_id": deployment, "auto_scheduled": False}
    form.submit_until(lambda: runs(day.found, **mine))
    return str(runs(day.found, **mine)[0]["id"])


def read_in_mlflow(chromium: Chrome, day: Day, run: str) -> None:
    """The parent run and its children, their figures, and the verdict."""
    (parent,) = in_mlflow(day.found, run)
    parent_id, experiment = parent["info"]["run_id"], parent["info"]["experiment_id"]
    assert parent["info"]["status"] == "FINISHED"
    (network,) = in_mlflow(day.found, parent_id, "mlflow.parentRunId", candidate="gru-direct")
    network_id = network["info"]["run_id"]
    pages = ExperimentPages(chromium, day.found.mlflow, experiment)
    pages.unfold(parent_id, "gru-direct", "naive")
    keep(chromium, "mlflow-runs")
    assert "the naive forecast" in pages.overview(parent_id)
    keep(chromium, "mlflow-run")
    pages.chart(network_id, "mae_by_horizon", "1", "2", "3", "Step")
    keep(chromium, "mlflow-by-horizon")
    assert pages.picture(network_id, "figures/losses.png") > 300
    keep(chromium, "mlflow-figure")
    assert "gru-direct" in pages.document(parent_id, "results/report.html")
    chromium.switch_to.default_content()
    keep(chromium, "mlflow-report")


def test_a_schedule_makes_runs_and_the_status_tells_of_them(day: Day) -> None:
    day.until(lambda: len(scheduled(day.found)) > 1)
    status = json.loads(call(["status", "--json"], day.environment, day.home).stdout)
    assert {one["state"] for one in status["services"]} == {"running"}
    assert "forecast-small" in {one["deployment"] for one in status["last"]}
    assert "forecast-small" in {one["deployment"] for one in status["next"]}


def scheduled(found: Running) -> list[dict[str, Any]]:
    """The runs that a schedule made, and that made a forecast."""
    ended = runs(found, auto_scheduled=True, **DONE)
    return [run for run in ended if in_mlflow(found, run["id"])]


def test_nothing_outlives_it_and_what_was_there_is_there_again(day: Day) -> None:
    day.until(lambda: scheduled(day.found))
    before, tree = scheduled(day.found)[0], tree_of(day.process)
    tracked = in_mlflow(day.found, before["id"])
    day.process.send_signal(signal.SIGTERM)
    assert ended(tree, day.process)
    assert day.process.returncode == 0

    # The entry of the plan is gone, and so is its deployment.
    (day.home / "forecastle.yaml").unlink()
    with begun(day.environment, day.home, day.home) as (process, again):
        assert again.prefect == day.found.prefect
        assert runs(again, id=before["id"], **DONE)
        assert in_mlflow(again, before["id"]) == tracked
        assert "forecast-small" not in deployed(again)
        tree = tree_of(process)
        process.send_signal(signal.SIGKILL)
        assert ended(tree, process)
        assert running(day.home) is None
