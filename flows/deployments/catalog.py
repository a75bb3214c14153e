"""Everything that can be started from the Prefect server, in one place.

`prefect.yaml` says the same for a server and pool of one's own; it is made of this by
`python -m flows.deployments.catalog > prefect.yaml`.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
from prefect.client.schemas.schedules import SCHEDULE_TYPES, CronSchedule
from prefect.flows import Flow, load_flow_from_entrypoint
from prefect.utilities.callables import parameter_schema

from flows.deployments.plan import SCORING, Plan, retrain_parameters
from flows.invocation import parameters_of
from flows.parameters import Parameters
from flows.up.services import POOL

TAG = "forecastle"
USUAL = ("stocks", "weather")
"""Forecasts that there is a deployment of in any case."""


@dataclass(frozen=True)
class Schedule:
    """When a deployment runs by itself, and with which parameters beside its own."""

    name: str
    at: SCHEDULE_TYPES
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """A flow with its parameters; of its runs so many work at once, others wait."""

    name: str
    entrypoint: str
    description: str
    parameters: dict[str, Any]
    schedules: tuple[Schedule, ...] = ()
    at_once: int = 1


def deployments(plan: Plan) -> list[Deployment]:
    """All of them: two forecasts and those of the plan, which alone have schedules."""
    names = dict.fromkeys((*USUAL, *plan.forecasts))
    return [
        *(_forecast(name, plan) for name in names),
        Deployment(
            "backtest",
            "flows.backtest.backtest",
            "Compare models on a source, with or without refits on the way.",
            {"params": _told(parameters_of("backtest", USUAL[0], None, {}, []))},
        ),
        Deployment(
            "search",
            "flows.search.search",
            "Search settings for the networks, then judge the best of them.",
            {"params": _told(parameters_of("search", USUAL[0], None, {}, []))},
        ),
        Deployment(
            "retrain",
            "flows.deployments.scheduled.scheduled_retrain",
            "Train anew; a better model becomes the champion, which makes the forecasts.",
            {"params": _told(retrain_parameters(plan.parameters(USUAL[0])))},
            tuple(_retraining(plan)),
        ),
        Deployment(
            "score",
            "flows.deployments.scheduled.scheduled_score",
            "Hold earlier forecasts against what has come since.",
            {"params": _told(plan.parameters(USUAL[0]))},
            tuple(_scoring(name, plan) for name in plan.forecasts),
        ),
        Deployment(
            "audit",
            "flows.deployments.scheduled.audit",
            "Look for leaks of the future in a source and in every step.",
            {"params": _told(parameters_of("backtest", USUAL[0], None, {}, []))},
        ),
        Deployment(
            "text",
            "flows.text.flow.text",
            "Train the text models of the course, chapter by chapter.",
            {"params": {"chapters": [1, 2, 3, 4]}},
        ),
    ]


def _forecast(name: str, plan: Plan) -> Deployment:
    by_itself = name in plan.forecasts
    return Deployment(
        f"forecast-{name}",
        "flows.deployments.scheduled.scheduled_forecast",
        f"Forecast {name}, and enter what was forecast into the ledger.",
        {"params": _told(plan.parameters(name))},
        (Schedule(name, plan.schedule(name)),) if by_itself else (),
    )


def _retraining(plan: Plan) -> Iterator[Schedule]:
    for name in plan.forecasts:
        if (at := plan.retraining(name)) is not None:
            told = {"params": _told(retrain_parameters(plan.parameters(name)))}
            yield Schedule(name, at, told)


def _scoring(name: str, plan: Plan) -> Schedule:
    told = {"params": _told(plan.parameters(name))}
    return Schedule(name, CronSchedule(cron=SCORING, timezone="UTC"), told)


def _told(parameters: Parameters) -> dict[str, Any]:
    """What the form begins with: what differs from the defaults, and the source."""
    given = parameters.model_dump(mode="json", exclude_defaults=True)
    return {"source": parameters.source} | given


def register(client: SyncPrefectClient, wanted: list[Deployment]) -> None:
    """Make or bring up to date what is wanted, and remove of ours what no longer is."""
    kept = {_register(client, one) for one in wanted}
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    for found in client.read_deployments(deployment_filter=ours):
        if found.id not in kept:
            client.delete_deployment(found.id)


def _register(client: SyncPrefectClient, one: Deployment) -> Any:
    flow: Flow[..., Any] = load_flow_from_entrypoint(one.entrypoint)
    return client.create_deployment(
        client.create_flow_from_name(flow.name),
        one.name,
        description=one.description,
        entrypoint=one.entrypoint,
        parameters=one.parameters,
        parameter_openapi_schema=parameter_schema(flow).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        work_pool_name=POOL,
        # A command of one's own spares a process that would look for the code first.
        job_variables={"command": shlex.join([sys.executable, "-m", "prefect.engine"])},
        tags=[TAG],
        schedules=[
            DeploymentScheduleCreate(schedule=s.at, parameters=s.parameters, slug=s.name)
            for s in one.schedules
        ],
        concurrency_limit=one.at_once,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
    )


def as_yaml(wanted: list[Deployment]) -> dict[str, Any]:
    """The same as `prefect deploy --all` takes it, without schedules."""
    return {
        "name": "forecastle",
        "deployments": [
            {
                "name": one.name,
                "description": one.description,
                "entrypoint": one.entrypoint,
                "tags": [TAG],
                "parameters": one.parameters,
                "schedules": [],
                "concurrency_limit": {"limit": one.at_once, "collision_strategy": "ENQUEUE"},
                "work_pool": {"name": POOL},
            }
            for one in wanted
        ],
    }


HEAD = """\
# Made by `python -m flows.deployments.catalog > prefect.yaml`, for a Prefect server of your own:
#   prefect work-pool create forecastle --type process
#   prefect --no-prompt deploy --all
# `forecastle up` does without this file. Schedules: docs/operations.md.
"""

if __name__ == "__main__":
    sys.stdout.write(HEAD + yaml.safe_dump(as_yaml(deployments(Plan())), sort_keys=False))
