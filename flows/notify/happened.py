"""What a flow tells of beside its end: drift and promotions, as events of the Prefect server.

An event without a server, or without an automation that waits for it, does nothing.
"""

from __future__ import annotations

from mlflow.tracking import MlflowClient
from prefect import runtime
from prefect.events import emit_event
from prefect.settings import PREFECT_API_URL

from evaluation.drift import MAJOR, input_sentences, worst_state
from evaluation.error_drift import RISEN, error_sentences
from evaluation.followup import FollowUp
from flows.results import Result
from flows.tracking.patience import saying_when_away
from flows.tracking.runs import TrackedRun

PREFIX = "forecastle"
DRIFT, PROMOTION, TEST = KINDS = ("drift", "promotion", "test")
_SAME = ("source", "data.series")
"""Tags that are equal in runs which forecast the same series."""


def tell(kind: str, experiment: str, text: str, run: str | None = None) -> None:
    """Emit an event, where a server is there to take it.

    Args:
        kind: one of `KINDS`.
        experiment: what it is about.
        text: a sentence or two, for people.
        run: link to the run; that of the flow run in Prefect where None.
    """
    if runtime.flow_run.id is None and not PREFECT_API_URL.value():
        return  # else Prefect would start a server of its own to take it
    emit_event(
        f"{PREFIX}.{kind}",
        resource={
            "prefect.resource.id": f"{PREFIX}.experiment.{experiment}",
            "prefect.resource.name": experiment,
        },
        payload={"text": text, "experiment": experiment, "run": run},
    )


def tell_drift(run: TrackedRun, followup: FollowUp | None, result: Result | None = None) -> None:
    """Tell of drift that the run before had not found: the same drift is told once.

    Args:
        run: that found it, in which it is noted what was told.
        followup: of earlier forecasts, for the drift of errors.
        result: of a forecast, for the drift of inputs.
    """
    found: dict[str, list[str]] = {}
    if result is not None:
        major = result.drift[result.drift["state"] == MAJOR]
        found["inputs"] = input_sentences(major) if worst_state(major) == MAJOR else []
    if followup is not None:
        found["errors"] = error_sentences(followup.drift) if followup.state == RISEN else []
    with saying_when_away(run.uri):
        new = [one for kind, said in found.items() if not _told(run, kind) for one in said]
        if new:
            tell(DRIFT, run.experiment, f"{run.experiment}: {'. '.join(new)}.", run.link)
        for kind, said in found.items():
            MlflowClient().set_tag(run.id, f"told.{kind}", "drift" if said else "no drift")


def tell_promotion(experiment: str, sentence: str, link: str | None = None) -> None:
    """Tell of a new champion, by a contest or by hand."""
    tell(PROMOTION, experiment, f"{experiment}: {sentence}", link)


def _told(run: TrackedRun, kind: str) -> bool:
    """Whether the run before it of the same series has told of this drift."""
    client, key = MlflowClient(), f"told.{kind}"
    mine = client.get_run(run.id).data.tags
    before = client.search_runs(
        [run.experiment_id],
        f"tags.`{key}` != ''",
        order_by=["attributes.start_time DESC"],
        max_results=100,
    )
    same = (r.data.tags for r in before if all(r.data.tags[t] == mine[t] for t in _SAME))
    return next((tags[key] == "drift" for tags in same), False)
