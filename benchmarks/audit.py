"""Whether the audit finds every planted leak, and nothing where there is none.

    python -m benchmarks.audit
    python -m benchmarks.audit --data DIR

Each leak is planted as a user would plant it and must be named by step and column. Clean pipelines
must stay silent; with a folder that holds ETTh1.csv also one with its load columns beside the oil
temperature. The forensic test is tried on columns of many random walks as well.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.data import add_folder, find
from benchmarks.leaks import PLANTS, Garden, garden, series, split_later, store
from benchmarks.record import add_json, ending, write
from evaluation.audit import suspects
from features.panel import Covariates
from flows.audit.inspection import Findings, inspect
from flows.parameters import BacktestParameters

SMALL: dict[str, Any] = {
    "horizon": 5,
    "models": ["naive", "drift", "gru-direct"],
    "network": {"hidden": 4, "look_back": 14},
    "training": {"device": "cpu"},
}
SEEDS = 100
"""Random walks of which innocent columns are made."""


def looked(fields: Mapping[str, Any]) -> Findings:
    """An audit with a small network."""
    return inspect(BacktestParameters.model_validate(SMALL | dict(fields)))


def found(findings: Findings, step: str, column: str) -> bool:
    """Whether that step and column are named."""
    return (step, column) in {(leak.step, leak.column) for leak in findings.leaks}


def ragged(at: Garden) -> dict[str, Any]:
    """Series that begin at different dates and have holes."""
    frame = series(holes=True)
    late = (frame["unique_id"] == "b") & (frame["ds"] < frame["ds"].iloc[60])
    return {**at.csv(frame[~late]), "covariates": {"past": ["wind"]}}


def calm(table: pd.DataFrame) -> pd.DataFrame:
    """Nothing was revised."""
    return table


def known(at: Garden) -> dict[str, Any]:
    """Past-only, known-future and static covariates, none of which knows too much."""
    frame = series()
    frame["lag"] = frame.groupby("unique_id")["wind"].shift(1)
    frame["mean"] = frame.groupby("unique_id")["lag"].transform(lambda x: x.rolling(5).mean())
    frame["weekday"] = frame["ds"].dt.dayofweek
    frame["promotion"] = (np.random.default_rng(1).random(len(frame)) > 0.8) * 1.0
    frame["place"] = frame["unique_id"].map({"a": 1.0, "b": 2.0})
    names = {"past": ["wind", "lag", "mean"], "future": ["weekday", "promotion"]}
    return {**at.csv(frame), "covariates": names | {"static": ["place"]}}


def everything(at: Garden) -> dict[str, Any]:
    """Every network, two members each, with refits."""
    cells = [f"{c}-{s}" for c in ("lstm", "gru") for s in ("direct", "recursive", "seq2seq")]
    training = {"members": 2, "device": "cpu"}
    fields = {"models": ["naive", "seasonal-naive", *cells], "training": training}
    return {**at.csv(series(), "all.csv"), "covariates": {"past": ["wind"]}, **fields}


CLEAN: dict[str, Callable[[Garden], Mapping[str, Any]]] = {
    "sample stocks": lambda at: {"source": "stocks"},
    "sample weather": lambda at: {"source": "weather"},
    "file, every network": everything,
    "file, covariates of all kinds": known,
    "file, ragged with holes": ragged,
    "file, refits": lambda at: {**at.csv(series()), "refit_every": 40},
    "store without revisions": store(calm),
    "store, split after the origin": store(split_later),
}


def loads(path: Path, at: Garden) -> dict[str, Any]:
    """ETTh1: the oil temperature beside the six loads."""
    table = pd.read_csv(path).rename(columns={"date": "ds", "OT": "y"}).assign(unique_id="OT")
    past = [c for c in table if c not in ("ds", "y", "unique_id")]
    fields = {"horizon": 24, "covariates": {"past": past}, "models": ["naive", "gru-direct"]}
    return {**at.csv(table[:8000]), **fields}


def false_alarms(seeds: int) -> int:
    """Leaks named in innocent columns of random walks: lags, averages, calendars, fills."""
    return sum(len(suspects(*innocent(seed), horizon=5)) for seed in range(seeds))


def innocent(seed: int) -> tuple[pd.DataFrame, Covariates]:
    """A walk (or noise that returns, in turn) and what an honest user puts beside it."""
    rng, steps = np.random.default_rng(seed), 500
    walk, other = (pd.Series(rng.normal(size=steps)).cumsum() for _ in range(2))
    y = 100 + (walk if seed % 2 else walk.diff().fillna(0).ewm(alpha=0.3).mean())
    ds = pd.date_range("2020-01-01", periods=steps)
    past = {
        "lag": y.shift(1), "mean": y.rolling(7).mean(), "ewm": y.ewm(alpha=0.2).mean(),
        "max": y.rolling(9).max(), "held": y.where(np.arange(steps) % 5 == 0).ffill(),
        "near": y + rng.normal(size=steps) * 0.01, "other": other, "other lag": other.shift(1),
        "other mean": other.shift(1).rolling(3).mean(), "up": (y.diff() > 0) * 1.0,
        "month": ds.month, "step": (np.arange(steps) > 300) * 1.0,
    }  # fmt: skip
    future = {
        "weekday": ds.dayofweek,
        "season": np.sin(np.arange(steps) / 9),
        "sale": (rng.random(steps) > 0.8) * 1.0,
        "forecast": y + rng.normal(size=steps) * 0.2,
    }
    frame = pd.DataFrame({"unique_id": "a", "ds": ds, "y": y, **past, **future})
    return frame, Covariates(tuple(past), tuple(future))


def planted() -> list[dict[str, Any]]:
    """A row a planted leak."""
    rows = []
    for one in PLANTS:
        with tempfile.TemporaryDirectory() as folder, garden(Path(folder)) as at:
            findings = looked(one.plant(at))
        hit = found(findings, one.step, one.column)
        named = sorted({f"{leak.step}: {leak.column}" for leak in findings.leaks})
        rows.append({"leak": one.name, "step": one.step, "column": one.column, "found": hit,
                     "named": named, "seconds": round(findings.seconds, 2)})  # fmt: skip
        print(line(one.name, f"{one.step}: {one.column}", hit, findings.seconds), flush=True)
        if not hit:
            print(f"  named instead: {', '.join(named) or 'nothing'}")
    return rows


def silent(data: Path | None) -> list[dict[str, Any]]:
    """A row a clean pipeline."""
    plots = dict(CLEAN)
    if data is not None:
        path = find(data, "ETTh1")
        plots["ETTh1 beside its loads"] = lambda at: loads(path, at)
    rows = []
    for name, make in plots.items():
        with tempfile.TemporaryDirectory() as folder, garden(Path(folder)) as at:
            findings = looked(make(at))
        said = [leak.sentence for leak in findings.leaks]
        rows.append({"pipeline": name, "alarms": said, "notes": findings.notes,
                     "seconds": round(findings.seconds, 2)})  # fmt: skip
        print(line(name, "clean", not said, findings.seconds), *said, sep="\n  ", flush=True)
    return rows


def line(name: str, expected: str, held: bool, seconds: float) -> str:
    """One row as text, in 80 columns."""
    return f"{name:<38}{expected:<26}{'yes' if held else 'NO':>4}{seconds:>7.1f} s"


def main() -> None:
    """Print the tables."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_folder(p)
    add_json(p)
    options = p.parse_args()
    begun = time.perf_counter()
    print(f"{'planted leak':<38}{'step: column':<26}{'found':>5}")
    leaks = planted()
    print(f"\n{'clean pipeline':<38}{'':<26}{'silent':>6}")
    clean = silent(options.data)
    alarms, seconds = false_alarms(SEEDS), time.perf_counter() - begun
    print(f"\n{sum(row['found'] for row in leaks)} of {len(leaks)} planted leaks found by step and "
          f"column; {sum(bool(row['alarms']) for row in clean)} of {len(clean)} clean pipelines\n"
          f"and {alarms} of {16 * SEEDS:,} innocent columns named; {seconds:.0f} s")  # fmt: skip
    write(options.json, {"planted": leaks, "clean": clean, "alarms": alarms, "seconds": seconds})


if __name__ == "__main__":
    ending(main)
