"""`auto-ets`: exponential smoothing whose components are chosen by the corrected AIC.

R. J. Hyndman, A. B. Koehler, J. K. Ord, R. D. Snyder: Forecasting with Exponential Smoothing
(2008), chapters 2 and 5.
"""

from __future__ import annotations

import numpy as np

from features.panel import Floats
from models.classical import Classical, Estimate
from models.innovations import Innovations


class AutoETS(Classical):
    """statsforecast's `AutoETS` among the six models with additive errors, trends and seasons.

    A multiplicative error would change what is estimated, and no recursion; multiplicative seasons
    and trends are not linear and are left out. A season above `classical.LONGEST` is taken off by
    fixed indices first.
    """

    name = "auto-ets"

    def estimate(self, y: Floats) -> Estimate:
        """Components and smoothing by likelihood; the state is level, slope, latest season."""
        from statsforecast.models import AutoETS as Library

        y, indices, season = self.shortened(y)
        fitted = Library(season, model="AZZ").fit(y).model_
        _, trend, seasonal, damped = fitted["components"]
        alpha, beta, gamma, phi = fitted["par"][:4]
        model = _additive(
            alpha,
            beta if trend == "A" else 0.0,
            gamma if seasonal == "A" else 0.0,
            phi if damped == "D" else float(trend == "A"),
            fitted["par"][4:],
            trend == "A",
        )
        chosen = f"ETS(A,{trend}{'d' * (damped == 'D')},{seasonal})"
        return Estimate(chosen, model, indices)


def _additive(
    alpha: float, beta: float, gamma: float, phi: float, start: Floats, sloped: bool
) -> Innovations:
    """Level, slope, then the season from the latest place to the one that comes next."""
    state = start if sloped else np.insert(start, 1, 0.0)
    m = len(state) - 2
    weights, gain = np.zeros(2 + m), np.zeros(2 + m)
    weights[:2], gain[:2] = (1, phi), (alpha, beta)
    transition = np.zeros((2 + m, 2 + m))
    transition[:2, :2] = [[1, phi], [0, phi]]
    if m:
        weights[-1], gain[2] = 1, gamma
        transition[2:, 2:] = np.roll(np.eye(m), 1, axis=0)
    return Innovations(transition, weights, gain, state, np.eye(2 + m)[0])
