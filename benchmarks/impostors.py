"""Functions that know the future, to be put in the place of the pipeline's own."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd
import torch

from evaluation.backtest import Backtest
from evaluation.conformal import calibrated
from evaluation.rolling import rolling_backtest
from features.lens import Affine, Lens
from features.normalize import Normalizer
from features.panel import Covariates, Panel
from features.schema import to_panel
from features.signal import Signal
from features.sources import Fetched
from features.sources.files import read_file
from features.splits import Split
from flows import steps
from models.baselines import Naive
from models.encoder import Encoder
from models.forecaster import forecasting_task

# The pipeline's own, which are not in their places while these are.
_fit, _lens, _signal, _points = Normalizer.fit, Lens.fit, Lens.signal, Signal.points
_encode, _compare = Encoder.forward, steps.compare


def whole_scaler(panel: Any, train: range, scaling: Any) -> Any:
    """Scaling fitted on the whole series."""
    return _fit(panel, range(panel.steps), scaling)


def lens_too_long(panel: Any, train: range, *rest: Any) -> Any:
    """A lens fitted on the training range and what follows it."""
    return _lens(panel, range(train.stop + 20), *rest)


def whole_past(panel: Any, train: range, *rest: Any) -> Any:
    """Past-only covariates scaled by the whole series."""
    lens = _lens(panel, train, *rest)
    return replace(lens, past=Affine.fit(panel.past.transpose(1, 0, 2)))


def smoothed(lens: Any, panel: Any, *rest: Any) -> Any:
    """A signal of the centred rolling mean."""
    y = pd.DataFrame(panel.y.T).rolling(5, center=True, min_periods=1).mean().to_numpy().T
    return _signal(lens, replace(panel, y=np.where(np.isfinite(panel.y), y, np.nan)), *rest)


def next_points(signal: Any, rows: Any, segment: int) -> Any:
    """The points of the segment that comes after each one."""
    return _points(signal, replace(rows, first=rows.first + 1), segment)


def both_ways(encoder: Any, inputs: torch.Tensor) -> torch.Tensor:
    """States that have seen the rest of their row."""
    states = _encode(encoder, inputs)
    return states + states.flip(1).cumsum(1).flip(1) / states.shape[1]


def late_judge(net: Any, signal: Any, split: Split, settings: Any) -> Any:
    """A training that is judged on the test range as well."""
    end = signal.values.shape[1]
    whole = Split(split.train, range(split.validation.start, end), range(end, end))
    return forecasting_task(net, signal, whole, settings)


@dataclass
class Peeking(Naive):
    """The naive forecast of tomorrow's value."""

    name: str = field(default="drift", init=False)

    def forecast(self, panel: Any, origins: Any) -> Any:
        """[S, O, H]"""
        return super().forecast(panel, np.minimum(origins + 1, panel.steps - 1))


@dataclass
class Windy(Naive):
    """The naive forecast, and tomorrow's wind."""

    name: str = field(default="drift", init=False)

    def forecast(self, panel: Any, origins: Any) -> Any:
        """[S, O, H]"""
        wind = panel.past[:, np.minimum(origins + 1, panel.steps - 1), :1]
        return super().forecast(panel, origins) + np.nan_to_num(wind)


@dataclass
class Climate(Naive):
    """The mean of everything."""

    name: str = field(default="drift", init=False)

    def fit(self, panel: Any, split: Any) -> None:
        """Read all of it."""
        self.level = np.nanmean(panel.y)

    def forecast(self, panel: Any, origins: Any) -> Any:
        """[S, O, H]"""
        return 0 * super().forecast(panel, origins) + self.level


def final_margins(backtest: Backtest, *before: Backtest) -> Backtest:
    """The margins of the last origin for all of them."""
    out = calibrated(backtest, *before)
    last = {m: replace(g, block=np.full_like(g.block, g.block[-1])) for m, g in out.margins.items()}
    return replace(out, margins=last)


def tested(*arguments: Any) -> tuple[Backtest, Backtest]:
    """The test range's backtest in the place of the validation range's."""
    _, test = _compare(*arguments)
    return test, test


def mean_filled(frame: pd.DataFrame, *rest: Any) -> Any:
    """Gaps filled with the mean of all."""
    return to_panel(frame.fillna({"y": frame["y"].mean()}), *rest)


def back_filled(frame: pd.DataFrame, *rest: Any) -> Any:
    """Gaps filled with the value after them."""
    return to_panel(frame.assign(y=frame.groupby("unique_id")["y"].bfill()), *rest)


def whole_file(path: Path, *rest: Any) -> Fetched:
    """Values scaled to those of the whole file."""
    fetched = read_file(path, *rest)
    y = fetched.frame["y"]
    return replace(fetched, frame=fetched.frame.assign(y=1 + (y - y.min()) / (y.max() - y.min())))


def smooth_beside(fetched: Fetched, path: Path) -> Fetched:
    """The centred rolling mean of a covariate beside it."""
    smooth = fetched.frame.groupby("unique_id")["wind"].transform(
        lambda wind: wind.rolling(5, center=True, min_periods=1).mean()
    )
    past = Covariates(past=("wind", "smooth"))
    return replace(fetched, frame=fetched.frame.assign(smooth=smooth), covariates=past)


def all_known(made: Any, panel: Any, folds: Any, *rest: Any, **options: Any) -> Any:
    """Refits that are handed the whole panel, and learn from it."""
    end, until = panel.steps, Panel.until
    split = Split(range(end - 9), range(end - 9, end), range(end, end))
    whole = [replace(fold, split=split) for fold in folds]
    with patch.object(Panel, "until", lambda self, step: until(self, end - 1)):
        return rolling_backtest(made, panel, whole, *rest, **options)
