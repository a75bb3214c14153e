"""The trials of a search: an Optuna study in a file, and the weights of its best trials beside it.

Every trial seeds the sampler from (seed, trials done), and a trial whose process was killed is
drawn again and its training taken up, so a search that was killed and started again finds what one
that never stopped finds. The first trial of each network is of the settings that were given.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import optuna
import torch
from optuna.distributions import BaseDistribution, distribution_to_json
from optuna.pruners import MedianPruner
from optuna.samplers import TPESampler
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import SQLAlchemyError

from evaluation.backtest import backtest
from evaluation.leaderboard import overall
from features.errors import UserError
from features.panel import Panel
from features.splits import Split
from flows.candidates import Candidate, candidates_of, ensemble_of, forget
from flows.database import parsed, unusable
from flows.parameters import SearchParameters
from flows.settings import Settings
from flows.space import drawn, given, space
from flows.tracking.runs import left_behind, process_tags
from models.registry import Recipe
from models.training import Epoch

DONE = (TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Trials:
    """A study, and what its trials are made of."""

    study: optuna.Study
    space: dict[str, BaseDistribution]
    base: Recipe
    parameters: SearchParameters
    panel: Panel
    split: Split
    weights: Path
    """Folder of the checkpoint of the trial under way and of the best trials' weights."""

    @property
    def done(self) -> list[FrozenTrial]:
        """Trials that ended, to the last epoch or pruned."""
        return self.study.get_trials(deepcopy=False, states=DONE)

    def candidate(self, trial: FrozenTrial | optuna.Trial) -> Candidate:
        """The forecaster of a trial, not fitted yet."""
        name = trial.params.get("model", self.parameters.networks[0])
        return Candidate(name, drawn(trial.params, self.base), self.weights)

    def advance(self) -> FrozenTrial:
        """Do one more trial, or the rest of one that was killed."""
        self._queue()
        seed = self.base.training.seed * 100_003 + len(self.done)
        self.study.sampler = TPESampler(seed=seed % 2**32)
        trial = self.study.ask(self.space)
        for key, tag in process_tags().items():
            trial.set_user_attr(key, tag)
        candidate = self.candidate(trial)
        try:
            objective = self._objective(candidate, trial)
        except (optuna.TrialPruned, FloatingPointError, torch.OutOfMemoryError):
            forget([candidate])
            ended = self.study.tell(trial, state=TrialState.PRUNED)
        else:
            ended = self.study.tell(trial, objective)
        self._drop_weights()
        return ended

    def best(self) -> list[Candidate]:
        """The `top` trials of lowest validation MAE, no settings twice, not fitted yet.

        Raises:
            UserError: no trial ended with a forecast.
        """
        found = list(self._ranked().values())[: self.parameters.top]
        if not found:
            raise UserError(
                f"none of the {len(self.done)} trials gave a finite validation loss; check the "
                "data, or lower training.learning_rate"
            )
        return found

    def judged(self) -> list[Candidate]:
        """What is judged in the end, fitted: the others, the best trial, the ensemble of the best.

        The weights are those that the trials have left; where they are gone, they are trained again
        to be the same.
        """
        best = self.best()
        others = [Candidate(name, best[0].recipe) for name in self.parameters.others]
        for candidate in (*others, *best):
            candidate.fit(self.panel, self.split)
        return [*others, best[0], *([ensemble_of(best)] if len(best) > 1 else [])]

    def _ranked(self) -> dict[str, Candidate]:
        """Digest -> candidate of each trial that was not pruned, lowest objective first."""
        ended = self.study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
        found: dict[str, Candidate] = {}
        for trial in sorted(ended, key=lambda t: (t.value, t.number)):
            candidate = self.candidate(trial)
            found.setdefault(candidate.digest(self.panel, self.split), candidate)
        return found

    def _objective(self, candidate: Candidate, trial: optuna.Trial) -> float:
        """The MAE over the validation range in original units, mean over series."""

        def watch(epoch: Epoch) -> None:
            trial.report(epoch.validation_loss, epoch.number)
            if trial.should_prune():
                raise optuna.TrialPruned

        earlier = trial.user_attrs.get("goes_on_from")
        if earlier is not None:
            for step, loss in self.study.trials[earlier].intermediate_values.items():
                trial.report(loss, step)
        candidate.watch = watch
        candidate.fit(self.panel, self.split)
        p = self.parameters
        origins = self.split.origins("validation", p.horizon, p.stride)
        judged = backtest([candidate], self.panel, origins)
        mae = overall(judged, "mae")[candidate.name]
        if not math.isfinite(mae):
            raise FloatingPointError("the forecast of the validation range was not finite")
        return mae

    def _queue(self) -> None:
        """Put what is not to be drawn in front: trials that were killed, then what was given."""
        for trial in self.study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if left_behind(trial.user_attrs):
                self.study.tell(trial.number, state=TrialState.FAIL)
                self.study.enqueue_trial(trial.params, {"goes_on_from": trial.number})
        waiting = self.study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
        for network in self.parameters.networks[len(self.done) :][:1]:
            if not waiting:
                self.study.enqueue_trial(given(self.space, network, self.base))

    def _drop_weights(self) -> None:
        """Remove the weights of trials that are not among the best, and never will be."""
        kept = list(self._ranked())[: self.parameters.top]
        for trial in self.done:
            digest = self.candidate(trial).digest(self.panel, self.split)
            if digest not in kept:
                shutil.rmtree(self.weights / digest, ignore_errors=True)


@contextmanager
def opened(
    settings: Settings, parameters: SearchParameters, panel: Panel, split: Split
) -> Iterator[Trials]:
    """The study of this data, split, space and settings, as far as it has come."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    base = candidates_of(parameters, panel.calendar.season)[0].recipe
    distributions = space(parameters.networks, parameters.tune, base, panel, split)
    name = _digest(distributions, base, parameters, panel, split)
    settings.searches.mkdir(parents=True, exist_ok=True)
    storage = _storage(settings)
    try:
        study = optuna.create_study(
            study_name=name,
            storage=storage,
            load_if_exists=True,
            pruner=MedianPruner(n_startup_trials=5, n_warmup_steps=base.training.epochs // 5),
        )
        weights = settings.searches / name
        yield Trials(study, distributions, base, parameters, panel, split, weights)
    finally:
        storage.remove_session()
        storage.engine.dispose()


def _storage(settings: Settings) -> RDBStorage:
    url = parsed(settings.studies, "FORECASTLE_STUDIES_URL")
    try:
        return RDBStorage(url.render_as_string(hide_password=False))
    except (ImportError, SQLAlchemyError) as error:
        raise unusable("the database of searches", url, error, "FORECASTLE_STUDIES_URL") from error


def _digest(
    distributions: dict[str, BaseDistribution],
    base: Recipe,
    parameters: SearchParameters,
    panel: Panel,
    split: Split,
) -> str:
    """Names a study: equal digests, equal trials."""
    drawn_from = {key: distribution_to_json(d) for key, d in distributions.items()}
    settings = [asdict(s) for s in (base.network, base.training, base.scaling)]
    cuts = [[part.start, part.stop] for part in (split.train, split.validation)]
    task = [parameters.networks, parameters.horizon, parameters.stride, base.season]
    facts = [task, drawn_from, settings, cuts, panel.digest, torch.__version__]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
