"""The honest comparison: tables of every model on the same points, the choice, and the words.

The tables and the verdicts are of the test range. Which model to use is chosen on the validation
range (`select`), because the best of many models on the test range owes part of its lead to luck.
Which leads are more than luck is told by `evaluation.significance`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from evaluation import metrics
from evaluation.backtest import Backtest
from evaluation.kinds import REFERENCES, networks
from evaluation.metrics import METRICS, Scale
from evaluation.scores import Values, scores
from evaluation.tally import AVERAGES, points_of
from features.errors import UserError
from features.panel import Floats


def leaderboard(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """The models by rank, best skill against naive (which is lowest MAE) first.

    Columns: every metric of `METRICS`; if any model is calibrated, those of
    `evaluation.probability`; `mape_share`, the share of points that MAPE could use; and
    `skill_vs_naive` and `skill_vs_seasonal`, 1 - MAE / MAE of the reference. Each is the mean over
    series of the series' own values, but for the skills, which compare the two means. NaN where
    there is nothing to tell.
    """
    means = {
        model: {column: metrics.mean(values[None], (1,)) for column, values in columns.items()}
        for model, columns in scores(backtest, scale)["all"].items()
    }
    return table(means, pd.Index(["all"])).droplevel(1).sort_values("mae", kind="stable")


def by_series(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """The leaderboard's columns for each series alone, indexed by `unique_id` and `model`."""
    ids = pd.Index(backtest.ids, name="unique_id")
    return model_last(table(scores(backtest, scale)["all"], ids))


def by_horizon(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """The leaderboard's columns at each step ahead, indexed by `model` and `step` (1 … H)."""
    steps = pd.RangeIndex(1, backtest.horizon + 1, name="step")
    return table(scores(backtest, scale)["step"], steps)


def table(values: Values, index: pd.Index[Any]) -> pd.DataFrame:
    """Values and skills in rows by `model` and, for each, `index`."""
    rows = {
        model: pd.DataFrame(columns | _skills(values, columns), index)
        for model, columns in values.items()
    }
    found = {column for row in rows.values() for column in row}
    order = [column for column in (*AVERAGES, *REFERENCES.values()) if column in found]
    return pd.concat(rows, names=["model"])[order]


def model_last(table: pd.DataFrame) -> pd.DataFrame:
    """Rows by model and then others as rows by those others and then the model."""
    models = len(table.index.unique("model"))
    turned = np.arange(len(table)).reshape(models, -1).T.ravel()
    return table.iloc[turned].reorder_levels([*table.index.names[1:], "model"])


def select(validation: Backtest) -> str:
    """The model to use: lowest MAE on the validation range, the first listed among equals."""
    mae = {m: v for m, v in overall(validation, "mae").items() if not math.isnan(v)}
    if not mae:
        raise UserError(
            f"no point of the validation range's {len(validation.origins)} origins is both observed"
            " and forecast by every model, so none can be chosen; make the validation range longer"
        )
    return min(mae, key=lambda model: mae[model])


def to_draw(validation: Backtest) -> list[str]:
    """The models of a drawing: the best by validation, the best network, the references."""
    mae = overall(validation, "mae")
    ranked = sorted(mae, key=lambda model: mae[model])
    references = [model for model in REFERENCES if model in mae]
    return list(dict.fromkeys(ranked[:1] + networks(ranked)[:1] + references))


def overall(backtest: Backtest, metric: str) -> dict[str, float]:
    """The MAE or RMSE of each model, mean over series, in units of y."""
    return {m: float(metrics.mean(v, (0,))) for m, v in of_each_series(backtest, metric).items()}


def of_each_series(backtest: Backtest, metric: str) -> dict[str, Floats]:
    """[S] the MAE or RMSE of each model on each series, in units of y."""
    unused = Scale(np.full(len(backtest.ids), np.nan), np.full(len(backtest.ids), np.nan))
    bare = replace(backtest, margins={})  # no quantiles are asked for
    return {
        model: metrics.by_series(METRICS[metric], points_of(bare, model, unused))
        for model in backtest.models
    }


def _skills(values: Values, columns: Mapping[str, Floats]) -> dict[str, list[float]]:
    """The skill of one model against each reference, NaN against those that were not run."""
    mae = columns["mae"].tolist()
    against = {
        column: values[reference]["mae"].tolist() if reference in values else [math.nan] * len(mae)
        for reference, column in REFERENCES.items()
    }
    return {column: list(map(metrics.skill, mae, other)) for column, other in against.items()}
