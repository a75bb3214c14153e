"""Which tests, intervals and sets keep their size: models of exactly equal accuracy, simulated.

    python -m benchmarks.sizes

Five ways for two forecasts to be equally good: over- and undershooting the drift of a random walk,
the same with GARCH steps, twice and never the mean reversion of an AR(1), twice and never the
momentum of an ARIMA(1, 1, 0), and two networks whose own errors persist. For each number of origins
the lowest and the highest share of series in which a difference is found at the 5 % level; then the
share of 95 % intervals that hold the true skill, and of model confidence sets that drop one of five
equal models at 10 %.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import fft, stats

from benchmarks.record import add_json, ending, write
from evaluation.bootstrap import confidence_set, resamples
from evaluation.diebold_mariano import diebold_mariano
from features.panel import Floats

WARM_UP = 150
DESIGNS = ("drift", "garch", "reverting", "momentum", "persistent")
ORIGINS = {1: (50, 100, 250, 1000), 6: (50, 100, 250, 1000), 24: (200, 250, 500, 1000)}


def autoregressive(shocks: Floats, root: float) -> Floats:
    """Running along the last axis."""
    out = shocks.copy()
    for t in range(1, out.shape[-1]):
        out[..., t] += root * out[..., t - 1]
    return out


def shocks(rng: np.random.Generator, series: int, steps: int, design: str) -> Floats:
    """[S, T] standard normal; of `garch`, with clustered variances."""
    out = rng.normal(size=(series, steps))
    variance = np.ones(series)
    for t in range(steps if design == "garch" else 0):
        out[:, t] *= np.sqrt(variance)
        variance = 0.05 + 0.1 * out[:, t] ** 2 + 0.85 * variance
    return out


def equal(rng: np.random.Generator, series: int, origins: int, horizon: int, design: str) -> Floats:
    """[S, O] differences of mean absolute errors over the steps, of mean zero."""
    steps, at = WARM_UP + origins + horizon, WARM_UP + np.arange(origins)
    lead, e = np.arange(1, horizon + 1), shocks(rng, series, steps, design)
    moves = autoregressive(e, 0.3) if design == "momentum" else e
    y = autoregressive(e, 0.9) if design == "reverting" else moves.cumsum(axis=1)
    expected: NDArray[np.floating[Any]] = np.zeros(
        (series, origins, horizon)
    )  # of the move from the origin on
    if design == "momentum":
        expected = (0.3**lead).cumsum() * moves[:, at, None]
    if design == "reverting":
        expected = (0.9**lead - 1) * y[:, at, None]
    surprise = y[:, at[:, None] + lead] - y[:, at, None] - expected
    one, other = expected, -expected
    if design in ("drift", "garch"):
        one, other = 0.1 * lead, -0.1 * lead
    if design == "persistent":
        own = np.sqrt(1 - 0.9**2) * autoregressive(rng.normal(size=(2, series, steps)), 0.9)
        one, other = 0.7 * own[:, :, at, None] * np.sqrt(lead)
    out: Floats = (np.abs(surprise + one) - np.abs(surprise + other)).mean(axis=2)
    return out


def variants(d: Floats, horizon: int) -> dict[str, Floats]:
    """[S] p-values of each test of differences [S, O]."""
    n, k = d.shape[1], horizon
    x = d - d.mean(axis=1, keepdims=True)
    power = np.abs(fft.rfft(x, 2 * n, axis=1)) ** 2
    g = fft.irfft(power, axis=1)[:, :n] / n  # autocovariances
    harvey = np.sqrt((n + 1 - 2 * k + k * (k - 1) / n) / n)
    cosines = fft.dct(d, axis=1, norm="ortho")[:, 1:] ** 2
    most = 0.4 * n ** (2 / 3)

    def bartlett(lags: int) -> Floats:
        weights = 1 - np.arange(1, lags + 1) / (lags + 1)
        out: Floats = g[:, 0] + 2 * g[:, 1 : lags + 1] @ weights
        return out

    def of(variance: Floats, freedoms: float, factor: float = 1.0) -> Floats:
        t = factor * d.mean(axis=1) / np.sqrt(np.where(variance > 0, variance, np.nan) / n)
        out: Floats = np.nan_to_num(2 * stats.t.sf(np.abs(t), freedoms), nan=1.0)
        return out

    def cosine(freedoms: float, factor: float = 1.0) -> Floats:
        return of(cosines[:, : int(freedoms)].mean(axis=1), int(freedoms), factor)

    def fixed_b(lags: int) -> Floats:  # Kiefer and Vogelsang (2005), 97.5 % point
        b = (lags + 1) / n
        point = 1.96 + 2.9694 * b + 0.4160 * b**2 - 0.5324 * b**3
        return np.where(np.abs(d.mean(axis=1)) > point * np.sqrt(bartlett(lags) / n), 0.0, 1.0)

    ordinary = max(k - 1, int(np.ceil(n ** (1 / 3))))
    return {
        "rectangular, h - 1 lags, HLN": of(g[:, 0] + 2 * g[:, 1:k].sum(axis=1), n - 1, harvey),
        "Bartlett, h - 1 lags, HLN": of(bartlett(k - 1), n - 1, harvey),
        "statsmodels' lags, HLN": of(bartlett(ordinary), n - 1, harvey),
        "Bartlett, n^(1/2) lags, fixed-b": fixed_b(int(n**0.5)),
        "Bartlett, 2h lags at least, fixed-b": fixed_b(max(2 * k, int(n**0.5))),
        "cosines, 0.4 n^(2/3)": cosine(most),
        "cosines, n / 2h at most": cosine(min(most, n / (2 * k))),
        "cosines, n / 2h at most, HLN": cosine(min(most, n / (2 * k)), harvey),
        "chosen": diebold_mariano(d.T, np.full(len(d), k - 1)),
    }


def sizes(horizon: int, origins: int, budget: int) -> dict[str, tuple[float, float]]:
    """Of each variant, the lowest and the highest share of the designs."""
    series = max(min(4000, budget // (origins * horizon)), 500)
    found: dict[str, list[float]] = {}
    for design in DESIGNS:
        differences = equal(np.random.default_rng(0), series, origins, horizon, design)
        for name, p in variants(differences, horizon).items():
            found.setdefault(name, []).append(float((p < 0.05).mean()))
    return {name: (min(shares), max(shares)) for name, shares in found.items()}


def equal_losses(rng: np.random.Generator, origins: int, horizon: int) -> Floats:
    """[O, 6] of naive and of five networks of equal accuracy on a random walk."""
    steps, at = WARM_UP + origins + horizon, WARM_UP + np.arange(origins)
    lead, y = np.arange(1, horizon + 1), rng.normal(size=steps).cumsum()
    own = np.sqrt(0.75) * autoregressive(rng.normal(size=(5, steps)), 0.5)[:, at, None]
    surprise = y[at[:, None] + lead] - y[at, None]
    errors = np.concatenate([surprise[None], surprise - 0.5 * own * np.sqrt(lead)])
    out: Floats = np.abs(errors).mean(axis=2).T
    return out


def covered(horizon: int, origins: int, times: int) -> dict[str, float]:
    """The share of skill intervals that hold the truth, and of sets that drop an equal model."""
    rng, lags = np.random.default_rng(1), horizon - 1
    root = np.arange(1, horizon + 1) ** 0.5
    truth = 1 - (np.sqrt(1 + 0.25) * root).mean() / root.mean()
    inside = dropped = 0
    for _ in range(times):
        losses = equal_losses(rng, origins, horizon)
        drawn = resamples(losses, lags)
        resampled = drawn.weights @ losses[:, :2]
        low, high = drawn.interval(1 - resampled[:, 1] / resampled[:, 0])
        inside += low <= truth <= high
        dropped += bool((confidence_set(losses[:, 1:], lags) < 0.1).any())
    return {"interval holds the skill": inside / times, "set drops an equal": dropped / times}


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--budget", type=int, default=12_000_000, help="simulated errors a design")
    p.add_argument("--times", type=int, default=200, help="intervals and sets a line")
    add_json(p)
    return p


def main() -> None:
    """Print both tables, in per cent."""
    options = parser().parse_args()
    figures: dict[str, dict[str, object]] = {}
    for horizon, origins in ((h, n) for h, many in ORIGINS.items() for n in many):
        shares = sizes(horizon, origins, options.budget)
        held = covered(horizon, origins, options.times)
        figures[f"{horizon} steps, {origins} origins"] = {**shares, **held}
        print(f"\n{horizon} steps, {origins} origins")
        for name, (low, high) in shares.items():
            print(f"  {name:<38}{100 * low:5.1f} to {100 * high:4.1f}")
        for name, share in held.items():
            print(f"  {name:<38}{100 * share:5.1f}", flush=True)
    write(options.json, figures)


if __name__ == "__main__":
    ending(main)
