"""One model against one reference: how far apart they are, and whether that is more than luck."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluation.diebold_mariano import diebold_mariano, holm
from evaluation.losses import Losses
from evaluation.metrics import mean, skill
from features.panel import Floats, Integers

ALPHA = 0.05
"""A difference is called real below this adjusted p-value."""
ROUNDING = 1e-12
"""A relative difference of losses below this is rounding."""


@dataclass(frozen=True)
class Comparison:
    """One model against one reference. Differences of MAE are below zero where it is better.

    P-values are NaN where the origins are too few, or an error is infinite.
    """

    model: str
    reference: str
    mae: float
    reference_mae: float
    interval: tuple[float, float]
    """95 % block-bootstrap interval of `skill`."""
    p: float
    p_adjusted: float
    """By Holm, for all the models that are compared with this reference."""
    step_differences: Floats  # [H]
    raw_by_step: Floats  # [H] p-values
    by_step: Floats  # [H] p-values, by Holm for the steps
    series_differences: Floats  # [S]
    raw_by_series: Floats  # [S] p-values
    by_series: Floats  # [S] p-values, by Holm for the series

    @property
    def difference(self) -> float:
        """MAE of the model minus that of the reference, in units of y."""
        return self.mae - self.reference_mae

    @property
    def skill(self) -> float:
        """1 - MAE / MAE of the reference."""
        return skill(self.mae, self.reference_mae)

    @property
    def better(self) -> bool:
        """Whether the model beats the reference by more than luck, or the reference diverged."""
        return (self.p_adjusted < ALPHA and self.difference < 0) or self.difference == -np.inf

    @property
    def worse(self) -> bool:
        """Whether the reference beats the model by more than luck, or the model diverged."""
        return (self.p_adjusted < ALPHA and self.difference > 0) or self.difference == np.inf

    @property
    def better_steps(self) -> list[int]:
        """Steps ahead (1 … H) at which the model beats the reference by more than luck."""
        return _at((self.by_step < ALPHA) & (self.step_differences < 0))

    @property
    def worse_steps(self) -> list[int]:
        """Steps ahead at which the reference beats the model by more than luck."""
        return _at((self.by_step < ALPHA) & (self.step_differences > 0))

    @property
    def better_series(self) -> int:
        """Series on which the model beats the reference by more than luck."""
        return int(((self.by_series < ALPHA) & (self.series_differences < 0)).sum())


def _at(steps: NDArray[np.bool_]) -> list[int]:
    return [int(h) + 1 for h in np.flatnonzero(steps)]


def compare(
    names: tuple[str, str],
    one: Losses,
    other: Losses,
    lags: Integers,
    interval: tuple[float, float],
) -> Comparison:
    """Test model and reference by `evaluation.diebold_mariano`; `p_adjusted` is yet to be adjusted.

    Args:
        names: of the model and of the reference.
        one: losses of the model.
        other: losses of the reference.
        lags: [1 + H + S] later origins that share targets: all steps, each step, each series.
        interval: of the skill.
    """
    differences = _differences(one.columns, other.columns)
    p, gaps = diebold_mariano(differences, lags), mean(differences, (0,))
    steps, series = np.split(np.arange(1, len(lags)), [one.steps.shape[1]])
    return Comparison(
        *(*names, one.mae, other.mae, interval, float(p[0]), float(p[0])),
        *(gaps[steps], p[steps], holm(p[steps])),
        *(gaps[series], p[series], holm(p[series])),
    )


def _differences(a: Floats, b: Floats) -> Floats:
    with np.errstate(invalid="ignore"):  # two diverged forecasts
        gap = a - b
        rounding = np.abs(gap) <= ROUNDING * (np.abs(a) + np.abs(b))
        return np.where(rounding & np.isfinite(gap), 0.0, gap)
