"""`ridge`: one linear map of the last values to all H steps, for all series.

A. Zeng et al.: Are Transformers effective for time series forecasting? (AAAI 2023), call it
NLinear; here its penalty, its look-back and whether it reads the level are chosen on the validation
range.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
import torch
from torch import Tensor

from features.signal import Signal
from models.lags import LagRegression, Rows, beside, filled, lags, level, targets

PENALTIES = (1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0)
"""Tried, each times the number of rows."""
LONG = 365
"""Look-back that is tried beside the network's: a year of days, two weeks of hours."""
MOST = 2**15
"""Origins that are learned from, and that are judged on."""


@dataclass
class Ridge(LagRegression):
    """Reads all lags of the target, the last value of each past-only covariate, what is known of
    the steps ahead, the calendar at the origin and the static covariates.

    A missing target reads as the last observed value; rows without any target are left out.
    """

    name = "ridge"
    weights: Tensor = field(default_factory=lambda: torch.zeros(0, 0), init=False)  # [columns, H]
    bias: Tensor = field(default_factory=lambda: torch.zeros(0), init=False)  # [H]

    def learn(self, signal: Signal, train: Rows, validation: Rows, stop: int) -> None:
        """The penalty, look-back and level of the least absolute error on the validation range."""
        from sklearn.linear_model import Ridge as Library

        train, y, _ = self._targets(signal, train.some(MOST), stop)
        judged, truth, seen = self._targets(signal, validation.some(MOST), signal.values.shape[1])
        least = math.inf
        for look_back, shown in product((self.network.look_back, LONG), (False, True)):
            tables = [self._table(signal, rows, look_back, shown) for rows in (train, judged)]
            for penalty in PENALTIES:
                model = Library(penalty * len(y), solver="cholesky").fit(tables[0], y)
                weights = torch.as_tensor(np.atleast_2d(model.coef_).T)
                bias = torch.as_tensor(np.atleast_1d(model.intercept_))
                error = float((tables[1] @ weights + bias - truth).abs()[seen].mean())
                if error < least:
                    least, self.weights, self.bias = error, weights, bias
                    self.chosen = {"look_back": look_back, "level": shown, "penalty": penalty}

    def predict(self, signal: Signal, rows: Rows) -> Tensor:
        """[R, H] in one product."""
        table = self._table(signal, rows, self.chosen["look_back"], self.chosen["level"])
        return table @ self.weights + self.bias

    def kept(self) -> dict[str, Any]:
        """Weights and bias."""
        return {"weights": self.weights, "bias": self.bias}

    def take(self, kept: dict[str, Any]) -> None:
        """Take over what `kept` gave."""
        self.weights, self.bias = kept["weights"], kept["bias"]

    def _targets(self, signal: Signal, rows: Rows, stop: int) -> tuple[Rows, Tensor, Tensor]:
        """Those of `rows` that have a target, all their targets and whether they were observed."""
        rows = rows.where(targets(signal, rows, self.horizon, stop)[1].any(dim=1))
        values, seen = targets(signal, rows, self.horizon, stop)
        return rows, values.double(), seen

    def _table(self, signal: Signal, rows: Rows, look_back: int, shown: bool) -> Tensor:
        """[R, columns] of what is known at the origins."""
        R, H = len(rows.step), self.horizon
        changes = lags(filled(signal), signal, rows, torch.arange(look_back))
        calendar = signal.known_at(rows.series, rows.step)[:, : self.cycles]
        ahead = signal.known_at(rows.series, rows.step[:, None] + torch.arange(1, H + 1))
        declared = ahead[..., self.cycles :].reshape(R, -1)
        parts = [changes, calendar, declared, beside(signal, rows)]
        return torch.cat([*parts, level(signal, rows)] if shown else parts, dim=1).double()
