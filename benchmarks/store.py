"""The data store beside DuckDB: what writing, reading and updating cost.

    python -m benchmarks.store
    python -m benchmarks.store --series 100 --days 1260

Simulated random walks, S series of T days and seven columns. Both sides keep every version of a
row with the time it was fetched, store only what is new or changed, and give the latest versions as
one sorted frame. DuckDB does it in SQL, on one table in one file; its column is left out where it
is not installed. It lets one process in at a time, so two writers take turns there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from benchmarks.record import add_json, ending, write
from features.store import Shelf

COLUMNS = ("open", "high", "low", "close", "adjusted", "volume", "dividends")
WRITERS = 2
OVERLAP = 10
"""Days before a new one that are asked for again."""
ROUNDS = 5
"""Appends of each of two writers at once."""

Tables = dict[str, pd.DataFrame]
Figures = dict[str, float]


class Side(Protocol):
    """A store that is measured."""

    def append(self, tables: Tables, fetched_at: pd.Timestamp) -> int:
        """Store what is new; the number of rows."""

    def read(self, names: list[str]) -> pd.DataFrame:
        """The latest version of each row, sorted."""


class Parquet:
    """The store of this project."""

    def __init__(self, folder: Path) -> None:
        self.shelf = Shelf(folder, "simulated", "1d", COLUMNS)

    def append(self, tables: Tables, fetched_at: pd.Timestamp) -> int:
        """Store what is new; the number of rows."""
        asked = {n: (table["ds"].iloc[0], table["ds"].iloc[-1]) for n, table in tables.items()}
        return self.shelf.append(tables, asked, fetched_at)

    def read(self, names: list[str]) -> pd.DataFrame:
        """The latest version of each row, sorted."""
        return self.shelf.read(names)


class DuckDB:
    """One table in one file; a connection each time, as a process of its own would have."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "store.duckdb"

    def append(self, tables: Tables, fetched_at: pd.Timestamp) -> int:
        """Store what is new; the number of rows."""
        new = pd.concat(tables, names=["unique_id"]).reset_index("unique_id")
        new.insert(2, "fetched_at", fetched_at.tz_localize(None))
        differs = " OR ".join(f"old.{c} IS DISTINCT FROM new.{c}" for c in COLUMNS)
        numbers = ", ".join(f"{c} DOUBLE" for c in COLUMNS)
        with self._connected() as base:
            base.register("new", new)
            base.execute(
                "CREATE TABLE IF NOT EXISTS rows "
                f"(unique_id VARCHAR, ds TIMESTAMP_NS, fetched_at TIMESTAMP_NS, {numbers})"
            )
            before = base.execute("SELECT count(*) FROM rows").fetchone()[0]
            base.execute(
                f"INSERT INTO rows SELECT new.* FROM new LEFT JOIN ({_latest('ds >= ?')}) old "
                f"USING (unique_id, ds) WHERE old.unique_id IS NULL OR {differs} ORDER BY 1, 2",
                [new["ds"].min()],
            )
            return int(base.execute("SELECT count(*) FROM rows").fetchone()[0]) - before

    def read(self, names: list[str]) -> pd.DataFrame:
        """The latest version of each row, sorted."""
        with self._connected() as base:
            wanted = "unique_id IN (SELECT unnest(?))"
            return base.execute(f"{_latest(wanted)} ORDER BY 1, 2", [names]).df()

    def _connected(self) -> Any:
        import duckdb

        while True:
            try:
                return duckdb.connect(str(self.path))
            except duckdb.IOException as error:  # another process is in
                if "lock" not in str(error).lower():
                    raise
                time.sleep(0.01)


def _latest(where: str) -> str:
    """SQL for the latest version of each row."""
    return (
        f"SELECT * FROM rows WHERE {where} "
        "QUALIFY row_number() OVER (PARTITION BY unique_id, ds ORDER BY fetched_at DESC) = 1"
    )


SIDES: dict[str, Callable[[Path], Side]] = {"parquet": Parquet, "duckdb": DuckDB}


class Walks:
    """Random walks, a table a series; the same ones for every side."""

    def __init__(self, series: int, days: int, more: int, seed: int = 0) -> None:
        random = np.random.default_rng(seed)
        self.days, shape = days, (series, days + more)
        close = 100 * np.exp(np.cumsum(random.normal(0, 0.01, shape), axis=1))
        spread = 1 + np.abs(random.normal(0, 0.01, (2, *shape)))
        self.values = {
            "open": close * random.normal(1, 0.005, shape),
            "high": close * spread[0],
            "low": close / spread[1],
            "close": close,
            "adjusted": close * 0.9,
            "volume": random.poisson(1e6, shape).astype(float),
            "dividends": np.where(random.random(shape) < 0.01, 0.5, 0.0),
        }
        for name in ("open", "high", "low", "close"):  # as exact as Yahoo's are
            self.values[name] = self.values[name].astype(np.float32).astype(float)
        self.stamps = pd.bdate_range("2006-01-02", periods=days + more)
        self.names = [f"S{i:04d}" for i in range(series)]

    def tables(self, first: int, last: int) -> Tables:
        """All series from one day to another, inclusive."""
        some = slice(first, last + 1)
        return {
            name: pd.DataFrame(
                {"ds": self.stamps[some], **{c: v[i, some] for c, v in self.values.items()}}
            )
            for i, name in enumerate(self.names)
        }

    def update(self, day: int) -> Tables:
        """A day, and the ten before it, which are asked for again."""
        return self.tables(day - OVERLAP, day)


def measure(side: Side, walks: Walks, updates: int) -> Figures:
    """Seconds of each step."""
    days, last = walks.days, walks.days + updates - 1
    whole = walks.tables(0, days - 1)
    figures = {"first write": timed(lambda: side.append(whole, _at(0)))}
    figures["read"] = timed(lambda: side.read(walks.names))
    figures["read one series"] = timed(lambda: side.read(walks.names[:1]))
    taken = []
    for k, day in enumerate(range(days, last + 1)):
        tables = walks.update(day)
        taken.append(timed(lambda: check(side.append(tables, _at(k + 1)), len(walks.names))))  # noqa: B023
    figures |= {"update": float(np.median(taken)), "slowest update": max(taken)}
    figures["read after updates"] = timed(lambda: side.read(walks.names))
    check(len(side.read(walks.names)), len(walks.names) * (last + 1))
    return figures


def check(got: int, expected: int) -> None:
    """Refuse figures of a side that did something else."""
    if got != expected:
        raise RuntimeError(f"{got} rows, expected {expected}")


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _at(k: int) -> pd.Timestamp:
    """When update k was fetched."""
    return pd.Timestamp("2025-01-02", tz="UTC") + pd.Timedelta(days=k)


def at_once(name: str, folder: Path, series: int) -> float:
    """Seconds until two processes have each appended series of their own some times."""
    command = [sys.executable, "-m", "benchmarks.store", "--series", str(series), "--writer"]
    with ExitStack() as stack:
        writers: list[Any] = [
            stack.enter_context(
                subprocess.Popen(
                    [*command, name, str(folder), str(k)],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for k in range(WRITERS)
        ]
        for writer in writers:
            writer.stdout.readline()  # it is ready
        begun = time.perf_counter()
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        check(sum(abs(writer.wait()) for writer in writers), 0)
        taken = time.perf_counter() - begun
    names = [f"W{k}-{i}-{j}" for k in range(WRITERS) for i in range(ROUNDS) for j in range(series)]
    check(len(SIDES[name](folder).read(names)), len(names) * (OVERLAP + 1))
    return taken


def write_once(name: str, folder: Path, k: int, series: int) -> None:
    """One of the writers at once; says that it is ready, then waits for a line."""
    side, walks = SIDES[name](folder), Walks(series, OVERLAP + 1, 0, seed=k)
    tables = list(walks.tables(0, OVERLAP).values())
    print("ready", flush=True)
    sys.stdin.readline()
    for i in range(ROUNDS):
        part = {f"W{k}-{i}-{j}": table for j, table in enumerate(tables)}
        check(side.append(part, pd.Timestamp.now("UTC")), series * (OVERLAP + 1))


def table(series: int, days: int, updates: int) -> dict[str, Figures]:
    """Every side that is installed, step by step; printed."""
    walks = Walks(series, days, updates)
    found = {}
    for name, make in SIDES.items():
        if find_spec("duckdb") is None and name == "duckdb":
            continue
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            found[name] = measure(make(path), walks, updates)
            found[name]["MB"] = sum(f.stat().st_size for f in path.rglob("*") if f.is_file()) / 1e6
            found[name]["two writers"] = at_once(name, path, series)
    print(f"{series:,} series × {days:,} days, {updates} updates of one day; seconds")
    print(f"{'':20}" + "".join(f"{name:>10}" for name in found))
    for step in next(iter(found.values())):
        print(f"{step:20}" + "".join(f"{figures[step]:>10.3f}" for figures in found.values()))
    return found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--series", type=int, default=500, help="series of the panel")
    p.add_argument("--days", type=int, default=5040, help="days of each, 20 years")
    p.add_argument("--updates", type=int, default=250, help="updates of one day")
    p.add_argument("--writer", nargs=3, help=argparse.SUPPRESS)
    add_json(p)
    return p


def main() -> None:
    """Print the table."""
    options = parser().parse_args()
    if options.writer:
        name, folder, k = options.writer
        write_once(name, Path(folder), int(k), options.series)
        return
    write(options.json, table(options.series, options.days, options.updates))


if __name__ == "__main__":
    ending(main)
