"""The data card: what the panel holds, what is missing, and what each range was used for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evaluation.fans import day
from evaluation.numbers import NOTHING
from features.panel import Panel
from features.splits import Split

USES = {
    "train": "learning, scaling",
    "validation": "early stopping, choice of the model, first errors for the intervals",
    "test": "the leaderboard and the verdicts, nothing else",
}


def facts(panel: Panel, source: str) -> dict[str, str]:
    """The panel as a whole, label by label."""
    since_start = np.arange(panel.steps) >= panel.start[:, None]  # [S, T]
    missing = int((since_start & ~np.isfinite(panel.y)).sum())
    total = int(since_start.sum())
    return {
        "Source": source,
        "Series": f"{len(panel):,}",
        "Span": f"{day(panel.stamps[0])} to {day(panel.stamps[-1])}",
        "Steps": f"{panel.steps:,} on calendar {panel.calendar.name}",
        "Missing": f"{missing:,} of {total:,} values since each series began; none was filled in",
        "Past-only covariates": ", ".join(panel.covariates.past) or "none",
        "Known-future covariates": ", ".join(panel.covariates.future) or "none",
        "Static covariates": ", ".join(panel.covariates.static) or "none",
        "Digest (SHA-256)": panel.digest,
    }


def series_table(panel: Panel) -> pd.DataFrame:
    """One row a series: first and last observed date, missing values, longest gap, range."""
    rows = []
    for s, name in enumerate(panel.ids):
        seen = np.flatnonzero(np.isfinite(panel.y[s]))
        if not len(seen):
            rows.append({"series": name, "observed": 0})
            continue
        values = panel.y[s, seen]
        rows.append(
            {
                "series": name,
                "first": day(panel.stamps[seen[0]]),
                "last": day(panel.stamps[seen[-1]]),
                "observed": len(seen),
                "missing": panel.steps - int(seen[0]) - len(seen),
                "longest gap": int((np.diff(np.append(seen, panel.steps)) - 1).max()),
                "lowest": values.min(),
                "median": float(np.median(values)),
                "highest": values.max(),
            }
        )
    return pd.DataFrame(rows).set_index("series")


def split_table(panel: Panel, split: Split) -> pd.DataFrame:
    """The three ranges of target steps with their dates, and what each was used for."""
    rows = {}
    for part, use in USES.items():
        steps: range = getattr(split, part)
        rows[part] = {
            "first target": day(panel.stamps[steps.start]) if steps else NOTHING,
            "last target": day(panel.stamps[steps.stop - 1]) if steps else NOTHING,
            "steps": len(steps),
            "used for": use,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("range")
