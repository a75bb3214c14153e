"""Whether a verdict of "better than naive" can be believed: on series where the truth is known.

    python -m benchmarks.significance

A random walk cannot be forecast better than by its last value, so no model should be called better
on more than 5 % of such series at the 5 % level. The models are fitted on the training part of the
series, one network on all of them together, and every series is then judged alone: by its own
p-value, and by the verdict, which is adjusted for the models that were compared.

An AR(2) with roots 1 and 0.3 can be forecast better, by a known amount. The share of series on
which its true forecast is called better is held against the power that theory gives: errors are
Gaussian, so the covariances of their sizes, and with them the long-run variance of the differences,
are known, and the statistic of cosines has a noncentral t distribution.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.record import add_json, ending, write
from evaluation.backtest import Backtest, backtest
from evaluation.comparison import ALPHA
from evaluation.diebold_mariano import diebold_mariano, holm
from evaluation.losses import losses
from evaluation.metrics import mean
from features.calendars import make_calendar
from features.panel import Floats, Panel
from features.splits import Split
from models.registry import Recipe, build
from models.settings import NetworkSettings, TrainingSettings

MODELS = ("drift", "ridge", "theta", "auto-ets", "gru-direct")
TRAIN, VALIDATION, ORIGINS = 240, 60, 200
ROOT = 0.3
WARM_UP = 100
"""Steps after which an AR(2) has forgotten its start."""

Row = dict[str, float | int | str]


def random_walks(series: int, horizon: int) -> tuple[Panel, Split]:
    """Sums of independent normal steps, daily, with a test range of `ORIGINS` origins."""
    steps = TRAIN + VALIDATION + ORIGINS + horizon - 1
    y = np.random.default_rng(0).normal(size=(series, steps)).cumsum(axis=1)
    stamps = pd.date_range("2020-01-01", periods=steps)
    ids = tuple(f"walk {s}" for s in range(series))
    empty, calendar = np.zeros((*y.shape, 0)), make_calendar("D", stamps[0], stamps[-1])
    kept = TRAIN + VALIDATION
    split = Split(range(TRAIN), range(TRAIN, kept), range(kept, steps))
    return Panel(ids, calendar, y, empty, empty, np.zeros((series, 0))), split


def judged(models: tuple[str, ...], series: int, horizon: int) -> Backtest:
    """Fit the models on the training part of random walks and forecast every test origin."""
    panel, split = random_walks(series, horizon)
    network = NetworkSettings(hidden=16, look_back=20, calendar=False)
    recipe = Recipe(horizon, 1, network, TrainingSettings(epochs=5, patience=5))
    forecasters = [build(name, recipe) for name in ("naive", *models)]
    known = panel.until(split.test.start - 1)
    for forecaster in forecasters:
        forecaster.fit(known, split)
    return backtest(forecasters, panel, split.origins("test", horizon))


def found_better(walks: Backtest) -> list[Row]:
    """A row a model: the share of series on which it is called better than naive."""
    naive, models = losses(walks, "naive").series, [m for m in walks.models if m != "naive"]
    lags = np.full(len(walks.ids), walks.horizon - 1)
    gaps = np.stack([losses(walks, model).series - naive for model in models])  # [M, O, S]
    p = np.stack([diebold_mariano(gap, lags) for gap in gaps])  # [M, S]
    adjusted = holm(p)
    ahead = mean(gaps, (1,)) < 0
    return [
        {
            "model": model,
            "horizon": walks.horizon,
            "ahead": float(ahead[m].mean()),
            "better": float((ahead & (p < ALPHA))[m].mean()),
            "verdict": float((ahead & (adjusted < ALPHA))[m].mean()),
            "worse": float((~ahead & (p < ALPHA))[m].mean()),
        }
        for m, model in enumerate(models)
    ]


def gains(series: int, origins: int, horizon: int) -> Floats:
    """[O, S] by how much the true forecast of the AR(2) errs less than naive, mean over steps."""
    rng, steps = np.random.default_rng([1, origins, horizon]), WARM_UP + origins + horizon
    change = rng.normal(size=(series, steps))
    for t in range(1, steps):
        change[:, t] += ROOT * change[:, t - 1]
    at = WARM_UP + np.arange(origins)
    ahead = at[:, None] + 1 + np.arange(horizon)
    moved = change[:, ahead].cumsum(axis=2)  # [S, O, H]
    expected = change[:, at, None] * (ROOT ** np.arange(1, horizon + 1)).cumsum()
    out: Floats = (np.abs(moved - expected) - np.abs(moved)).mean(axis=2).T
    return out


def moments(horizon: int) -> tuple[float, float]:
    """Mean and long-run variance of what `gains` draws, from the Gaussian errors.

    Cov(|X|, |Y|) = 2/pi sd sd (sqrt(1 - r^2) + r asin r - 1) for a correlation r.
    """
    past = 60  # innovations before the origin that still count
    lead = np.arange(1, horizon + 1)[:, None]
    when = np.arange(-past, horizon + 1)[None, :]  # of an innovation, the origin being 0
    summed = (1 - ROOT ** np.clip(lead - when + 1, 0, None)) / (1 - ROOT)  # its effect on the level
    known = np.where(when <= 0, (1 - ROOT ** np.clip(1 - when, 0, None)) / (1 - ROOT), 0.0)
    naive = summed - known
    weights = np.stack([np.where(when > 0, summed, 0.0), naive])  # [2, H, time] true, naive
    spread = np.sqrt((weights**2).sum(axis=2))  # [2, H]
    sign = np.array([1.0, -1.0])[:, None] / horizon
    total = 0.0
    for lag in range(-past - horizon, past + horizon + 1):
        later = np.zeros_like(weights)
        width = weights.shape[2] - abs(lag)
        if lag >= 0:
            later[..., lag:] = weights[..., :width]
        else:
            later[..., :width] = weights[..., -lag:]
        r = np.einsum("aht,bkt->ahbk", weights, later)
        r = np.clip(r / (spread[:, :, None, None] * spread), -1, 1)
        sizes = 2 / np.pi * (np.sqrt(1 - r**2) + r * np.arcsin(r) - 1)
        total += float(np.einsum("ahbk,ah,bk->", sizes, sign * spread, sign * spread))
    return float((sign * spread).sum() * np.sqrt(2 / np.pi)), total


def predicted(origins: int, horizon: int) -> float:
    """Power of the statistic of cosines: the chance that it lies beyond its 2.5 % point."""
    gain, variance = moments(horizon)
    freedoms = int(min(0.4 * origins ** (2 / 3), origins / (2 * horizon)))
    k, n = horizon, origins
    correction = np.sqrt((n + 1 - 2 * k + k * (k - 1) / n) / n)
    point = stats.t.ppf(1 - ALPHA / 2, freedoms) / correction
    return float(stats.nct.sf(point, freedoms, -gain * np.sqrt(n / variance)))


def power(series: int, origins: int, horizon: int) -> Row:
    """The share of series on which the true forecast is called better, and what theory says."""
    gap = gains(series, origins, horizon)
    p = diebold_mariano(gap, np.full(series, horizon - 1))
    return {
        "origins": origins,
        "horizon": horizon,
        "measured": float(((p < ALPHA) & (gap.mean(axis=0) < 0)).mean()),
        "predicted": predicted(origins, horizon),
    }


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--models", default=",".join(MODELS), help="what is compared with naive")
    p.add_argument("--series", type=int, default=1000)
    add_json(p)
    return p


def main() -> None:
    """Print both tables, in per cent of the series."""
    options = parser().parse_args()
    models = tuple(options.models.split(","))
    walks: list[Row] = []
    for horizon in (1, 6):
        walks += found_better(judged(models, options.series, horizon))
    sizes = [(100, 1), (200, 1), (400, 1), (800, 1), (200, 6), (400, 6), (800, 6)]
    powers = [power(options.series, *size) for size in sizes]
    for title, rows in (("Random walks", walks), (f"AR(2), roots 1 and {ROOT}", powers)):
        _show(f"{title}, {options.series:,} series, per cent of them", rows)
    figures: dict[str, Any] = {"series": options.series, "walks": walks, "powers": powers}
    write(options.json, figures)


def _show(title: str, rows: list[Row]) -> None:
    shown = [{k: 100 * v if isinstance(v, float) else v for k, v in r.items()} for r in rows]
    print(f"\n{title}\n{pd.DataFrame(shown).round(1).to_string(index=False)}", flush=True)


if __name__ == "__main__":
    ending(main)
