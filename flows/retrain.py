"""The flow `retrain`: train anew, and let a better model have the champion's place."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mlflow.entities.model_registry import ModelVersion
from prefect import flow, get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from evaluation.contest import Decision
from features.errors import UserError
from flows import steps, tasks
from flows.artifacts import key_of
from flows.candidates import candidates_of, forget
from flows.contract import Contract
from flows.delivery import Report, delivery
from flows.fanout.runners import require_runner
from flows.fanout.units import fanned_out
from flows.followup import settings_digest
from flows.notify.happened import tell_promotion
from flows.parameters import RetrainParameters
from flows.registry.champion import Champion, Registry, contest, label, model_name
from flows.results import Result
from flows.settings import Settings
from flows.tracking.patience import patiently
from flows.tracking.runs import LiveRun, TrackedRun, await_store, span_of

_AGAIN = "run the same retraining again, which takes up what was trained"
_METRICS = ("mae", "rmse", "mase", "crps", "coverage_90", "skill_vs_naive")


class NothingNewError(UserError):
    """A version of the same data and settings has had its contest."""


@flow(name="retrain")
def retrain(params: RetrainParameters) -> Report:
    """Fetch, validate, fit, backtest, hold challenger against champion, report, log, register.

    The champion changes last, when all evidence is kept: a run that is killed changes nothing.

    Args:
        params: What to train on, and which candidates.

    Raises:
        UserError: input or settings that cannot be used, or a champion that does not fit the data.
    """
    return renew(params)


def renew(params: RetrainParameters, once: bool = False) -> Report:
    """What the flow does.

    Args:
        params: its own.
        once: whether the same data and settings are trained on no second time.

    Raises:
        NothingNewError: they were, and only once is asked for.
    """
    settings = Settings()
    require_runner(settings)
    fetched = tasks.fetch(params)
    params = steps.settle(params, fetched)
    panel, split = tasks.validate(fetched, params)
    await_store(settings)
    registry = Registry(settings.tracking_uri, model_name(params))
    if once and (made := registry.made_of(panel.digest, settings_digest(params))):
        raise NothingNewError(f"{label(made)}, was made of the same data and settings")
    champion = tasks.reigning(registry, panel)
    candidates = candidates_of(params, panel.calendar.season, settings.checkpoints)
    with delivery(settings, params, panel, "retrain") as to:
        with fanned_out(settings, panel) as fan_out:
            tasks.fit_all(candidates, panel, split, to.run, fan_out)
        validation, test = tasks.backtest(candidates, panel, split, params)
        result = Result(params, fetched, panel, split, candidates, validation, test)
        decision = judge(result, champion)
        result = replace(result, decision=decision)
        tasks.report(result, to.draft)
        write_decision(decision, champion, to.draft)
        tasks.log(result, to.run, to.draft)
        register(registry, result, decision, champion, to.run)
    forget(candidates)
    found = Report(result, to.folder, to.run)
    tasks.leave_artifacts(found)
    return found


@task(cache_policy=NO_CACHE)
def judge(result: Result, champion: Champion | None) -> Decision:
    """Whether the challenger takes the champion's place."""
    decision = contest(result, champion)
    get_run_logger().info(decision.sentence)
    return decision


@task(cache_policy=NO_CACHE)
def register(
    registry: Registry,
    result: Result,
    decision: Decision,
    champion: Champion | None,
    run: LiveRun,
) -> None:
    """Enter the challenger into the registry, and the decision into MLflow and Prefect.

    The evidence is in MLflow before the champion changes, and a store that stays away changes none.
    """
    run.settle(_AGAIN)
    child, tags = run.post.id_of(result.chosen), tags_of(result, decision, run)
    version = patiently(
        lambda: crown(registry, child, tags, decision, champion),
        *(run.uri, run.patience, run.tell, _AGAIN),
    )
    run.log().tags(
        **{
            "champion.decision": "promoted" if decision.promoted else "kept",
            "champion.why": decision.sentence,
            "champion.challenger": f"{version.name} version {version.version}",
        }
    )
    create_markdown_artifact(
        as_markdown(decision, champion), key=f"{key_of(run.experiment)}-champion"
    )
    if decision.promoted:
        tell_promotion(run.experiment, decision.sentence, run.link)


def crown(
    registry: Registry,
    child: str,
    tags: Mapping[str, str],
    decision: Decision,
    champion: Champion | None,
) -> ModelVersion:
    """Enter the challenger, and promote it where that was decided; again, it changes nothing."""
    version = registry.enter(child, tags)
    if decision.promoted:
        registry.promote(version, decision.sentence, champion.version if champion else None)
    return version


def tags_of(result: Result, decision: Decision, run: TrackedRun) -> dict[str, str]:
    """What a registered version says of itself."""
    made, row = Contract.of(result.panel, result.split), result.leaderboard.loc[result.chosen]
    return {
        "model": result.chosen,
        "settings": settings_digest(result.parameters),
        **span_of(result.panel),
        "fitted.until": str(made.fitted_until),
        "chosen.until": str(made.chosen_until),
        "contest": decision.sentence,
        "run": run.id,
        **{f"metric.{name}": f"{row[name]:.6g}" for name in _METRICS if name in row},
    }


def write_decision(decision: Decision, champion: Champion | None, folder: Path) -> None:
    """Leave the decision and its evidence in the run's folder."""
    found = decision.plain() | {"champion": champion.label if champion else None}
    text = json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    (folder / "champion.json").write_text(text, encoding="utf-8")
    (folder / "champion.md").write_text(as_markdown(decision, champion), encoding="utf-8")


def as_markdown(decision: Decision, champion: Champion | None) -> str:
    """The decision, then its evidence as a table."""
    lines = ["# Champion and challenger", "", decision.sentence, ""]
    if champion is not None:
        lines += [f"The champion was {champion.label}.", ""]
    if decision.evidence is not None:
        rows = decision.plain()["evidence"].items()
        lines += ["| Evidence | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    return "\n".join(lines) + "\n"
