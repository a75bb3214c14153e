"""The examples of chapter five: each runs the forecast pipeline on an embedded sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from evaluation.fans import fan
from evaluation.leaderboard import by_horizon
from evaluation.plots import attention_title, plot_attention, plot_error_by_horizon, plot_fan
from evaluation.text.forecast_figures import plot_intervals, plot_monthly, plot_scalings
from features.normalize import Normalizer, Scaling
from features.schema import to_panel
from features.sources import Fetched, Query, fetch
from features.splits import Split
from flows.api import Result, backtest_frame, forecast_frame
from flows.steps import last_origin
from flows.text.bench import Bench
from models.forecaster import NetworkForecaster

_WEEK = 7


def preprocessing(bench: Bench) -> None:
    """An index of stocks, scaled by what is known at training time and by what is not."""
    found = _sample(bench, "stocks")
    panel = to_panel(found.frame, found.calendar)
    split = Split.by_share(panel.steps)
    parts = {
        "fitted on the training range": split.train,
        "fitted on all, which leaks": range(panel.steps),
    }
    fitted = {name: Normalizer.fit(panel, part, Scaling()) for name, part in parts.items()}
    rows = [
        {"scaling": name, "mean": float(one.center[0]), "deviation": float(one.scale[0])}
        for name, one in fitted.items()
    ]
    bench.table("5.1-scaling", pd.DataFrame(rows))
    scaled = {name: one.apply(panel.y)[0] for name, one in fitted.items()}
    title = f"{panel.ids[0]}, scaled: what a mean over all years tells of years to come"
    bench.figure("5.1-scaling", plot_scalings(panel.stamps, scaled, split.train.stop, title))


def stocks(bench: Bench) -> None:
    """A week ahead of the S&P 500 and the NASDAQ."""
    models = ["naive", "drift", "ridge", "gru-direct"]
    found = _sample(bench, "stocks")
    result = forecast_frame(found.frame, 5, models, **_settings(bench, found, look_back=60))
    _leave(bench, "5.2", result)
    names = ["gru-direct", "naive"]
    assert result.future is not None
    bench.figure("5.2-stocks", plot_fan(fan(result.future, result.panel, 0, names), "index points"))


def weather(bench: Bench) -> None:
    """A week ahead of Seattle's temperatures."""
    models = ["naive", "seasonal-naive", "ridge", "lstm-direct"]
    result = _weather(bench, models)
    _leave(bench, "5.3", result)
    names = ["lstm-direct", "naive"]
    bench.figure("5.3-weather", plot_fan(fan(result.test, result.panel, 0, names, 0), "°C"))


def multi_step(bench: Bench) -> None:
    """The error by step ahead of a direct and a recursive network."""
    result = _weather(bench, ["naive", "gru-direct", "gru-recursive"])
    _leave(bench, "5.4", result)
    table = by_horizon(result.test, result.scale)
    bench.figure("5.4-horizons", plot_error_by_horizon(table, unit="°C"))


def seq2seq(bench: Bench) -> None:
    """Where the decoder looks, from the last origin."""
    result = _weather(bench, ["naive", "gru-seq2seq"])
    _leave(bench, "5.5", result)
    network = result.candidates[1].fitted
    assert isinstance(network, NetworkForecaster)
    origin = last_origin(result.panel, _WEEK)
    weights = network.attention_map(result.panel, origin)
    assert weights is not None
    stamp = result.panel.stamps[origin]
    title = attention_title("gru-seq2seq", result.panel.ids[0], stamp)
    bench.figure("5.5-attention", plot_attention(weights[0], title))


def metrics(bench: Bench) -> None:
    """The errors of several models, each with its interval, and the verdict in words."""
    models = ["naive", "seasonal-naive", "drift", "theta", "ridge", "gru-direct"]
    result = _weather(bench, models[: bench.pick(6, 3)])
    _leave(bench, "5.6", result)
    table = result.intervals.xs("mae", level="metric")
    title = "Seattle's temperatures, a week ahead: mean absolute errors with 95 % intervals"
    bench.figure("5.6-intervals", plot_intervals(table, title, "°C"))
    bench.text("5.6-verdicts", "\n".join(result.verdicts) + "\n")


def refits(bench: Bench) -> None:
    """The same network trained once, and trained again on the way."""
    models = ["naive", "gru-direct"]
    often = {"refit_every": bench.pick(60, 30)}
    found = {
        "trained once": _weather(bench, models),
        "trained again": _weather(bench, models, **often),
    }
    _leave(bench, "5.7", found["trained again"])
    columns = {name: _monthly(one, "gru-direct") for name, one in found.items()}
    columns["naive"] = _monthly(found["trained once"], "naive")
    table = pd.DataFrame(columns)
    bench.table("5.7-refits", table.rename_axis("month").reset_index())
    title = "Mean absolute error by month: gru-direct trained once and again, and naive"
    bench.figure("5.7-refits", plot_monthly(table, title, "°C"))


def _monthly(result: Result, model: str) -> pd.Series:
    frame = result.backtest
    errors = (frame[model] - frame["y"]).abs()
    return errors.groupby(frame["cutoff"].dt.to_period("M").dt.to_timestamp()).mean()


def _weather(bench: Bench, models: list[str], **more: Any) -> Result:
    found = _sample(bench, "weather")
    settings = _settings(bench, found, look_back=28, level=True)
    return backtest_frame(found.frame, _WEEK, models, **settings, **more)


def _sample(bench: Bench, name: str) -> Fetched:
    """An embedded sample; in the small size, its last 200 steps."""
    found = fetch(name, Query(()))
    if bench.size == "small":
        frame = found.frame.groupby("unique_id", sort=False).tail(200)
        return Fetched(frame, title=found.title, calendar=found.calendar, log=found.log)
    return found


def _settings(bench: Bench, found: Fetched, look_back: int, level: bool = False) -> dict[str, Any]:
    hidden, epochs = bench.pick((32, 12), (4, 1))
    return {
        "calendar": found.calendar,
        "scaling": {"log": found.log},
        "network": {"hidden": hidden, "look_back": bench.pick(look_back, 8), "level": level},
        "training": {"epochs": epochs, "seed": bench.seed, "device": bench.device},
    }


def _leave(bench: Bench, number: str, result: Result) -> None:
    """Have the networks remembered, and keep the leaderboard."""
    for candidate in result.candidates:
        name = f"{number} {candidate.name}"
        recipe = candidate.recipe
        bench.record.params(name, {"horizon": recipe.horizon, **vars(recipe.network)})
        for epoch in candidate.history:
            bench.record.epoch(name, epoch)
        row = result.leaderboard.loc[candidate.name]
        wanted = {key: float(row[key]) for key in ("mae", "skill_vs_naive")}
        bench.tell(name, **{key: value for key, value in wanted.items() if np.isfinite(value)})
    board = result.leaderboard.rename_axis("model").reset_index()
    bench.table(f"{number}-leaderboard", board)
