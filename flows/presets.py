"""What the embedded samples are run with where the user says nothing else."""

from __future__ import annotations

from typing import Any

PRESETS: dict[str, dict[str, Any]] = {
    "stocks": {
        "horizon": 5,  # sessions: a week
        "network": {"hidden": 32, "look_back": 60},
        "training": {"batch_rows": 16},
    },
    "weather": {
        "horizon": 7,
        "network": {"hidden": 32, "look_back": 28, "dropout": 0.2},
        # Four years of days are little: short chunks and small batches make enough steps of them.
        "training": {"batch_rows": 8, "chunk_origins": 16, "learning_rate": 3e-3},
    },
}
"""Source to the fields of `flows.parameters.Parameters` that differ from their defaults."""
