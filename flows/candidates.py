"""Candidates: forecasters by name and settings, whose training survives being killed."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from features.normalize import Scaling
from features.panel import Floats, Integers, Panel
from features.splits import Split
from flows.files import folder_at_once, hidden_folder, intact
from flows.parameters import Parameters
from models.classical import Classical
from models.ensemble import Ensemble
from models.forecaster import NetworkForecaster
from models.registry import AnyForecaster, Recipe, build, load, save, start_from
from models.training import Epoch, TrainingRun


@dataclass
class Candidate:
    """A forecaster that is built when it is fitted, and read back where it was fitted before.

    With a folder for checkpoints, a fit that was killed goes on from its last epoch, and a fit
    that had ended is not repeated, as long as the data up to the end of the validation range, the
    split, the settings and the versions of the libraries that fit are the same; and, with a warm
    start, those of the fits before it.
    """

    name: str
    recipe: Recipe
    checkpoints: Path | None = None
    warm_start: bool = False
    """Each fit after the first begins from the weights of the one before it."""
    watch: Callable[[Epoch], None] | None = None
    """Called after each epoch that this process does; what it raises ends the training."""
    horizon: int = field(init=False)
    forecaster: AnyForecaster | None = field(default=None, init=False)
    history: list[Epoch] = field(default_factory=list, init=False)
    """Epochs of the last training, also of the part that an earlier process did."""
    trained: int = field(default=0, init=False)
    """Those that this process did."""
    seconds: float = field(default=0.0, init=False)
    place: Path | None = field(default=None, init=False)
    """Where the last fit's checkpoint is, until the run that it belongs to has ended well."""
    last_fit: str | None = field(default=None, init=False)
    """The digest of the last fit."""

    def __post_init__(self) -> None:
        self.horizon = self.recipe.horizon

    def fit(self, panel: Panel, split: Split) -> None:
        """Train on `split`, or take up what an earlier process left."""
        began, self.trained = time.perf_counter(), 0
        self.last_fit = self.digest(panel, split, self.last_fit if self.warm_start else None)
        if self.checkpoints is not None:
            self.place = self.checkpoints / self.last_fit
            drop_if_damaged(self.place)
        if self.place is None or not self._take_up(self.place):
            self._train(panel, split)
        self.seconds = time.perf_counter() - began

    @property
    def taken_up(self) -> int:
        """Epochs of the training that an earlier process did."""
        return len(self.history) - self.trained

    def anew(self, warm_start: bool = False) -> Candidate:
        """The same candidate, not fitted."""
        return Candidate(self.name, self.recipe, self.checkpoints, warm_start)

    def is_kept(self, panel: Panel, split: Split) -> bool:
        """Whether a fit is no more than reading what an earlier one left."""
        place = self.checkpoints and self.checkpoints / self.digest(panel, split)
        return place is not None and (place / "fitted").is_dir()

    def join(self, parts: Sequence[Candidate], panel: Panel, split: Split) -> None:
        """Be fitted on all series, of parts that were each fitted on some of them.

        Args:
            parts: of a model that fits each series alone, in the order of the series.
            panel: all series.
            split: what the parts have learned from.
        """
        whole = build(self.name, self.recipe)
        assert isinstance(whole, Classical)
        whole.join([part.fitted for part in parts if isinstance(part.fitted, Classical)])
        self.forecaster, self.last_fit = whole, self.digest(panel, split)
        if self.checkpoints is not None:
            self.place = self.checkpoints / self.last_fit
            self._leave(self.place)

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        """[S, O, H] from `origins` ([O])."""
        return self.fitted.forecast(panel, origins)

    def quantiles(self, panel: Panel, origins: Integers) -> Floats | None:
        """[S, O, H, Q] from `origins` ([O]), None from what forecasts one value alone."""
        return self.fitted.quantiles(panel, origins)

    @property
    def fitted(self) -> AnyForecaster:
        """The forecaster inside, once fitted."""
        if self.forecaster is None:
            raise RuntimeError(f"{self.name} is not fitted yet")
        return self.forecaster

    def digest(self, panel: Panel, split: Split, before: str | None = None) -> str:
        """Names what a fit would give: equal digests, equal weights.

        A fit reads nothing after the validation range, so nothing after it counts.

        Args:
            panel: the series.
            split: what to learn from.
            before: digest of the fit whose weights this one begins from.
        """
        r, known = self.recipe, panel.until(split.validation.stop - 1)
        settings = [asdict(s) for s in (r.network, r.training, r.scaling)]
        cuts = [[part.start, part.stop] for part in (split.train, split.validation)]
        versions = [version(library) for library in ("torch", "statsforecast", "scikit-learn")]
        facts = [self.name, r.horizon, r.season, settings, cuts, known.digest, before, versions]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]

    def _train(self, panel: Panel, split: Split) -> None:
        def count(epoch: Epoch) -> None:
            self.trained += 1
            if self.watch:
                self.watch(epoch)

        checkpoint = self.place / "training.safetensors" if self.place else None
        alone = multiprocessing.parent_process() is None  # several bars would overwrite each other
        run = TrainingRun(checkpoint, on_epoch=count, progress=alone)
        built = build(self.name, replace(self.recipe, run=run))
        if self.warm_start and self.forecaster is not None:
            start_from(built, self.forecaster)
        built.fit(panel, split)
        self.forecaster = built
        self.history = list(getattr(self.forecaster, "history", []))
        if self.place:
            self._leave(self.place)

    def _take_up(self, place: Path) -> bool:
        try:
            lines = json.loads((place / "fitted" / "history.json").read_text(encoding="utf-8"))
            self.forecaster = load(place / "fitted")
        except FileNotFoundError:  # none, or another process of the same settings has ended
            return False
        self.history = [Epoch(**line) for line in lines]
        return True

    def _leave(self, place: Path) -> None:
        try:
            with folder_at_once(place / "fitted") as folder:
                save(self.fitted, folder)
                lines = [asdict(epoch) for epoch in self.history]
                (folder / "history.json").write_text(json.dumps(lines), encoding="utf-8")
        except OSError:
            if not (place / "fitted").is_dir():
                raise  # else another process of the same settings was quicker


def candidates_of(
    parameters: Parameters, season: int, checkpoints: Path | None = None
) -> list[Candidate]:
    """One candidate, not fitted yet, for each model that `parameters` names."""
    p = parameters
    recipe = Recipe(p.horizon, season, p.network, p.training, p.scaling or Scaling())
    return [Candidate(name, recipe, checkpoints) for name in p.models]


def ensemble_of(candidates: Sequence[Candidate]) -> Candidate:
    """Fitted networks of whatever settings as one candidate, `ensemble`, the mean of them all."""
    fitted = [candidate.fitted for candidate in candidates]
    together = Candidate("ensemble", candidates[0].recipe)
    together.forecaster = Ensemble(
        together.name, [one for one in fitted if isinstance(one, NetworkForecaster)]
    )
    return together


def forget(candidates: Iterable[Candidate]) -> None:
    """Remove the checkpoints of a run that has ended well."""
    for candidate in candidates:
        if candidate.place:
            remove(candidate.place)


def remove(place: Path) -> None:
    """Remove a checkpoint, so that no part of it is ever found where all of it is expected."""
    if place.exists():
        with hidden_folder(place) as gone, suppress(FileNotFoundError):  # another one does the same
            place.rename(gone / place.name)


def drop_if_damaged(place: Path) -> None:
    """Remove a checkpoint that cannot be read to its end: the fit then begins anew."""
    files = [*place.glob("*.safetensors"), *place.glob("*.npz"), *place.glob("fitted/*")]
    try:
        damaged = [path for path in files if not intact(path)]
    except FileNotFoundError:
        return  # another process of the same settings has ended
    if damaged:
        logging.getLogger(__name__).warning(f"{damaged[0]} is damaged; its fit begins anew")
        remove(place)
