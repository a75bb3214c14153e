"""`boosting`: gradient-boosted trees over pairs of an origin and a step ahead, for all series.

J. H. Friedman: Greedy function approximation, Annals of Statistics 29 (2001), as scikit-learn's
`HistGradientBoostingRegressor` does it. Which step ahead is asked for is a column, and beside it
stand the values at the same place in the seasons before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from features.panel import Floats
from features.signal import Signal
from models.lags import LagRegression, Rows, beside, filled, lags, level, targets

MOST = 2**17
"""Pairs of an origin and a step ahead that are learned from, and that are judged on."""
RECENT = 8
"""Lags read one by one, and seasons read at the place of the target."""
TREES = 300
"""At most; fewer where the validation loss has not fallen for ten."""
LEAF = 100
"""Fewest pairs in a leaf."""
TRUSTED = ["sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"]
"""What a stored model may hold beside what skops trusts by itself."""


@dataclass
class Boosting(LagRegression):
    """Least absolute error. Reads recent lags, the target's place in past seasons, the mean and
    spread of the last seasons, covariates, and the level where the validation range is for it.
    """

    name = "boosting"
    trees: Any = field(default=None, init=False)

    def learn(self, signal: Signal, train: Rows, validation: Rows, stop: int) -> None:
        """Trees until the absolute error on the validation range has not fallen for ten of them."""
        from sklearn.ensemble import HistGradientBoostingRegressor

        least = math.inf
        for shown in (False, True):
            x, y = self._pairs(signal, train, stop, shown)
            judged, truth = self._pairs(signal, validation, signal.values.shape[1], shown)
            trees = HistGradientBoostingRegressor(
                loss="absolute_error",
                max_iter=TREES,
                min_samples_leaf=LEAF,
                early_stopping=True,
                scoring="loss",
                random_state=0,
            ).fit(x, y, X_val=judged, y_val=truth)
            error = float(np.abs(trees.predict(judged) - truth).mean())
            if error < least:
                least, self.trees = error, trees
                self.chosen = {"level": shown, "trees": int(trees.n_iter_)}

    def predict(self, signal: Signal, rows: Rows) -> Tensor:
        """[R, H] in one call."""
        table = self._table(signal, rows, self.chosen["level"])
        R, H, columns = table.shape
        out = self.trees.predict(table.reshape(R * H, columns).numpy())
        return torch.as_tensor(out).view(R, H)

    def kept(self) -> dict[str, Any]:
        """The trees, as skops writes them: no pickle."""
        from skops.io import dumps

        return {"trees": torch.frombuffer(bytearray(dumps(self.trees)), dtype=torch.uint8)}

    def take(self, kept: dict[str, Any]) -> None:
        """Take over what `kept` gave."""
        from skops.io import loads

        self.trees = loads(kept["trees"].numpy().tobytes(), trusted=TRUSTED)

    def _pairs(self, signal: Signal, rows: Rows, stop: int, shown: bool) -> tuple[Floats, Floats]:
        """[pairs, columns] and [pairs] of every step ahead whose target was observed."""
        rows = rows.some(max(MOST // self.horizon, 1))
        values, seen = targets(signal, rows, self.horizon, stop)
        return self._table(signal, rows, shown)[seen].numpy(), values[seen].numpy()

    def _table(self, signal: Signal, rows: Rows, shown: bool) -> Tensor:
        """[R, H, columns] of what is known at the origins about each step ahead."""
        R, H = len(rows.step), self.horizon
        values, ahead = filled(signal), torch.arange(1, H + 1)
        back = (torch.arange(RECENT) - (-ahead[:, None] // self.season)) * self.season
        place = (back - ahead[:, None]).flatten().expand(R, -1)  # [R, H · seasons]
        seasons = lags(values, signal, rows, place).view(R, H, RECENT)
        alike = [
            lags(values, signal, rows, torch.arange(RECENT)),
            *self._spans(values, signal, rows),
            beside(signal, rows),
            rows.series[:, None].float(),
            *([level(signal, rows)] if shown else []),
        ]
        known = signal.known_at(rows.series, rows.step[:, None] + ahead)
        step = ahead.float()[:, None].expand(R, H, 1)
        same = torch.cat(alike, dim=1)[:, None].expand(-1, H, -1)
        return torch.cat([seasons, same, known, step], dim=2)

    def _spans(self, values: Tensor, signal: Signal, rows: Rows) -> list[Tensor]:
        """[R, 1] mean and deviation of the last season and of the look-back."""
        spans = (max(self.season, RECENT), self.network.look_back)
        seen = [lags(values, signal, rows, torch.arange(span)) for span in spans]
        return [
            part
            for x in seen
            for part in (x.mean(dim=1, keepdim=True), x.std(dim=1, correction=0, keepdim=True))
        ]
