"""What a search may set: the space of the networks' settings, by rule from horizon and length.

| Setting | Values beside the one that was given |
|---|---|
| model | every network that is named |
| hidden | 16, 32, 64, 128 |
| layers | 1, 2 |
| dropout | 0, 0.1, 0.2, 0.3 |
| segment | 1, and an eighth, a quarter and a half of the horizon where that is 6 steps or more |
| look_back | horizon or season, whichever is longer, doubled until it has 16 steps, then once and
              twice more; at most half of the training range |
| level | off, on |
| calendar | off, on, where the training range saw a cycle of the calendar twice |
| learning_rate | 3e-4 to 1e-2, on a logarithmic scale |

Loss and scaling are not searched: the validation loss of an epoch is in units of both, and trials
that are compared by it while they train must share them.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from features.calendar_features import visible_cycles
from features.panel import Panel
from features.splits import Split
from models.registry import Recipe
from models.settings import NetworkSettings

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution

Setting = Literal[
    "hidden", "layers", "dropout", "segment", "look_back", "level", "calendar", "learning_rate"
]
SETTINGS: tuple[Setting, ...] = get_args(Setting)


def space(
    networks: tuple[str, ...], tune: tuple[Setting, ...], base: Recipe, panel: Panel, split: Split
) -> dict[str, BaseDistribution]:
    """What each trial draws, by name; a setting that could take one value only is left out.

    Args:
        networks: names of the models to search over.
        tune: settings to search; the others stay as in `base`.
        base: the settings that were given, which are part of the space.
        panel: whose calendar and length set limits.
        split: the ranges of the panel.
    """
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    choices = {"model": list(networks)}
    choices |= {k: v for k, v in _choices(base, panel, split).items() if k in tune}
    found: dict[str, BaseDistribution] = {
        name: CategoricalDistribution(values) for name, values in choices.items() if len(values) > 1
    }
    if "learning_rate" in tune:
        given = base.training.learning_rate
        found["learning_rate"] = FloatDistribution(min(3e-4, given), max(1e-2, given), log=True)
    return found


def drawn(params: dict[str, Any], base: Recipe) -> Recipe:
    """`base` with what a trial drew."""
    names = {field.name for field in fields(NetworkSettings)} & params.keys()
    network = replace(base.network, **{name: params[name] for name in names})
    rate = params.get("learning_rate", base.training.learning_rate)
    return replace(base, network=network, training=replace(base.training, learning_rate=rate))


def given(distributions: dict[str, BaseDistribution], name: str, base: Recipe) -> dict[str, Any]:
    """The place of `base` in the space: what a trial of the given settings draws."""
    settings = {**vars(base.network), **vars(base.training), "model": name}
    return {key: settings[key] for key in distributions}


def _choices(base: Recipe, panel: Panel, split: Split) -> dict[str, list[Any]]:
    """Setting -> its values, in order, that of `base` among them; all combinations are possible."""
    network, horizon, train = base.network, base.horizon, split.train
    room = int((train.stop - np.maximum(panel.start, train.start)).max()) - horizon
    longest = min(network.look_back, room - network.look_back)
    segments = {s for s in (horizon // 8, horizon // 4, horizon // 2) if 6 <= s <= longest}
    segments |= {1, network.segment}
    unit = max(horizon, panel.calendar.season)
    spans = [s for s in (unit * 2**k for k in range(7)) if s >= 16][:3]
    widest = max(segments)
    spans = [s for s in spans if widest <= s <= min(room - widest, (room + horizon) // 2)]
    span = panel.stamps[train.stop - 1] - panel.stamps[train.start]
    seen = bool(visible_cycles(panel.calendar.name, span))
    found: dict[str, set[Any]] = {
        "hidden": {16, 32, 64, 128},
        "layers": {1, 2},
        "dropout": {0.0, 0.1, 0.2, 0.3},
        "segment": segments,
        "look_back": set(spans),
        "level": {False, True},
        "calendar": {False, True} if seen else set(),
    }
    return {k: sorted(values | {getattr(network, k)}) for k, values in found.items()}
