"""The classical rivals: one walk over a series against statsforecast carried to each origin.

    python -m benchmarks.classical --data DIR

Both have the same models, fitted once a series. The walk forecasts from every origin of the test
range. The library's `forward` is called at some of them, and what all would take is its mean time
times their number. Given too is the largest distance of the two, in deviations of the training
range, from its end and from those later origins.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from benchmarks.data import add_data, read
from benchmarks.record import add_json, ending, write
from features.panel import Floats, Integers, Panel
from features.splits import Split
from models.arima import AutoARIMA
from models.classical import LONGEST, Classical
from models.ets import AutoETS
from models.theta import Theta

HORIZON = 24
SOME = 3
"""Origins of a series at which the library is called."""
RIVALS: tuple[type[Classical], ...] = (Theta, AutoETS, AutoARIMA)


@dataclass
class Row:
    """What was measured of one rival, all series together."""

    fit: float = 0.0  # seconds
    walk: float = 0.0  # seconds, every origin
    forward: float = 0.0  # seconds, every origin
    mae: float = 0.0  # of the walk's forecasts from the end of the training range
    mae_library: float = 0.0
    at_end: float = 0.0  # distance
    later: float = 0.0  # distance


def library(kind: type[Classical], season: int) -> Any:
    """statsforecast's model, as the rival uses it."""
    from statsforecast import models

    if kind is Theta:
        return models.Theta(season, decomposition_type="additive")
    season = season if season <= LONGEST else 1
    if kind is AutoETS:
        return models.AutoETS(season, "AZZ")
    return models.AutoARIMA(season_length=season)


def measured(kind: type[Classical], panel: Panel, split: Split) -> Row:
    """One rival on all series."""
    row, ours = Row(), kind(HORIZON, panel.calendar.season)
    row.fit, _ = timed(lambda: ours.fit(panel, split))
    end, origins = split.train.stop - 1, split.origins("test", HORIZON)
    row.walk, got = timed(lambda: ours.forecast(panel, origins))
    some = np.arange(0, len(origins), len(origins) // SOME)[:SOME]
    first = ours.forecast(panel, np.array([end]))[:, 0]
    for s in range(len(panel)):
        seconds, last, later = carried(ours, panel, s, end, origins[some])
        truth = panel.y[s, end + 1 : end + 1 + HORIZON]
        row.forward += seconds * len(origins)
        row.mae += np.abs(first[s] - truth).mean() / len(panel)
        row.mae_library += np.abs(last - truth).mean() / len(panel)
        row.at_end = max(row.at_end, np.abs(first[s] - last).max())
        row.later = max(row.later, np.abs(got[s, some] - later).max())
    return row


def carried(
    ours: Classical, panel: Panel, s: int, end: int, origins: Integers
) -> tuple[float, Floats, Floats]:
    """Of series `s`, by the library: seconds a forecast, [H] from `end`, [O, H] from `origins`."""
    y, steps = panel.y[s, ours.since[s] :], np.arange(panel.steps + HORIZON - ours.since[s])
    beside = np.zeros(len(steps))
    if not isinstance(ours, Theta) and ours.season > LONGEST:
        beside = ours.indices[s, steps % ours.season]
    y, end, origins = y - beside[: len(y)], end - ours.since[s], origins - ours.since[s]
    model = library(type(ours), ours.season).fit(y[: end + 1])
    last = model.predict(HORIZON)["mean"] + beside[end + 1 : end + 1 + HORIZON]
    seconds, later = timed(lambda: [model.forward(y[: t + 1], HORIZON)["mean"] for t in origins])
    ahead = origins[:, None] + np.arange(1, HORIZON + 1)
    return seconds / len(origins), last, np.array(later) + beside[ahead]


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds, and what came of it."""
    begun = time.perf_counter()
    out = work()
    return time.perf_counter() - begun, out


def main() -> None:
    """Print a line a rival."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add_data(parser)
    add_json(parser)
    options = parser.parse_args()
    warnings.simplefilter("ignore")  # statsforecast's, of searches and convergence
    panel, split = read(options)
    rows = {kind.name: measured(kind, panel, split) for kind in RIVALS}
    for name, row in rows.items():
        print(
            f"{name:10s}  fit {row.fit:6.1f} s  walk {row.walk:5.2f} s  "
            f"forward {row.forward:8.0f} s  ratio {row.forward / row.walk:8.0f}\n"
            f"{'':10s}  MAE from the end {row.mae:.6f}, library {row.mae_library:.6f}, "
            f"apart {row.at_end:.1e}, later {row.later:.1e}"
        )
    write(options.json, {name: asdict(row) for name, row in rows.items()})


if __name__ == "__main__":
    ending(main)
