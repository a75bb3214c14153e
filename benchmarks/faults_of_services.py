"""Faults that befall servers, the worker and `forecastle up`."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psutil

from benchmarks.faults_of_runs import ENDLESS, one_sentence, same_again
from benchmarks.wrecks import (
    EPOCHS,
    Place,
    Process,
    Server,
    ended,
    flow_runs,
    kill,
    mlflow,
    prefect,
    tree,
    until,
)
from flows.up.running import Running, running
from flows.up.services import asked
from tests.flows.small import given


def prefect_away(place: Place, undisturbed: Place, seconds: float) -> str:
    """The Prefect server is killed in mid-training, and comes back."""
    with prefect(place) as server:
        process = place.start(place.forecast())
        return _away(place, undisturbed, server, process, seconds) + _in_prefect(server)


def mlflow_away(place: Place, undisturbed: Place, seconds: float) -> str:
    """The MLflow server is killed in mid-training, and comes back."""
    with mlflow(place) as server:
        process = place.start(place.forecast())
        told = _away(place, undisturbed, server, process, seconds)
        assert place.losses() == list(range(1, EPOCHS + 1)), place.losses()
        again = place.call(place.forecast())
        assert again.code == 0, again.err
        told += "; the loss of every epoch once in MLflow"
        return f"{told}; MLflow {', '.join(place.states())} after one more run"


def _away(
    place: Place, undisturbed: Place, server: Server, process: Process, seconds: float
) -> str:
    try:
        until(place.training, process)
        server.stop()
        time.sleep(seconds)
        waited = process.poll() is None
        server.start()
        back = time.monotonic()
        found = ended(process)
    finally:
        kill(process)
    assert found.code == 0, found.err
    assert place.figures() == undisturbed.figures()
    late = time.monotonic() - back
    lines = len(found.err.splitlines())
    return f"went on{'' if waited else ' without it'}, ended well {late:.0f} s after, {lines} lines"


def _in_prefect(server: Server) -> str:
    runs = flow_runs(f"{server.url}/api")
    return f"; Prefect {', '.join(run['state_name'] for run in runs)}"


def prefect_never_back(place: Place, undisturbed: Place) -> str:
    """The Prefect server is killed in mid-training and stays away; the user tries twice only."""
    with prefect(place) as server:
        place.environment["PREFECT_CLIENT_MAX_RETRIES"] = "2"  # else it takes nine minutes
        process = place.start(place.forecast())
        until(place.training, process)
        server.stop()
        told = one_sentence(ended(process))
        del place.environment["PREFECT_CLIENT_MAX_RETRIES"], place.environment["PREFECT_API_URL"]
        return f"{told}; {same_again(place, undisturbed)}"


def two_ups(place: Place, _: Place) -> str:
    """`up` twice in one home."""
    with up(place):
        return one_sentence(place.call(["up"]))


def run_killed(place: Place, undisturbed: Place) -> str:
    """SIGKILL to the process of a flow run that a worker has started."""
    with up(place) as (_, found):
        first = _training(place, found)
        for process in _processes_of(first):
            process.kill()
        until(lambda: _state(found, first["id"]) != "RUNNING")
        return f"{_state(found, first['id'])}; {_started_again(place, undisturbed, found)}"


def worker_killed(place: Place, undisturbed: Place) -> str:
    """SIGKILL to the worker while a flow run is under way."""
    return _through_a_restart(place, undisturbed, lambda found: _service(found, "worker").kill())


def up_killed(place: Place, undisturbed: Place) -> str:
    """SIGKILL to `forecastle up` while a flow run is under way."""
    return _through_a_restart(place, undisturbed, lambda found: psutil.Process(found.up.pid).kill())


def _through_a_restart(place: Place, undisturbed: Place, harm: Callable[[Running], None]) -> str:
    with up(place) as (process, found):
        first = _training(place, found)
        started = tree(process)
        harm(found)
        code = ended(process).code
        assert not psutil.wait_procs(started, timeout=60)[1], "processes are left"
    with up(place) as (_, found):
        state = _state(found, first["id"])
        assert state == "CRASHED", state
        return f"up ended with {code}, no process left; at the next start {state}; " + (
            _started_again(place, undisturbed, found)
        )


@contextmanager
def up(place: Place) -> Iterator[tuple[Process, Running]]:
    """`forecastle up`, ready."""
    for name in ("PREFECT_API_URL", "PREFECT_HOME"):
        place.environment.pop(name, None)
    process = place.start(["up"])
    try:
        until(lambda: running(place.home) is not None, process)
        found = running(place.home)
        assert found is not None
        yield process, found
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    finally:
        kill(process)


def _training(place: Place, found: Running) -> dict[str, Any]:
    """A flow run of the deployment `backtest`, in mid-training."""
    run = _begin(place, found, ENDLESS)
    until(place.training)
    return run


def _begin(place: Place, found: Running, epochs: int) -> dict[str, Any]:
    deployments = asked(f"{found.prefect}/api/deployments/filter", {})
    (backtest,) = (one for one in deployments if one["name"] == "backtest")
    url = f"{found.prefect}/api/deployments/{backtest['id']}/create_flow_run"
    params = given(place.file, models=["naive", "gru-direct"])
    params["training"] = params["training"] | {"epochs": epochs, "patience": epochs}
    run: dict[str, Any] = asked(url, {"parameters": {"params": params}})
    return run


def _started_again(place: Place, undisturbed: Place, found: Running) -> str:
    """A run of the same deployment begins, and ends well; its place is not taken."""
    run = _begin(place, found, 5)
    until(lambda: _state(found, run["id"]) in ("COMPLETED", "FAILED", "CRASHED"))
    assert _state(found, run["id"]) == "COMPLETED"
    assert place.drafts() == 0
    assert "RUNNING" not in place.states(), place.states()
    return f"a new run ended well; MLflow {', '.join(place.states())}"


def _state(found: Running, run: str) -> str:
    (one,) = (one for one in flow_runs(f"{found.prefect}/api") if one["id"] == run)
    return str(one["state_type"])


def _service(found: Running, name: str) -> psutil.Process:
    (one,) = (service for service in found.services if service.name == name)
    return psutil.Process(one.pid)


def _processes_of(run: dict[str, Any]) -> list[psutil.Process]:
    """Those of a flow run: they have its id in their environment."""
    mine = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("PREFECT__FLOW_RUN_ID") == run["id"]:
                mine.append(process)
        except (psutil.AccessDenied, psutil.NoSuchProcess):
            continue
    return mine
