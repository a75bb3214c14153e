"""The honest comparison: tables of every model on the same points, the choice, and the words.

The tables and the verdicts are of the test range. Which model to use is chosen on the validation
range (`select`), because the best of many models on the test range owes part of its lead to luck.
Nothing here speaks of significance: every sentence holds for the origins at hand.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from evaluation import metrics, probability
from evaluation.backtest import Backtest
from evaluation.kinds import REFERENCES
from evaluation.metrics import METRICS, Scale
from features.errors import UserError
from features.panel import Floats


def leaderboard(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """The models by rank, best skill against naive (which is lowest MAE) first.

    Columns: every metric of `METRICS`; `mape_share`, the share of points that MAPE could use;
    `skill_vs_naive` and `skill_vs_seasonal`, 1 - MAE / MAE of the reference; and, if any model is
    calibrated, the `crps`, `wql`, `coverage_90` and `width_90` of `evaluation.probability`. Each is
    the mean over series of the series' own values, but for the skills, which compare the two means.
    NaN where there is nothing to tell.
    """
    rows = {
        model: {name: float(metrics.mean(v, (0,))) for name, v in values.items()}
        for model, values in _values(backtest, scale).items()
    }
    return _with_skill(pd.DataFrame.from_dict(rows, orient="index")).sort_values(
        "mae", kind="stable"
    )


def by_series(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """The leaderboard's columns for each series alone, indexed by `unique_id` and `model`."""
    values = _values(backtest, scale)
    tables = {}
    for s, name in enumerate(backtest.ids):
        rows = {model: {c: v[s] for c, v in columns.items()} for model, columns in values.items()}
        tables[name] = _with_skill(pd.DataFrame.from_dict(rows, orient="index"))
    return pd.concat(tables, names=["unique_id", "model"])


def by_horizon(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """Every metric at each step ahead, indexed by `model` and `step` (1 … H).

    Of calibrated models also the scores of `evaluation.probability`.
    """
    steps, tables = pd.RangeIndex(1, backtest.horizon + 1), {}
    for model, forecast in backtest.forecasts.items():
        columns = {
            name: metrics.by_horizon(metric, backtest.judged, forecast, scale)
            for name, metric in METRICS.items()
        }
        if model in backtest.margins:
            scores = probability.scores(backtest, model, (1,))
            columns |= {name: metrics.mean(values, (0,)) for name, values in scores.items()}
        tables[model] = pd.DataFrame(columns, index=steps)
    return pd.concat(tables, names=["model", "step"])


def select(validation: Backtest) -> str:
    """The model to use: lowest MAE on the validation range, the first listed among equals."""
    mae = {m: v for m, v in overall(validation, "mae").items() if not math.isnan(v)}
    if not mae:
        raise UserError(
            f"no point of the validation range's {len(validation.origins)} origins is both observed"
            " and forecast by every model, so none can be chosen; make the validation range longer"
        )
    return min(mae, key=lambda model: mae[model])


def overall(backtest: Backtest, metric: str) -> dict[str, float]:
    """The MAE or RMSE of each model, mean over series, in units of y."""
    return {m: float(metrics.mean(v, (0,))) for m, v in of_each_series(backtest, metric).items()}


def of_each_series(backtest: Backtest, metric: str) -> dict[str, Floats]:
    """[S] the MAE or RMSE of each model on each series, in units of y."""
    unused = Scale(np.full(len(backtest.ids), np.nan), np.full(len(backtest.ids), np.nan))
    return {
        model: metrics.by_series(METRICS[metric], backtest.judged, forecast, unused)
        for model, forecast in backtest.forecasts.items()
    }


def _values(backtest: Backtest, scale: Scale) -> dict[str, dict[str, Floats]]:
    """Model -> column -> [S]."""
    y = backtest.judged
    out: dict[str, dict[str, Floats]] = {}
    for model, forecast in backtest.forecasts.items():
        columns = {n: metrics.by_series(m, y, forecast, scale) for n, m in METRICS.items()}
        columns["mape_share"] = metrics.used_share(METRICS["mape"], y, forecast, scale)
        if model in backtest.margins:
            columns |= probability.scores(backtest, model, (1, 2))
        out[model] = columns
    return out


def _with_skill(table: pd.DataFrame) -> pd.DataFrame:
    table = table.rename_axis("model")
    for reference, column in REFERENCES.items():
        against = table["mae"].get(reference, math.nan)
        table[column] = [metrics.skill(value, against) for value in table["mae"]]
    return table
