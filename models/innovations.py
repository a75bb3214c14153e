"""Linear innovations state space models: one recursion over a series, a forecast from every step.

    y(t) = w·x(t-1) + e(t),    x(t) = F x(t-1) + g e(t)

Additive exponential smoothing, ARIMA and Theta are all of this form (Hyndman, Koehler, Ord, Snyder:
Forecasting with Exponential Smoothing, 2008, equations 3.1 and chapter 11). The forecast h steps
from t is w·F^(h-1) x(t): with the states at hand, all of them are one matrix product.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from features.panel import Floats, Integers


@dataclass(frozen=True)
class Innovations:
    """The model of one series, N numbers its state; or of S series, each array with S in front."""

    transition: Floats  # F [N, N]
    weights: Floats  # w [N]
    gain: Floats  # g [N]
    state: Floats  # [N] just before the first step that was fitted on
    level: Floats  # [N] the change of the state that moves all forecasts by 1; 0 where none does

    @classmethod
    def naive(cls, value: float) -> Innovations:
        """The last value, for every step ahead."""
        one = np.ones(1)
        return cls(np.ones((1, 1)), one, one, np.array([value]), one)

    @classmethod
    def stack(cls, models: Sequence[Innovations]) -> Innovations:
        """S models as one, padded with states that stay zero."""
        width = max(len(model.weights) for model in models)
        return cls(*(_padded([getattr(m, f.name) for m in models], width) for f in fields(cls)))

    def apart(self) -> list[Innovations]:
        """S series as one model each: `stack` undone, but for the states that stay zero."""
        arrays = [getattr(self, f.name) for f in fields(self)]
        return [Innovations(*of_one) for of_one in zip(*arrays, strict=True)]

    def map(self, horizon: int) -> Floats:
        """[S, N, H] from a state to its forecasts."""
        rows = [self.weights]
        for _ in range(horizon - 1):
            rows.append((rows[-1][:, None] @ self.transition)[:, 0])
        return np.stack(rows, axis=2)

    def forecast(
        self,
        y: Floats,
        start: Integers,
        since: Integers,
        origins: Integers,
        turn: int,
        horizon: int,
    ) -> Floats:
        """[S, O, H] from `origins` [O], in one walk over [S, T] `y`.

        A missing value is as forecast: its error is 0.

        Args:
            y: the series.
            start: [S] the first observed step of each series.
            since: [S] the first step that was fitted on, where `state` belongs. Before it, the
                walk begins at the first observation, with the state at the same place in the
                season and the level of that observation.
            origins: steps to forecast from.
            turn: steps of a season.
            horizon: H.
        """
        steps, place = np.unique(origins, return_inverse=True)
        out = np.full((len(y), len(steps), horizon), np.nan)
        early, wanted, ahead = (
            self._early(y, start, since, turn),
            set(steps.tolist()),
            self.map(horizon),
        )
        x = np.zeros_like(self.state)
        for t in range(int(steps[-1]) + 1):
            x = np.where((start == t)[:, None], early, x)
            x = np.where((since == t)[:, None], self.state, x)
            error = y[:, t] - (self.weights * x).sum(axis=1)
            error = np.where(np.isfinite(error), error, 0.0)
            x = (self.transition @ x[:, :, None])[:, :, 0] + self.gain * error[:, None]
            if t in wanted:
                out[:, np.searchsorted(steps, t)] = (x[:, None] @ ahead)[:, 0]
        begun = np.logical_or.accumulate(np.isfinite(y), axis=1)[:, steps]
        return np.where(begun[:, :, None], out, np.nan)[:, place]

    def _early(self, y: Floats, start: Integers, since: Integers, turn: int) -> Floats:
        """[S, N] the state just before the first observation."""
        x, turns = self.state, (start - since) % turn
        for k in range(int(turns.max())):
            x = np.where((turns > k)[:, None], (self.transition @ x[:, :, None])[:, :, 0], x)
        error = y[np.arange(len(y)), start] - (self.weights * x).sum(axis=1)
        return x + self.level * np.nan_to_num(error)[:, None]


def _padded(arrays: Sequence[Floats], width: int) -> Floats:
    out = np.zeros((len(arrays), *[width] * arrays[0].ndim))
    for whole, array in zip(out, arrays, strict=True):
        whole[tuple(slice(n) for n in array.shape)] = array
    return out
