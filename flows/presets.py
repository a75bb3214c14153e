"""What the embedded samples are run with where the user says nothing else."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "stocks": {
        "horizon": 5,  # sessions: a week
        "network": {"hidden": 32, "look_back": 60},
    },
    "weather": {
        "horizon": 7,
        "network": {"hidden": 32, "look_back": 28, "dropout": 0.2, "level": True},
    },
}
"""Source to the fields of `flows.parameters.Parameters` that differ from their defaults."""
