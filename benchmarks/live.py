"""What live prices cost from the provider's answer to the training tensor, and a day's update.

    python -m benchmarks.live
    python -m benchmarks.live --symbols 100 --years 5

Simulated daily prices are served in Yahoo's format at the loopback address, by a process of its own
whose work is not counted, and fetched by the real client. Given are wall seconds, the processor
seconds of this process, and the most memory that it held during a stage (where the system cannot
say that, up to the stage's end). A first run on two symbols comes before; the base is held after
it. Fetching has no network in it, and waits for the server where that is the slower one.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.cost import Row, peak
from benchmarks.record import add_json, ending, write
from benchmarks.store import check
from features.calendars import make_calendar
from features.collect import Wanted, collect
from features.lens import Lens
from features.normalize import Scaling
from features.providers.yahoo import DAILY, Yahoo
from features.quality import examine, stop_if_severe
from features.schema import to_panel
from features.sources.live import live_stocks
from features.sources.source import Live, Query
from features.splits import Split
from features.store import Coverage, Shelf
from tests.features.providers.yahoo_chart import Listing, traded
from tests.features.providers.yahoo_server import YahooServer

EXCHANGE = "XNYS"
HORIZON = 24
SETTLED = pd.Timedelta(days=7)
"""The last day lies so far back: what is later would be asked for again, and not be new."""
TARGETS = {"read": 2.0, "  update written": 5.0}
"""Seconds that a stage may take at most."""
STORE = ("looked up", "written", "read")
"""Parts of a collection that are the store's."""

Stages = dict[str, Row]


class Daily(Listing):
    """What is said about a symbol needs the last session only."""

    def meta(self, now: pd.Timestamp) -> dict[str, Any]:
        """The same, in a fraction of the time."""
        return Listing.meta(replace(self, table=self.table[-1:]), now)


@dataclass
class Clock:
    """Seconds of stages, and of their parts, which may come in several pieces."""

    stages: Stages = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Add up the seconds of what is done inside."""
        row = self.stages.setdefault(name, {"seconds": 0.0, "cpu": 0.0})
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        row["seconds"] += time.perf_counter() - wall
        row["cpu"] += time.process_time() - cpu

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Seconds, and MiB at most."""
        forget_peak()
        with self.part(name):
            yield
        self.stages[name]["peak"] = peak()

    def rest(self, name: str, whole: str, *parts: str) -> None:
        """What a stage took besides these parts."""
        self.stages[name] = {
            unit: self.stages[whole][unit] - sum(self.stages[part][unit] for part in parts)
            for unit in ("seconds", "cpu")
        }


@dataclass(frozen=True)
class Watched(Shelf):
    """A shelf whose steps are timed."""

    clock: Clock = field(default_factory=Clock)
    prefix: str = ""

    def append(self, *given: Any) -> int:
        """Timed."""
        with self.clock.part(f"  {self.prefix} written"):
            return super().append(*given)

    def covered(self, *given: Any) -> dict[str, Coverage]:
        """Timed."""
        with self.clock.part(f"  {self.prefix} looked up"):
            return super().covered(*given)

    def read(self, *given: Any) -> pd.DataFrame:
        """Timed."""
        with self.clock.part(f"  {self.prefix} read"):
            return super().read(*given)


def forget_peak() -> None:
    """Have the peak of resident memory begin anew, where the system can do that."""
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def symbols(count: int) -> tuple[str, ...]:
    """Their names."""
    return tuple(f"S{k:04d}" for k in range(count))


def sessions(years: int, last: pd.Timestamp) -> pd.DatetimeIndex:
    """The sessions of so many years."""
    return make_calendar(EXCHANGE, last - pd.DateOffset(years=years), last).stamps


def listing(k: int, days: pd.DatetimeIndex) -> Listing:
    """Symbol k: prices that wander, a split in about ten years, a dividend a quarter."""
    splits = dict.fromkeys(range(100 + k % 900, len(days), 2500), 2.0)
    dividends = dict.fromkeys(range(k % 63, len(days), 63), 0.25)
    return Daily(symbols(k + 1)[k], DAILY, traded(days, splits, dividends, seed=k))


def serve(count: int, days: pd.DatetimeIndex) -> None:
    """Say the address, and answer there until the input ends."""
    with YahooServer() as server:
        for k, name in enumerate(symbols(count)):
            server.listings[name, DAILY] = listing(k, days)
        print(server.url, flush=True)
        sys.stdin.read()


@contextmanager
def served(count: int, years: int, last: pd.Timestamp) -> Iterator[str]:
    """The address of a server in a process of its own."""
    what = ["--symbols", str(count), "--years", str(years), "--serve", str(last.date())]
    command, pipe = [sys.executable, "-m", "benchmarks.live", *what], subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()


def measure(url: str, names: tuple[str, ...], days: pd.DatetimeIndex, folder: Path) -> Stages:
    """Every stage: all days but the last, then the last."""
    clock = Clock()
    provider = Yahoo(url, cache=folder / "clients")

    def collected(stage: str, last: int) -> pd.Timestamp:
        own = Watched(folder, provider.name, DAILY, provider.columns, clock, stage)
        with clock.stage(stage):
            got = collect(provider, own, Wanted(names, DAILY, days[0], days[last]))
        check(len(got.rows), len(names) * len(days[: last + 1 or None]))
        clock.rest(f"  {stage} fetched", stage, *(f"  {stage} {part}" for part in STORE))
        return got.as_of

    as_of = collected("first", -2)
    stored = Shelf(folder, provider.name, DAILY, provider.columns)
    with clock.stage("read"):
        rows = stored.read(names, as_of, days[0], days[-2])
    with clock.stage("examined"):
        findings = examine(rows, "prices", EXCHANGE, as_of)
    stop_if_severe(findings)
    del rows
    with clock.stage("long frame"):
        fetched = live_stocks(Query(start=days[0], end=days[-2]), Live(names, folder, as_of=as_of))
    clock.rest("  adjusted", "long frame", "read", "examined")
    with clock.stage("panel"):
        panel = to_panel(fetched.frame, fetched.calendar, fetched.covariates)
    check(panel.y.size, len(names) * (len(days) - 1))
    del fetched
    with clock.stage("tensor"):
        lens = Lens.fit(panel, Split.by_share(panel.steps).train, Scaling(log=True), HORIZON)
        signal = lens.signal(panel)
    del panel, lens, signal
    as_of = collected("update", -1)
    with clock.stage("read again"):
        check(len(stored.read(names, as_of)), len(names) * len(days))
    return clock.stages


def table(count: int, years: int) -> dict[str, Any]:
    """All stages; printed."""
    last = pd.Timestamp.now("UTC").tz_localize(None).normalize() - SETTLED
    names, days = symbols(count), sessions(years, last)
    with served(count, years, last) as url, tempfile.TemporaryDirectory() as folder:
        measure(url, names[:2], days[-250:], Path(folder) / "little")
        base = peak()
        stages = measure(url, names, days, Path(folder) / "store")
        size = sum(f.stat().st_size for f in (Path(folder) / "store").rglob("*.parquet")) / 2**20
    print(f"{count:,} symbols × {len(days):,} days; {size:.1f} MiB stored, base {base:,.0f} MiB")
    print(f"{'':20}{'seconds':>10}{'CPU s':>10}{'peak MiB':>10}{'target s':>10}")
    for name, row in stages.items():
        print(line(name, row))
    return {
        "symbols": count,
        "days": len(days),
        "stored": size,
        "base": base,
        "stages": {name.strip(): row for name, row in stages.items()},
        "targets": {name.strip(): target for name, target in TARGETS.items()},
    }


def line(name: str, row: Row) -> str:
    """One stage as text."""
    held = f"{row['peak']:,.0f}" if "peak" in row else ""
    most = f"< {TARGETS[name]:.0f}" if name in TARGETS else ""
    return f"{name:20}{row['seconds']:>10.2f}{row['cpu']:>10.2f}{held:>10}{most:>10}".rstrip()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--symbols", type=int, default=500, help="two or more")
    p.add_argument("--years", type=int, default=20, help="of daily prices, two or more")
    p.add_argument("--serve", type=pd.Timestamp, help=argparse.SUPPRESS)
    add_json(p)
    return p


def main() -> None:
    """Print the table."""
    options = parser().parse_args()
    if options.serve is not None:
        serve(options.symbols, sessions(options.years, options.serve))
        return
    write(options.json, table(options.symbols, options.years))


if __name__ == "__main__":
    ending(main)
