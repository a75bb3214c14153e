"""Results of the pipeline's steps as tables, so that two of them can be held against each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from evaluation.leaderboard import overall
from features.lens import Lens
from features.panel import Floats, Panel
from flows.candidates import Candidate
from flows.results import Result
from models.ensemble import Ensemble
from models.forecaster import NetworkForecaster
from models.registry import AnyForecaster


def panel_rows(panel: Panel) -> pd.DataFrame:
    """Every value of the panel."""
    return panel.frame()


def lenses(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """What the networks' lenses learned: a row a model, statistic and series."""
    parts = [
        _statistics(lens, network.ids, columns_of(network)).assign(model=candidate.name)
        for candidate in candidates
        for network in _networks(candidate.fitted)
        if (lens := network.lens) is not None
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def losses(candidates: Sequence[Candidate]) -> pd.DataFrame:
    """The losses of each model's training: an early stop must not see the test range either."""
    rows = [
        {"model": candidate.name, "part": f"epoch {one.number}", "loss": one.validation_loss}
        for candidate in candidates
        for one in candidate.history
    ]
    return pd.DataFrame(rows, columns=["model", "part", "loss"])


def signals(forecasters: Mapping[str, AnyForecaster], panel: Panel) -> pd.DataFrame:
    """What the networks are shown at each step; networks with equal lenses are shown the same."""
    parts: dict[str, pd.DataFrame] = {}
    for name, forecaster in forecasters.items():
        for network in _networks(forecaster)[:1]:
            if network.lens is not None:
                key = _statistics(network.lens, network.ids, columns_of(network)).to_csv()
                if key not in parts:
                    parts[key] = _shown(network.lens, panel).assign(model=name)
    return pd.concat(parts.values(), ignore_index=True) if parts else pd.DataFrame()


def forecasts(result: Result) -> pd.DataFrame:
    """The forecasts of the validation and of the test range."""
    return _both(result, [str(model) for model in result.test.models])


def intervals(result: Result) -> pd.DataFrame:
    """The ends of the 90 % intervals of the test range."""
    ends = [f"{model}-{end}-90" for model in result.test.margins for end in ("lo", "hi")]
    return _both(result, ends)


def choice(result: Result) -> pd.DataFrame:
    """The model to use, and the errors on the validation range by which it is chosen."""
    mae = overall(result.validation, "mae")
    return pd.DataFrame({"part": list(mae), "mae": list(mae.values()), "chosen": result.chosen})


def columns_of(network: NetworkForecaster) -> tuple[str, ...]:
    """The target and the covariates that change over time."""
    return "y", *network.covariates.past, *network.covariates.future


def _networks(forecaster: AnyForecaster) -> list[NetworkForecaster]:
    members = forecaster.members if isinstance(forecaster, Ensemble) else [forecaster]
    return [one for one in members if isinstance(one, NetworkForecaster)]


def _both(result: Result, columns: Sequence[str]) -> pd.DataFrame:
    keys = ["unique_id", "ds", "cutoff"]
    parts = [part.forecast_frame() for part in (result.validation, result.test)]
    both = pd.concat(parts, ignore_index=True).reindex(columns=[*keys, *columns])
    return both.melt(keys, var_name="model", value_name="forecast")


def _statistics(lens: Lens, ids: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """[S rows each] centre, scale and reach of every column."""
    S = len(ids)
    future = np.broadcast_to(lens.future.center, (S, len(lens.future.center)))
    spread = np.broadcast_to(lens.future.scale, future.shape)
    values = {
        "centre": [lens.normalizer.center[:, None], lens.past.center, future],
        "scale": [lens.normalizer.scale[:, None], lens.past.scale, spread],
        "reach": [lens.reach, np.full(future.shape, np.nan)],
    }
    parts = [
        pd.DataFrame(np.hstack(some), columns=list(columns)).assign(unique_id=ids, part=name)
        for name, some in values.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _shown(lens: Lens, panel: Panel) -> pd.DataFrame:
    signal, T = lens.signal(panel), panel.steps
    seen = ("y", *panel.covariates.past)
    columns: dict[str, object] = {
        "unique_id": np.repeat(np.array(panel.ids, dtype=object), T),
        "ds": np.tile(panel.stamps, len(panel)),
    }
    for c, name in enumerate(seen):
        columns[name] = signal.values[:, :T, c].numpy().ravel()
        columns[f"level of {name}"] = signal.anchor[:, :T, c].numpy().ravel()
        columns[f"presence of {name}"] = signal.observed[:, :T, c].numpy().ravel()
    known = signal.known[:, :T].expand(len(panel), -1, -1).numpy()
    columns |= dict(_ahead(known, panel.covariates.future))
    return pd.DataFrame(columns)


def _ahead(known: Floats, future: Sequence[str]) -> Iterator[tuple[str, Floats]]:
    cycles = known.shape[2] - len(future)
    names = [*(f"calendar {k + 1}" for k in range(cycles)), *future]
    for k, name in enumerate(names):
        yield name, known[:, :, k].ravel()
