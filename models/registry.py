"""Every forecaster by name, and how a fitted one is kept on disk: tensors and plain values only."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any, get_args

import torch

from features.errors import UserError
from features.normalize import Scaling
from models.arima import AutoARIMA
from models.baselines import Baseline, Drift, Naive, SeasonalNaive
from models.boosting import Boosting
from models.ensemble import Ensemble
from models.ets import AutoETS
from models.forecaster import NetworkForecaster
from models.ridge import Ridge
from models.rival import Rival
from models.settings import Cell, NetworkSettings, Strategy, TrainingSettings
from models.theta import Theta
from models.training import TrainingRun

AnyForecaster = Baseline | Rival | NetworkForecaster | Ensemble
FILE = "forecaster.pt"


@dataclass(frozen=True)
class Recipe:
    """What a forecaster is made from; each takes what it needs."""

    horizon: int
    season: int = 1
    network: NetworkSettings = NetworkSettings()
    training: TrainingSettings = TrainingSettings()
    scaling: Scaling = Scaling()
    run: TrainingRun = TrainingRun()


def _network(cell: Cell, strategy: Strategy) -> Callable[[Recipe], AnyForecaster]:
    def member(recipe: Recipe) -> NetworkForecaster:
        return NetworkForecaster(
            cell,
            strategy,
            recipe.horizon,
            recipe.network,
            recipe.training,
            recipe.scaling,
            recipe.run,
        )

    def make(recipe: Recipe) -> AnyForecaster:
        if recipe.training.members == 1:
            return member(recipe)
        return Ensemble(f"{cell}-{strategy}", [member(one) for one in _of_each_seed(recipe)])

    return make


def _of_each_seed(recipe: Recipe) -> Iterator[Recipe]:
    """The recipe of each member of an ensemble, which has a checkpoint of its own."""
    training, run = recipe.training, recipe.run
    for k in range(training.members):
        alone = replace(training, members=1, seed=training.seed + k)
        kept = run.checkpoint and run.checkpoint.with_stem(f"{run.checkpoint.stem}-{k}")
        yield replace(recipe, training=alone, run=replace(run, checkpoint=kept))


MODELS: dict[str, Callable[[Recipe], AnyForecaster]] = {
    "naive": lambda recipe: Naive(recipe.horizon),
    "seasonal-naive": lambda recipe: SeasonalNaive(recipe.horizon, recipe.season),
    "drift": lambda recipe: Drift(recipe.horizon),
    "theta": lambda recipe: Theta(recipe.horizon, recipe.season),
    "auto-ets": lambda recipe: AutoETS(recipe.horizon, recipe.season),
    "auto-arima": lambda recipe: AutoARIMA(recipe.horizon, recipe.season),
    "ridge": lambda recipe: Ridge(recipe.horizon, recipe.season, recipe.network, recipe.scaling),
    "boosting": lambda recipe: Boosting(
        recipe.horizon, recipe.season, recipe.network, recipe.scaling
    ),
    **{
        f"{cell}-{strategy}": _network(cell, strategy)
        for strategy, cell in product(get_args(Strategy), get_args(Cell))
    },
}


def build(name: str, recipe: Recipe) -> AnyForecaster:
    """An unfitted forecaster.

    Raises:
        UserError: an unknown name, or a horizon below 1.
    """
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise UserError(f"unknown model '{name}', expected one of {', '.join(MODELS)}{hint}")
    if recipe.horizon < 1:
        raise UserError(f"the horizon must be at least 1 step, got {recipe.horizon}")
    return MODELS[name](recipe)


def start_from(forecaster: AnyForecaster, before: AnyForecaster) -> None:
    """Let the next fit begin from the weights of `before`, fitted by the same recipe.

    An ensemble's members begin from its members. What has no weights begins as ever. So does a
    network that sees other inputs, such as a calendar cycle that its longer training range shows.
    """
    for one, other in zip(_networks_in(forecaster), _networks_in(before), strict=True):
        one.start = other


def _networks_in(forecaster: AnyForecaster) -> Sequence[NetworkForecaster]:
    if isinstance(forecaster, Ensemble):
        return forecaster.members
    return [forecaster] if isinstance(forecaster, NetworkForecaster) else []


def save(forecaster: AnyForecaster, folder: Path) -> None:
    """Write a fitted forecaster into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("wb") as file:  # PyTorch's own does not say that a disk is full
        torch.save({"model": forecaster.name, **forecaster.state()}, file)


def load(folder: Path) -> AnyForecaster:
    """Read what `save` wrote; nothing is unpickled but tensors and plain values."""
    return _restored(torch.load(folder / FILE, map_location="cpu", weights_only=True))


def _restored(state: dict[str, Any]) -> AnyForecaster:
    if "members" in state:
        members = [_restored(member) for member in state["members"]]
        return Ensemble(state["model"], [m for m in members if isinstance(m, NetworkForecaster)])
    forecaster = build(state["model"], Recipe(**_recipe(state)))
    if isinstance(forecaster, NetworkForecaster | Rival):
        forecaster.restore(state)
    return forecaster


def _recipe(state: dict[str, Any]) -> dict[str, Any]:
    kinds = {"network": NetworkSettings, "training": TrainingSettings, "scaling": Scaling}
    plain = {k: state[k] for k in ("horizon", "season") if k in state}
    return plain | {k: kind(**state[k]) for k, kind in kinds.items() if k in state}
