"""`auto-arima`: an ARIMA whose orders are found step by step.

R. J. Hyndman, Y. Khandakar: Automatic time series forecasting, Journal of Statistical Software 27
(2008).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from features.panel import Floats
from models.classical import Classical, Estimate
from models.innovations import Innovations

DIFFUSE = 1e6
"""Variance of an unknown beginning, in units of the error's, as statsforecast has it."""


class AutoARIMA(Classical):
    """statsforecast's `AutoARIMA`, with a mean or a drift where it finds one.

    Where it finds noise around a mean or a season, the last value does not move the forecast.
    A season above `classical.LONGEST` is taken off by fixed indices first.
    """

    name = "auto-arima"

    def estimate(self, y: Floats) -> Estimate:
        """Orders by the corrected AIC, coefficients by likelihood."""
        from statsforecast.models import AutoARIMA as Library

        y, indices, season = self.shortened(y)
        fitted = Library(season_length=season).fit(y).model_
        return Estimate(_chosen(fitted), recursion(fitted, y), indices)


def recursion(fitted: dict[str, Any], y: Floats) -> Innovations:
    """Mean, drift, then the state of the ARIMA (Durbin and Koopman 2012, section 3.4).

    The filter's gain has its limit from the first step on, because the beginning is the one that
    the values fitted on make likeliest: the last state is that of the exact filter. At later steps
    the exact filter would learn of the beginning still, which matters where the MA part has a root
    on the unit circle: there the recursion keeps the mean of what it was fitted on.
    """
    inner, coefficients = fitted["model"], fitted["coef"]
    ahead, T = inner["Z"], inner["T"]
    N, d = len(ahead), len(inner["delta"])
    mean, drift = (coefficients.get(name, 0.0) for name in ("intercept", "drift"))
    gain = np.zeros(N)
    gain[: N - d] = _invertible(np.append(1.0, inner["theta"]))
    rest = y - mean - drift * np.arange(1, len(y) + 1)
    state = _beginning(T, ahead @ T, gain, rest, N - d)
    transition = np.zeros((N + 2, N + 2))
    transition[:2, :2], transition[2:, 2:] = [[1, 1], [0, 1]], T
    level = np.concatenate([np.zeros(2 + N - d), np.ones(d)])
    return Innovations(
        transition,
        np.concatenate([[1, 1], ahead @ T]),
        np.concatenate([[0, 0], gain]),
        np.concatenate([[mean, drift], state]),
        level,
    )


def _invertible(theta: Floats) -> Floats:
    """The MA polynomial [q + 1] of the same autocorrelations that past values tell the errors of.

    Roots outside the unit circle are mirrored (Hamilton 1994, section 3.7): the exact filter does
    so by itself, and a recursion with them would explode.
    """
    roots = np.roots(theta)
    outside = np.abs(roots) > 1
    if not outside.any():
        return theta
    mirrored = np.poly(np.where(outside, 1 / np.conj(roots), roots)).real
    return np.pad(mirrored, (0, len(theta) - len(mirrored)))


def _beginning(T: Floats, weights: Floats, gain: Floats, y: Floats, stationary: int) -> Floats:
    """[N] the mean of the state before y [n], given all of y.

    The errors are linear in that state, so it is the least-squares solution of errors that are
    small and a beginning that is likely: u with x = L u, where L L' is the variance of x before
    anything was seen.
    """
    from scipy.linalg import solve_discrete_lyapunov

    N = len(weights)
    variance = np.eye(N) * DIFFUSE
    inner = (slice(stationary), slice(stationary))
    shock = np.outer(gain, gain)
    variance[inner] = solve_discrete_lyapunov(T[inner], shock[inner])
    values, vectors = np.linalg.eigh(variance)
    L = vectors * np.sqrt(np.maximum(values, 0))
    closed = T - np.outer(gain, weights)  # the state once its own forecast is taken off
    x, row, errors, rows = np.zeros(N), weights, [], []
    for value in y:
        errors.append(value - weights @ x)
        rows.append(row)
        x, row = closed @ x + gain * value, row @ closed
    left = np.vstack([np.array(rows) @ L, np.eye(N)])
    solved, *_ = np.linalg.lstsq(left, np.append(errors, np.zeros(N)), rcond=None)
    return np.asarray(L @ solved)


def _chosen(fitted: dict[str, Any]) -> str:
    """As (p,d,q)(P,D,Q)[m], and what stands beside it."""
    p, q, P, Q, m, d, D = fitted["arma"]
    seasonal = f"({P},{D},{Q})[{m}]" if P + D + Q else ""
    beside = [f" with {name}" for name in ("intercept", "drift") if name in fitted["coef"]]
    return f"ARIMA({p},{d},{q}){seasonal}{''.join(beside)}"
