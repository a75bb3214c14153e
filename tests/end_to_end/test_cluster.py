"""Many machines: the commands of `compose.yaml` against PostgreSQL, and what survives a crash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psutil
import psycopg
import pytest

from flows.up.services import asked
from tests.end_to_end.composed import Composed, kill_tree
from tests.end_to_end.processes import free_port, wait_until
from tests.flows.postgres import Postgres
from tests.flows.small import given, small_file

PASSWORD = 'only "one" w0rd&%$x'
ENDS = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class Cluster:
    """Servers and workers, and what can be asked of them."""

    def __init__(self, file: Composed, postgres: Postgres) -> None:
        self.file, self.postgres = file, postgres
        self.prefect = f"{file.url('prefect')}/api"
        self.source = small_file(file.home)
        self.workers: list[Any] = []

    def work(self) -> None:
        """One worker more."""
        port = str(free_port())
        process = self.file.start("worker", PREFECT_WORKER_WEBSERVER_PORT=port)
        self.file.ready("worker", process, port)
        self.workers.append(process)

    def deployed(self) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in asked(f"{self.prefect}/deployments/filter", {})}

    def run(self, deployment: str, **fields: Any) -> str:
        """The id of a flow run that was asked for."""
        url = f"{self.prefect}/deployments/{self.deployed()[deployment]['id']}/create_flow_run"
        told = {"params": given(self.source, **fields)} if fields else {}
        return str(asked(url, {"parameters": told})["id"])

    def flow_run(self, id: str) -> dict[str, Any]:
        question = {"flow_runs": {"id": {"any_": [id]}}}
        (found,) = asked(f"{self.prefect}/flow_runs/filter", question)
        return dict(found)

    def _is_over(self, id: str) -> bool:
        try:
            return self.flow_run(id)["state_type"] in ENDS
        except OSError:  # a server whose database is away answers late, or with an error
            return False

    def ended(self, id: str) -> dict[str, Any]:
        """A flow run that has completed."""
        worker = self.workers[0]
        wait_until(lambda: self._is_over(id), worker, pause=0.3)
        found = self.flow_run(id)
        assert found["state_type"] == "COMPLETED", (found["state"], self.file.said())
        return found

    def tracked(self, id: str) -> list[dict[str, Any]]:
        """The parent runs in MLflow of a flow run."""
        api = f"{self.file.url('mlflow')}/api/2.0/mlflow"
        experiments = asked(f"{api}/experiments/search", {"max_results": 100})["experiments"]
        question = {
            "experiment_ids": [one["experiment_id"] for one in experiments],
            "filter": f"tags.`prefect.flow_run_id` = '{id}'",
        }
        return list(asked(f"{api}/runs/search", question).get("runs", []))

    def rows(self, database: str, query: str) -> Any:
        port = int(self.file.ports["5432"])
        where = {"host": "127.0.0.1", "port": port, "user": "forecastle", "password": PASSWORD}
        with psycopg.connect(dbname=database, **where) as connection:  # type: ignore[arg-type]
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """PostgreSQL, both servers, the deployments, and two workers."""
    file = Composed(tmp_path_factory.mktemp("machines") / "forecastle", PASSWORD)
    with file.postgres() as postgres:
        try:
            servers = {name: file.start(name) for name in ("prefect", "mlflow")}
            for name, process in servers.items():
                file.ready(name, process)
            found = Cluster(file, postgres)
            entry = {"params": given(found.source, models=["naive"]), "cron": "0 0 1 1 *"}
            plan = {"forecasts": {"small": entry}}
            (file.home / "forecastle.yaml").write_text(json.dumps(plan), encoding="utf-8")
            assert "By schedule: forecast-small, retrain, score" in file.done("deploy")
            found.work()
            found.work()
            yield found
        finally:
            file.stop()


def test_two_workers_go_on_when_the_database_crashes_and_every_store_has_their_runs(
    cluster: Cluster,
) -> None:
    ids = [cluster.run("backtest", models=["naive", "drift"]), cluster.run("forecast-small")]
    wait_until(lambda: any(map(cluster.tracked, ids)), cluster.workers[0], pause=0.3)
    cluster.postgres.stop()
    cluster.postgres.start()
    under_way = "SELECT id FROM flow_run WHERE state_type = 'RUNNING'"
    assert cluster.rows("prefect", under_way)
    for id in ids:
        cluster.ended(id)
        (run,) = cluster.tracked(id)
        assert run["info"]["status"] == "FINISHED"
        name = run["info"]["run_name"]
        assert (cluster.file.home / "runs" / name / "report.html").exists()
        artifacts = cluster.file.folder / "artifacts"
        assert list(artifacts.glob(f"*/{run['info']['run_id']}/artifacts/results/report.html"))
        query = f"SELECT count(*) FROM runs WHERE name = '{name}'"
        assert cluster.rows("mlflow", query) == [(1,)]
        query = f"SELECT state_type::text FROM flow_run WHERE id = '{id}'"
        assert cluster.rows("prefect", query) == [("COMPLETED",)]
    assert cluster.rows("ledger", "SELECT count(*) FROM issues") == [(1,)]


def test_the_other_worker_goes_on_and_a_run_repeated_changes_nothing(cluster: Cluster) -> None:
    before = cluster.rows("ledger", "SELECT * FROM forecasts ORDER BY 1, 2, 3, 4")
    assert len(before) > 0
    kill_tree(cluster.workers.pop())
    cluster.ended(cluster.run("forecast-small"))
    assert cluster.rows("ledger", "SELECT * FROM forecasts ORDER BY 1, 2, 3, 4") == before


def test_deploying_again_changes_nothing(cluster: Cluster) -> None:
    def there() -> Any:
        found = cluster.deployed()
        limits = {n: one["global_concurrency_limit"]["limit"] for n, one in found.items()}
        ids = {n: (one["id"], [s["slug"] for s in one["schedules"]]) for n, one in found.items()}
        automations = asked(f"{cluster.prefect}/automations/filter", {})
        return ids, limits, [one["id"] for one in automations]

    before = there()
    assert before[1]["backtest"] == 4
    assert before[1]["forecast-small"] == 1
    assert len(before[2]) == 1
    cluster.file.done("deploy")
    assert there() == before


def test_no_program_shows_the_password(cluster: Cluster) -> None:
    alive = [psutil.Process(p.pid) for p in cluster.file.started if p.poll() is None]
    tree = [one for process in alive for one in (process, *process.children(recursive=True))]
    assert len(tree) >= 3
    for process in tree:
        assert PASSWORD not in " ".join(process.cmdline())
        assert PASSWORD not in process.environ().values()
    assert PASSWORD not in cluster.file.said()
    for path in cluster.file.folder.rglob("*"):
        if path.is_file() and path.name != ".pgpass":
            assert PASSWORD.encode() not in path.read_bytes()
    for database in ("prefect", "mlflow", "ledger"):
        tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for (table,) in cluster.rows(database, tables):
            query = f"SELECT count(*) FROM \"{table}\" t WHERE strpos(t::text, 'w0rd&%$x') > 0"
            assert cluster.rows(database, query) == [(0,)]
