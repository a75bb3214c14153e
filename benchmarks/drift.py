"""The watch over errors: how often it alarms without a cause, how soon with one.

    python -m benchmarks.drift
    python -m benchmarks.drift --streams 20

Simulated random walks, each forecast by its last value from every step; the forecasts of
neighbouring steps share most of their targets. Steps are Student's t with six degrees of freedom,
all of one size (even) or not (changing: GARCH 0.1, 0.85); errors are divided by the mean step of
the 25 before, as a run does. Compared are four ways to watch the 500 cutoffs of a stream: as it is
done (blocks), the same test on every cutoff's error, on every H-th, and ADWIN on every cutoff's
error. From cutoff 250 on errors are multiplied. A delay is the median one in cutoffs, with a dash
where most streams raise no alarm at all.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.record import add_json, ending, write
from evaluation.error_drift import Watch, blocks_of
from features.panel import Floats, Integers

CUTOFFS, SHIFT, PAST, WINDOW = 500, 250, 200, 25
HORIZONS = (1, 5, 10)


def stream(horizon: int, changing: bool, seed: int) -> Floats:
    """[500] the mean scaled error of each cutoff."""
    rng = np.random.default_rng(seed)
    steps = rng.standard_t(6, PAST + CUTOFFS + horizon) / math.sqrt(1.5)
    if changing:
        variance = 1.0
        for t in range(1, len(steps)):
            variance = 0.05 + 0.1 * steps[t - 1] ** 2 + 0.85 * variance
            steps[t] *= math.sqrt(variance)
    window = np.lib.stride_tricks.sliding_window_view
    spread = window(np.abs(steps), WINDOW)[PAST - WINDOW : PAST - WINDOW + CUTOFFS].mean(axis=1)
    ahead = window(steps[PAST:], horizon)[:CUTOFFS].cumsum(axis=1)
    errors: Floats = np.abs(ahead).mean(axis=1) / spread
    return errors


def in_blocks(errors: Floats, horizon: int) -> tuple[list[int], Integers]:
    """As it is done: the watch over blocks, and the last cutoff of each of them."""
    days = pd.date_range("2000-01-01", periods=len(errors) + horizon).to_numpy()
    block = blocks_of(days[: len(errors)], days[horizon:])
    means = np.bincount(block, errors) / np.bincount(block)
    return Watch().alarms(means), np.flatnonzero(np.append(np.diff(block), 1))


def each(errors: Floats, horizon: int) -> tuple[list[int], Integers]:
    """The watch over every cutoff."""
    return Watch().alarms(errors), np.arange(len(errors))


def apart(errors: Floats, horizon: int) -> tuple[list[int], Integers]:
    """The watch over cutoffs that share no target."""
    return Watch().alarms(errors[::horizon]), np.arange(0, len(errors), horizon)


def adwin(errors: Floats, horizon: int) -> tuple[list[int], Integers]:
    """ADWIN (Bifet and Gavaldà 2007) over the logarithm of every cutoff's error, rises only."""
    from river import drift

    make: Any = drift.ADWIN
    test = make(clock=1)
    found = []
    for k, value in enumerate(np.log(errors)):
        before = test.estimation
        test.update(value)
        if test.drift_detected and test.estimation > before:
            found.append(k)
    return found, np.arange(len(errors))


WAYS: dict[str, Callable[[Floats, int], tuple[list[int], Integers]]] = {
    "blocks": in_blocks,
    "every cutoff": each,
    "every H-th": apart,
    "ADWIN": adwin,
}


def first_alarm(way: str, errors: Floats, horizon: int) -> float:
    """The cutoff whose error raised the first alarm, infinite where none did."""
    alarms, cutoffs = WAYS[way](errors, horizon)
    return float(cutoffs[alarms[0]]) if alarms else math.inf


def delay(way: str, streams: list[Floats], horizon: int, factor: float) -> float:
    """Median delay over the streams that were quiet until the shift."""
    grown = np.where(np.arange(CUTOFFS) >= SHIFT, factor, 1.0)
    alarms = [first_alarm(way, errors * grown, horizon) for errors in streams]
    return median([at - SHIFT for at in alarms if at >= SHIFT] or [math.nan])


def measure(way: str, horizon: int, changing: bool, count: int) -> dict[str, float]:
    """Share of streams with a false alarm, and the delays."""
    streams = [stream(horizon, changing, seed) for seed in range(count)]
    false = [math.isfinite(first_alarm(way, errors, horizon)) for errors in streams]
    return {
        "false alarms": sum(false) / count,
        "delay at x1.5": delay(way, streams, horizon, 1.5),
        "delay at x2": delay(way, streams, horizon, 2.0),
    }


def table(count: int) -> dict[str, dict[str, float]]:
    """Print a row a way, horizon and kind of steps."""
    found = {}
    print(f"{count} streams of {CUTOFFS} cutoffs; errors multiplied from cutoff {SHIFT} on")
    print(f"{'way':14}{'H':>4} {'steps':10}{'false':>8}{'x1.5':>8}{'x2':>8}")
    for way in WAYS:
        for horizon in HORIZONS:
            for kind in ("even", "changing"):
                row = measure(way, horizon, kind == "changing", count)
                false, *delays = row.values()
                shown = "".join(f"{v:>8.0f}" if math.isfinite(v) else f"{'–':>8}" for v in delays)
                print(f"{way:14}{horizon:>4} {kind:10}{false:>8.2f}{shown}", flush=True)
                found[f"{way}, H {horizon}, {kind}"] = row
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--streams", type=int, default=200, help="streams of each kind")
    add_json(p)
    return p


def main() -> None:
    """Print the table."""
    options = parser().parse_args()
    write(options.json, table(options.streams))


if __name__ == "__main__":
    ending(main)
