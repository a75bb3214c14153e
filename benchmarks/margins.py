"""Intervals of a backtest with refits: margins that carry on over folds, or begin anew in each.

    python -m benchmarks.margins weather --refit-every 30 --model lstm-direct

On a sample. Carried on, margins are made from the errors of all earlier folds, as the flow makes
them. Anew, they are made from the errors of the fold's own fit alone: on its validation range, then
on its own origins as their targets become known.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np

from benchmarks.record import ending
from evaluation.backtest import Backtest, Margins, backtest
from evaluation.conformal import calibrated
from evaluation.leaderboard import leaderboard
from evaluation.metrics import Scale
from evaluation.rolling import forecast_fold, rolling_backtest
from features.panel import Floats, Panel
from features.splits import Fold
from flows import steps
from flows.candidates import Candidate, candidates_of
from flows.fanout.refits import one_thread
from flows.invocation import parameters_of
from flows.parameters import BacktestParameters

EPOCHS = 15
"""Most epochs of a fit."""


def compare(parameters: BacktestParameters) -> dict[str, Backtest]:
    """The backtest of the one model, with the margins of either kind."""
    fetched = steps.fetch_data(parameters)
    p = steps.settle(parameters, fetched)
    panel = steps.panel_of(fetched, p)
    split = steps.split_of(panel, p)
    (first,) = candidates_of(p, panel.calendar.season)
    own: list[Backtest] = []

    def work(candidate: Candidate, known: Panel, fold: Fold) -> Floats:
        found = forecast_fold(candidate, known, fold)
        origins = fold.split.origins("validation", p.horizon)
        own.append(backtest([candidate], known, origins))
        return found

    folds = steps.folds_of(split, p)
    rolled = rolling_backtest([first.anew()], panel, folds, work=work)
    first.fit(panel, split)
    validation, _ = steps.compare([first], panel, split, p)
    return {
        "carried on": calibrated(rolled, validation),
        "anew": replace(rolled, margins={first.name: _anew(rolled, folds, own, first.name)}),
    }


def _anew(rolled: Backtest, folds: list[Fold], own: list[Backtest], model: str) -> Margins:
    """The margins of each fold from its own validation range."""
    ends = np.cumsum([len(fold.origins) for fold in folds])
    values: list[Floats] = []
    blocks = []
    for end, fold, before in zip(ends, folds, own, strict=True):
        margins = calibrated(_part(rolled, slice(end - len(fold.origins), end)), before).margins
        blocks.append(margins[model].block + sum(map(len, values)))
        values.append(margins[model].values)
    return Margins(np.concatenate(values), np.concatenate(blocks))


def _part(whole: Backtest, cut: slice) -> Backtest:
    """The backtest of some of the origins."""
    return replace(
        whole,
        origins=whole.origins[cut],
        y=whole.y[:, cut],
        last=whole.last[:, cut],
        spread=whole.spread[:, cut],
        forecasts={name: one[:, cut] for name, one in whole.forecasts.items()},
        raw={name: one[:, cut] for name, one in whole.raw.items()},
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("sample", choices=["stocks", "weather"])
    p.add_argument("--refit-every", type=int, default=30, help="origins between two fits")
    p.add_argument("--model", default="gru-direct")
    p.add_argument("--loss", default="mae", help="mae or quantile")
    return p


def main() -> None:
    """Print the scores."""
    o = parser().parse_args()
    options = {"models": [o.model], "refit_every": o.refit_every}
    options |= {"training.epochs": EPOCHS, "training.loss": o.loss, "training.device": "cpu"}
    parameters = parameters_of("backtest", o.sample, None, options, [])
    assert isinstance(parameters, BacktestParameters)
    with one_thread():
        found = compare(parameters)
    for name, judged in found.items():
        unscaled = np.full(len(judged.ids), np.nan)
        means = leaderboard(judged, Scale(unscaled, unscaled)).loc[o.model]
        print(f"{name:10}", *(f"{k} {means[k]:.4f}" for k in ("crps", "coverage_90", "width_90")))


if __name__ == "__main__":
    ending(main)
