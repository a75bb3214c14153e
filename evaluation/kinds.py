"""Which models are compared with which: forecasts by rule, classical rivals, networks."""

from __future__ import annotations

from collections.abc import Iterable

BASELINES = ("naive", "seasonal-naive", "drift")
"""Forecasts by rule, which learn nothing."""
RIVALS = ("theta", "auto-ets", "auto-arima", "ridge", "boosting")
"""Statistical models and regressions on lags, which learn and are no networks."""
REFERENCES = {"naive": "skill_vs_naive", "seasonal-naive": "skill_vs_seasonal"}
"""What every model is compared with, and the column that holds its MAE skill against it."""


def networks(models: Iterable[str]) -> list[str]:
    """Those that are neither baselines nor rivals, in their order."""
    return [model for model in models if model not in (*BASELINES, *RIVALS)]
