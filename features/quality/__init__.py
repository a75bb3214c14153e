"""The checks at the door: what a provider gave is looked at before any model sees it."""

from __future__ import annotations

from features.quality.table import RULES, examine, stop_if_severe

__all__ = ["RULES", "examine", "stop_if_severe"]
