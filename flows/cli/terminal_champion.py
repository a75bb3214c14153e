"""What a person or a script is told of a champion."""

from __future__ import annotations

import json
from typing import Any

from mlflow.entities.model_registry import ModelVersion
from rich.console import Console

from evaluation.contest import CHALLENGER, CHAMPION
from evaluation.numbers import number, signed_percent
from flows.cli.terminal import wrapped
from flows.registry.champion import PREVIOUS, Registry

_METRIC = "metric."


def show(registry: Registry) -> None:
    """Print who is the champion, since when, why, its metrics, and who stands behind it.

    Raises:
        UserError: there is none.
    """
    console = Console(highlight=False, markup=False)
    held = registry.require()
    tags, shown = held.tags, _figures(_metrics(held))
    lines = {
        "Champion": f"{tags['model']}, version {held.version}, since {tags['champion.since']}",
        "Why": tags["champion.why"],
        "Fitted on": f"{tags['data.first'][:16]} to {tags['fitted.until'][:16]}, "
        f"chosen on the steps to {tags['chosen.until'][:16]}",
        "On its test": shown,
        "Data": f"{tags['data.digest'][:12]}, settings {tags['settings']}",
        "Previous": _brief(registry.holder(PREVIOUS)),
        "Challenger": _brief(registry.holder(CHALLENGER)),
    }
    console.print(registry.name, style="bold")
    for title, text in lines.items():
        if text:
            words = wrapped(text, console.width - 13).splitlines()
            for k, line in enumerate(words):
                console.print(f"{'' if k else title:<13}{line}", soft_wrap=True)


def as_json(registry: Registry) -> str:
    """The same for scripts; null for who is not there."""
    registry.require()
    found: dict[str, Any] = {"name": registry.name}
    for role in (CHAMPION, PREVIOUS, CHALLENGER):
        held = registry.holder(role)
        found[role] = None if held is None else _plain(held)
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _plain(version: ModelVersion) -> dict[str, Any]:
    tags = {k: v for k, v in version.tags.items() if not k.startswith(_METRIC)}
    return {"version": int(version.version), "metrics": _metrics(version), "tags": tags}


def _metrics(version: ModelVersion) -> dict[str, float]:
    return {
        key.removeprefix(_METRIC): float(value)
        for key, value in sorted(version.tags.items())
        if key.startswith(_METRIC)
    }


def _figures(metrics: dict[str, float]) -> str:
    names = {"mae": "MAE", "rmse": "RMSE", "mase": "MASE", "crps": "CRPS"}
    parts = [f"{names[key]} {number(value)}" for key, value in metrics.items() if key in names]
    if (share := metrics.get("coverage_90")) is not None:
        parts.append(f"{100 * share:.1f} % in 90 %")
    if (skill := metrics.get("skill_vs_naive")) is not None:
        parts.append(f"{signed_percent(skill)} vs naive")
    return ", ".join(parts)


def _brief(version: ModelVersion | None) -> str:
    if version is None:
        return ""
    return f"{version.tags['model']}, version {version.version}. {version.tags['contest']}"
