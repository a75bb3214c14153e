"""`theta`: simple exponential smoothing with half the drift of the fitted line.

V. Assimakopoulos, K. Nikolopoulos: The theta model, International Journal of Forecasting 16 (2000);
as the recursion that J. Fiorucci et al., International Journal of Forecasting 32 (2016), call STM,
whose forecast is that of smoothing with drift (R. J. Hyndman, B. Billah, same journal 19, 2003).
"""

from __future__ import annotations

import numpy as np

from features.panel import Floats
from models.classical import Classical, Estimate
from models.innovations import Innovations


class Theta(Classical):
    """statsforecast's `Theta` with an additive season of fixed indices, where one shows."""

    name = "theta"

    def estimate(self, y: Floats) -> Estimate:
        """Smoothing by least squares, the line by ordinary least squares.

        The state is the level l, c = (1 - a)^t and 1. One step ahead it forecasts
        l + (A c + B (1 - (1 - a) c) / a) / 2, where a is the smoothing and A + B t the line.
        """
        from statsforecast.models import Theta as Library

        fitted = Library(self.season, decomposition_type="additive").fit(y).model_
        alpha, level = fitted["par"]["alpha"], fitted["par"]["initial_smoothed"]
        _, _, A, B, _ = fitted["states"][-1]
        keep = 1 - alpha
        weights = np.array([1.0, (A - B * keep / alpha) / 2, B / alpha / 2])
        transition = np.diag([1.0, keep, 1.0])
        transition[0, 1:] = alpha * weights[1:]
        gain, one = np.array([alpha, 0.0, 0.0]), np.array([1.0, 0.0, 0.0])
        model = Innovations(transition, weights, gain, np.array([level, 1.0, 1.0]), one)
        return Estimate(
            f"alpha {alpha:.3f}, drift {B / 2:.3g}", model, self._indices(fitted, len(y))
        )

    def _indices(self, fitted: dict[str, dict[str, Floats]], steps: int) -> Floats:
        """[m] from the first step fitted on; the library's begin after the last."""
        if "decompose" not in fitted:
            return np.zeros(self.season)
        return np.roll(fitted["seas_forecast"]["mean"], steps % self.season)
