"""Drift of errors: whether what was forecast comes true less well than before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.drift import STABLE, UNKNOWN
from evaluation.numbers import number
from features.panel import Floats

RISEN = "risen"
LEAST = 5
"""Cutoffs in a block."""
_TINY = 1e-12


@dataclass(frozen=True)
class Watch:
    """Page and Hinkley's test as it is used here; `benchmarks.drift` measures what it gives."""

    first: int = 20
    """Blocks that say what is usual; no alarm before the next one."""
    tolerance: float = 0.25
    """Deviations that a block may lie above the mean without counting."""
    alarm: float = 12.0
    """Sum of what lies beyond that, in deviations, from which on it is drift."""

    def alarms(self, blocks: Iterable[float]) -> list[int]:
        """The blocks at which an alarm was raised; after each the test begins anew."""
        logs, found, begun = _logs(np.array(list(blocks))), [], 0
        while (alarm := self._first_alarm(logs[begun:])) is not None:
            found.append(begun + alarm)
            begun += alarm + 1
        return found

    def _first_alarm(self, logs: Floats) -> int | None:
        from river.drift import PageHinkley

        if len(logs) <= self.first:
            return None
        usual = logs[: self.first]
        test: Any = PageHinkley(self.first + 1, self.tolerance, self.alarm, mode="up")
        for k, value in enumerate((logs - usual.mean()) / max(usual.std(ddof=1), _TINY)):
            test.update(value)
            if test.drift_detected:
                return k
        return None


def error_drift(points: pd.DataFrame) -> pd.DataFrame:
    """Whether the errors of each model have risen, by Page and Hinkley's test (Page 1954).

    An error is divided by how far the series had lately moved a step at the cutoff, so restless
    weeks are no drift. Errors of one cutoff are averaged over steps and series, for they come from
    the same values. Those of neighbouring cutoffs share targets: all cutoffs that begin within the
    first one's horizon, and five at least, are a block and averaged once more. The test sees the
    logarithms of the blocks, in deviations of the first twenty, in the order in which they became
    known. After an alarm it begins anew: what comes then is the new norm.

    Args:
        points: forecasts of one panel and one group of settings, as in `evaluation.followup`.

    Returns:
        A row a model: `model, state, since, before, after, blocks`. `state` is risen where the
        last alarm is no older than twenty blocks; too few where there are no more than twenty; else
        stable. `since` is the cutoff from which on errors are judged to have risen, `before` and
        `after` the mean scaled errors on both sides of it; empty where nothing rose.
    """
    rows = [
        {"model": model, **_watched(_blocks(part))}
        for model, part in points.groupby("model", sort=True)
    ]
    table = pd.DataFrame(rows, columns=["model", "state", "since", "before", "after", "blocks"])
    return table.astype({"since": "datetime64[ns]", "before": float, "after": float})


def error_sentences(table: pd.DataFrame) -> list[str]:
    """What `error_drift` found, a sentence for each model whose errors have risen."""
    return [
        f"Drift of errors: those of {row.model} rose from {number(row.before)} to "
        f"{number(row.after)} times the usual change of a step since {row.since:%Y-%m-%d}"
        for row in table[table["state"] == RISEN].itertuples()
    ]


def blocks_of(cutoffs: NDArray[np.datetime64], ends: NDArray[np.datetime64]) -> NDArray[np.int64]:
    """The block of each cutoff, given when its last target is: [N] increasing, [N] -> [N].

    The last block may not be whole yet; the block after it begins once it is.
    """
    block = np.zeros(len(cutoffs), dtype=np.int64)
    first = 0
    for k in range(1, len(cutoffs)):
        whole = k - first >= LEAST and cutoffs[k] >= ends[first]
        block[k] = block[k - 1] + whole
        first = k if whole else first
    return block


def _blocks(points: pd.DataFrame) -> pd.DataFrame:
    """Scaled errors by block that is whole: `since` (its first cutoff) and `error`."""
    last = points.loc[points["y"].notna(), "ds"].max()
    error = (points["value"] - points["y"]).abs() / points["spread"]
    of = points.assign(error=error).groupby("cutoff", sort=True)
    table = of.agg(error=("error", "mean"), end=("ds", "max"))
    table = table[(table["end"] <= last) & np.isfinite(table["error"])].reset_index()
    block = blocks_of(table["cutoff"].to_numpy(), table["end"].to_numpy())
    whole = table.groupby(block).agg(
        since=("cutoff", "first"), error=("error", "mean"), size=("error", "size")
    )
    return whole[whole["size"] >= LEAST]


def _watched(blocks: pd.DataFrame, watch: Watch | None = None) -> dict[str, object]:
    """The row of one model."""
    watch, errors = watch or Watch(), blocks["error"].to_numpy()
    alarms = watch.alarms(errors)
    row: dict[str, object] = {"state": STABLE, "blocks": len(errors)}
    if len(errors) <= watch.first:
        return row | {"state": UNKNOWN}
    if not alarms or len(errors) - alarms[-1] > watch.first:
        return row
    begun = alarms[-2] + 1 if len(alarms) > 1 else 0
    change = begun + _change(_logs(errors[begun : alarms[-1] + 1]))
    return row | {
        "state": RISEN,
        "since": blocks["since"].iloc[change],
        "before": errors[begun:change].mean(),
        "after": errors[change:].mean(),
    }


def _change(values: Floats) -> int:
    """Where the mean of `values` changes: the most likely cut of a normal sample in two."""
    cuts = np.arange(1, len(values))
    before = values.cumsum()[:-1] / cuts
    after = (values.sum() - values.cumsum()[:-1]) / (len(values) - cuts)
    return int(cuts[np.argmax(cuts * (len(values) - cuts) * (after - before) ** 2)])


def _logs(errors: Floats) -> Floats:
    return np.log(np.maximum(errors, _TINY))
