"""What a run leaves behind: a folder of results and an MLflow run, both whole or not at all.

An MLflow store that went away is no reason to lose the folder: it is there before the run waits.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from prefect import runtime

from features.panel import Panel
from flows.files import file_name, folder_at_once
from flows.parameters import Parameters
from flows.results import Result
from flows.settings import Settings
from flows.tracking.runs import LiveRun, TrackedRun, experiment_name, span_of, tracked_run


@dataclass(frozen=True)
class Delivery:
    """Where the run that is under way writes."""

    run: LiveRun
    draft: Path
    """Takes the place of `folder` when the run has ended well."""
    folder: Path


@dataclass(frozen=True)
class Report:
    """What a flow returns."""

    result: Result
    folder: Path
    """Tables, figures and the HTML report."""
    run: TrackedRun


@contextmanager
def delivery(
    settings: Settings, parameters: Parameters, panel: Panel, flow: str
) -> Iterator[Delivery]:
    """Open the MLflow run and a draft folder of a flow run.

    Raises:
        UserError: the MLflow store does not answer.
    """
    domain = file_name(experiment_name(parameters))
    name = f"{domain}-{flow}-{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    tags = {
        "flow": flow,
        "source": parameters.source,
        "prefect.flow_run_id": str(runtime.flow_run.id),
        "prefect.flow_run_name": str(runtime.flow_run.name),
        **span_of(panel),
    }
    folder = settings.runs / name
    with tracked_run(settings, parameters, name, tags) as run, folder_at_once(folder) as draft:
        yield Delivery(run, draft, folder)
