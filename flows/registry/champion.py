"""The champion: the model in MLflow's registry that forecasts are made by until a better one comes.

One registered model serves one experiment and horizon, such as `weather-h7`. Its aliases say who is
who: `champion` forecasts, `challenger` was last refused, `previous` is what a rollback returns to.
Why a version is where it is stands in its tags, and so does whose place it took. So the alias
`champion` alone decides: a change that is cut short has happened or has not.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.tracking import MlflowClient

from evaluation.backtest import Backtest, beside_targets, forecast_origins
from evaluation.conformal import calibrated
from evaluation.contest import CHALLENGER, CHAMPION, Decision, decide
from evaluation.kinds import REFERENCES
from evaluation.protocol import Forecaster
from features.errors import UserError
from features.panel import Integers, Panel
from features.sources import SOURCES
from features.splits import Split
from flows.candidates import Candidate
from flows.contract import Contract
from flows.files import file_name
from flows.parameters import Parameters
from flows.results import Appointed, Result
from flows.tracking.patience import saying_when_away, use_store
from flows.tracking.post import only
from models.ensemble import Ensemble
from models.registry import AnyForecaster, Recipe, build, load
from models.settings import NetworkSettings

PREVIOUS = "previous"
_OVER = "champion.over"
"""Tag of a champion: the version that it took the place of."""


def model_name(parameters: Parameters) -> str:
    """The registered model of an experiment and horizon; known before anything is fetched."""
    p = parameters
    experiment = p.experiment or (p.source if p.source in SOURCES else Path(p.source).stem)
    return f"{file_name(experiment)}-h{p.horizon}"


@dataclass(frozen=True)
class Champion:
    """A version in use, loaded."""

    version: ModelVersion
    forecaster: AnyForecaster
    contract: Contract

    @property
    def label(self) -> str:
        """`gru-direct, version 3 of weather-h7`."""
        return label(self.version)

    @property
    def appointed(self) -> Appointed:
        """What a report says of its choice."""
        tags = self.version.tags
        why = f"Use {self.label}: champion since {tags['champion.since'][:10]}."
        return Appointed(self.forecaster.name, f"{why} {tags['champion.why']}")

    def split(self, panel: Panel, horizon: int) -> Split:
        """All steps after those that it was made on are its test range.

        Raises:
            UserError: the panel lacks those steps, or there are too few after them.
        """
        ends = (self.contract.fitted_until, self.contract.chosen_until)
        a, b = (int(panel.stamps.searchsorted(end, side="right")) for end in ends)
        if a == 0 or b - a < horizon or panel.steps - b < horizon:
            raise UserError(
                f"the data from {panel.stamps[0]} to {panel.stamps[-1]} does not reach from the "
                f"training of {self.label}, which ended on {ends[0]}, to {horizon} steps after "
                f"{ends[1]}, as its intervals need; give that span, or run forecastle retrain"
            )
        return Split(range(0, a), range(a, b), range(b, panel.steps))

    def candidates(self, horizon: int, season: int) -> list[Candidate]:
        """Itself, and the naive references beside it."""
        first = self.forecaster
        first = first.members[0] if isinstance(first, Ensemble) else first
        network = getattr(first, "network", None) or NetworkSettings()
        recipe = Recipe(horizon, season, network)
        own = Candidate(self.forecaster.name, recipe)
        own.forecaster = self.forecaster
        others = [Candidate(name, recipe) for name in REFERENCES if name != own.name]
        for other in others:
            other.forecaster = build(other.name, recipe)  # a rule, which learns nothing
        return [own, *others]


class Registry:
    """The versions of one registered model."""

    def __init__(self, uri: str, name: str) -> None:
        use_store(uri)
        self.uri, self.name, self.client = uri, name, MlflowClient()

    def aliases(self) -> dict[str, str]:
        """Alias to version, as after changes that were not cut short."""
        with saying_when_away(self.uri):
            return self._aliases()

    def holder(self, alias: str = CHAMPION) -> ModelVersion | None:
        """The version that has an alias."""
        version = self.aliases().get(alias)
        with saying_when_away(self.uri):
            return None if version is None else self.client.get_model_version(self.name, version)

    def require(self) -> ModelVersion:
        """The champion.

        Raises:
            UserError: there is none.
        """
        held = self.holder()
        if held is None:
            raise UserError(
                f"the MLflow registry holds no champion '{self.name}'{self._others()}; run "
                "forecastle retrain with the same source and horizon first"
            )
        return held

    def load(self, version: ModelVersion) -> Champion:
        """A version with its weights, from its saved state."""
        with saying_when_away(self.uri), tempfile.TemporaryDirectory() as scratch:
            uri = f"models:/{self.name}/{version.version}"
            kept = Path(mlflow.artifacts.download_artifacts(uri, dst_path=scratch))
            folder = kept / "artifacts" / "forecaster"
            return Champion(version, load(folder), Contract.read(folder))

    def enter(self, run_id: str, tags: Mapping[str, str]) -> ModelVersion:
        """Register the model that a run has logged, once, as the challenger."""
        outputs = self.client.get_run(run_id).outputs
        assert outputs is not None
        model = outputs.model_outputs[0].model_id
        if not self.client.search_registered_models(f"name = '{self.name}'"):
            self.client.create_registered_model(self.name)
        of_run = f"name = '{self.name}' and run_id = '{run_id}'"
        version: ModelVersion = only(
            lambda: self.client.search_model_versions(of_run),
            lambda: self.client.create_model_version(
                self.name, f"models:/{model}", run_id, dict(tags), model_id=model
            ),
            lambda one: self.client.delete_model_version(self.name, one.version),
        )
        self.client.set_registered_model_alias(self.name, CHALLENGER, version.version)
        return version

    def promote(self, version: ModelVersion, why: str, over: ModelVersion | None) -> None:
        """Make a version the champion in place of `over`; again, it finishes what was cut short.

        Raises:
            UserError: the champion is not `over` any more.
        """
        held = self._aliases().get(CHAMPION)
        if held not in (str(over.version) if over else None, str(version.version)):
            raise UserError(
                f"the champion '{self.name}' is version {held} now, because another run changed it "
                "while this one was under way; run this one again"
            )
        self._crown(version, why, over)

    def made_of(self, data: str, settings: str) -> ModelVersion | None:
        """A version of this data and these settings, whose run has ended well; None without one."""
        asked = f"name = '{self.name}' and tags.`data.digest` = '{data}'"
        with saying_when_away(self.uri):
            for found in self.client.search_model_versions(
                f"{asked} and tags.settings = '{settings}'"
            ):
                if self.client.get_run(found.tags["run"]).info.status == "FINISHED":
                    return found
        return None

    def rollback(self) -> tuple[ModelVersion, ModelVersion]:
        """Let champion and previous champion change places; return the new and the old champion.

        Raises:
            UserError: there is no champion, or none before it.
        """
        old, new = self.require(), self.holder(PREVIOUS)
        if new is None or new.version == old.version:
            raise UserError(
                f"{label(old)} is the first champion, so there is none to roll back to; run "
                "forecastle retrain for another"
            )
        with saying_when_away(self.uri):
            self._crown(new, f"Rolled back by hand from version {old.version}.", old)
        return new, old

    def _crown(self, version: ModelVersion, why: str, over: ModelVersion | None) -> None:
        since = f"{pd.Timestamp.now('UTC'):%Y-%m-%dT%H:%M:%SZ}"
        tags = {"champion.since": since, "champion.why": why[:5000]}
        if over is not None:
            tags[_OVER] = str(over.version)
        for key, value in tags.items():
            self.client.set_model_version_tag(self.name, version.version, key, value)
        self.client.set_registered_model_alias(self.name, CHAMPION, version.version)
        if over is not None:
            self.client.set_registered_model_alias(self.name, PREVIOUS, over.version)
        aliases = self.client.get_registered_model(self.name).aliases
        if str(aliases.get(CHALLENGER)) == str(version.version):
            self.client.delete_registered_model_alias(self.name, CHALLENGER)

    def _aliases(self) -> dict[str, str]:
        found = self.client.search_registered_models(f"name = '{self.name}'")
        aliases = {k: str(v) for one in found for k, v in one.aliases.items()}
        champion = aliases.get(CHAMPION)
        if champion:
            tags = self.client.get_model_version(self.name, champion).tags
            aliases |= {PREVIOUS: tags[_OVER]} if _OVER in tags else {}
        return {k: v for k, v in aliases.items() if k == CHAMPION or v != champion}

    def _others(self) -> str:
        """The horizons that there are champions of, as a hint."""
        stem = self.name.rpartition("-h")[0]
        found = self.client.search_registered_models(f"name LIKE '{stem}-h%'")
        names = [one.name for one in found if CHAMPION in one.aliases]
        return f" (it holds {', '.join(names)})" if names else ""


def reigning(registry: Registry, panel: Panel) -> Champion | None:
    """The champion as it was saved; None where there is none.

    Raises:
        UserError: it cannot forecast the panel.
    """
    held = registry.holder()
    if held is None:
        return None
    champion = registry.load(held)
    champion.contract.require_fit(panel, f"the champion {champion.label}")
    return champion


def label(version: ModelVersion) -> str:
    """`gru-direct, version 3 of weather-h7`."""
    return f"{version.tags.get('model')}, version {version.version} of {version.name}"


def contest(result: Result, champion: Champion | None) -> Decision:
    """Whether the model that a retraining chose is to be the champion.

    Both forecast the origins of the test range whose targets all come after what the champion, too,
    was fitted and chosen on. Intervals begin with the errors on those origins of the validation
    range that the champion was not fitted on.
    """
    if champion is None:
        return Decision(
            True,
            f"{result.chosen} is the first champion: there was none before, so it was compared "
            "with none.",
        )
    p, panel = result.parameters, result.panel
    cutoffs = {
        "validation": champion.contract.fitted_until,
        "test": champion.contract.chosen_until,
    }
    before, fair = (
        _after(panel, getattr(result, part).origins, cutoff) for part, cutoff in cutoffs.items()
    )
    if not len(fair):
        return decide(None)
    challenger = next(c for c in result.candidates if c.name == result.chosen)
    both = {CHAMPION: champion.forecaster, CHALLENGER: challenger.fitted}
    parts = [_side_by_side(both, panel, part, p.horizon) for part in (before, fair) if len(part)]
    return decide(calibrated(parts[-1], *parts[:-1]))


def _after(panel: Panel, origins: Integers, cutoff: pd.Timestamp) -> Integers:
    """Origins whose first target, and so every one, comes after `cutoff`."""
    return origins[np.asarray(panel.stamps[origins + 1] > cutoff)]


def _side_by_side(
    both: Mapping[str, Forecaster], panel: Panel, origins: Integers, horizon: int
) -> Backtest:
    given = {role: forecast_origins(one, panel, origins) for role, one in both.items()}
    return beside_targets(panel, origins, horizon, given)
