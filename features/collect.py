"""Live data, politely: what the store lacks is asked of its provider, and kept for good.

A series that cannot be had fails alone. What the store has is used where the provider does not
answer, and it is said how old it is.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock

import pandas as pd

from features.errors import UserError
from features.optional import need
from features.providers.provider import Provider, ProviderError
from features.store import Coverage, Damaged, Shelf, Span

OVERLAP = {"1d": pd.Timedelta(days=10)}
"""What is asked again in front of the tail, by interval, so that late revisions are seen."""
FRESH = pd.Timedelta(hours=1)
"""An answer that reaches to now is not asked for again for so long."""
LEFT = 3
"""Series that fail one after the other, none having answered, before the rest is not asked."""


@dataclass(frozen=True)
class Manners:
    """How a provider is asked."""

    workers: int = 4
    """Requests under way at once."""
    attempts: int = 5
    """Times that one series is asked for."""
    wait: float = 1.0
    """Seconds before the second attempt, doubled each time, with jitter."""
    longest: float = 60.0
    """Most seconds of such a wait; a longer one that the provider asks for is obeyed."""
    patience: float = 600.0
    """Seconds beyond which a wait that the provider asks for ends the asking."""
    budget: int = 5000
    """Requests of one collection."""


@dataclass(frozen=True)
class Wanted:
    """Series of one provider and interval."""

    names: tuple[str, ...]
    interval: str
    start: pd.Timestamp
    end: pd.Timestamp

    @property
    def span(self) -> Span:
        """First and last stamp, both inclusive."""
        return self.start, self.end


@dataclass(frozen=True)
class Collected:
    """What there is, as it was known at a moment."""

    rows: pd.DataFrame
    """`unique_id, ds, fetched_at` and the provider's columns."""
    as_of: pd.Timestamp
    """Reading as of this moment gives the same rows for good."""
    missing: dict[str, str]
    """Series without a row, and why."""
    stale: dict[str, str]
    """Series that could not be brought up to date, and why."""


def collect(
    provider: Provider,
    shelf: Shelf,
    wanted: Wanted,
    *,
    as_of: pd.Timestamp | None = None,
    manners: Manners = Manners(),
    sleep: Callable[[float], object] | None = None,
) -> Collected:
    """Bring the store up to date and read it; as of a past moment, read it only.

    A file of the store that turns out damaged is set aside, and what it held is asked for again.

    Raises:
        Damaged: a past moment was asked for that cannot be read any more.
        UserError: a name that cannot be one, or no series at all could be had.
    """
    for name in wanted.names:
        provider.check(name, wanted.interval)
    if as_of is not None:
        return _found(provider, wanted, shelf.read(wanted.names, as_of, *wanted.span), as_of, {})
    while True:
        try:
            failed = _update(provider, shelf, wanted, manners, sleep)
            as_of = shelf.newest() or pd.Timestamp.now("UTC")
            rows = shelf.read(wanted.names, as_of, *wanted.span)
            return _found(provider, wanted, rows, as_of, failed)
        except Damaged as found:
            print(f"forecastle: {found}", file=sys.stderr)
            shelf.set_aside(found.damage)


def _found(
    provider: Provider,
    wanted: Wanted,
    rows: pd.DataFrame,
    as_of: pd.Timestamp,
    failed: dict[str, str],
) -> Collected:
    have = set(rows["unique_id"])
    nothing = f"the store held nothing of it as of {as_of:%Y-%m-%d %H:%M} UTC"
    missing = {name: failed.get(name, nothing) for name in wanted.names if name not in have}
    if not have:
        name, why = next(iter(missing.items()))
        do = "check the names and the connection" if failed else "ask for a later moment"
        raise UserError(
            f"no series could be had from {provider.name}: {name}: {why}; {do}, or ask for another "
            "span"
        )
    stale = {name: why for name, why in failed.items() if name in have}
    return Collected(rows, as_of, missing, stale)


def _update(
    provider: Provider,
    shelf: Shelf,
    wanted: Wanted,
    manners: Manners,
    sleep: Callable[[float], object] | None,
) -> dict[str, str]:
    """Ask for what is not there; why each series failed that did."""
    now, covered = pd.Timestamp.now("UTC"), shelf.covered(wanted.names)
    found = {name: lacking(covered.get(name), wanted, now) for name in wanted.names}
    spans = {name: span for name, span in found.items() if span is not None}
    stop = Event()
    asking = Asking(provider, wanted.interval, manners, sleep or stop.wait, stop)
    due = list(spans)
    failed: dict[str, str] = {}
    with _bar(len(due)) as advance, _pool(manners.workers, stop) as pool:
        # a segment of the store for some series at a time: a crash loses no more than these
        size = 16 * manners.workers
        for names in (due[i : i + size] for i in range(0, len(due), size)):
            tables: dict[str, pd.DataFrame] = {}
            begun = pd.Timestamp.now("UTC")
            tasks = {pool.submit(asking.fetch, name, spans[name]): name for name in names}
            try:
                for task in as_completed(tasks):
                    try:
                        tables[tasks[task]] = task.result()
                    except ProviderError as error:
                        failed[tasks[task]] = str(error)
                    advance()
            finally:  # what came is kept, whatever else happens
                if tables:
                    shelf.append(tables, {name: spans[name] for name in tables}, begun)
    return failed


def lacking(covered: Coverage | None, wanted: Wanted, now: pd.Timestamp) -> Span | None:
    """The span to ask for: all of it, the tail with an overlap, or nothing."""
    if covered is None:
        return wanted.span
    if wanted.start < covered.first:  # what lies between is asked along, to leave no hole
        return wanted.start, max(wanted.end, covered.first)
    last, asked_at = covered.last, covered.fetched_at
    clock = asked_at if last.tz else asked_at.tz_localize(None)
    unsettled = last >= clock.floor("D") - pd.Timedelta(days=1)
    fresh = now - asked_at < FRESH
    reaches = last > clock - (FRESH if last.tz else pd.Timedelta(days=1))
    if (wanted.end <= last and (fresh or not unsettled)) or (fresh and reaches):
        return None
    overlap = OVERLAP.get(wanted.interval, pd.Timedelta(days=1))
    return max(last - overlap, wanted.start), wanted.end


@dataclass
class Asking:
    """One collection's requests: attempts, waits and budget that all its threads share."""

    provider: Provider
    interval: str
    manners: Manners
    sleep: Callable[[float], object]
    stop: Event
    """Set when nobody waits for the answers any more."""
    asked: int = 0
    left: int = 0
    free: float = 0.0
    """Monotonic time before which nobody asks."""
    lock: Lock = field(default_factory=Lock)

    def fetch(self, name: str, span: Span) -> pd.DataFrame:
        """The table of one series.

        Raises:
            ProviderError: after the last attempt.
        """
        tenacity = need("tenacity", "asking a provider again")
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, ProviderError) and e.again),
            stop=tenacity.stop_after_attempt(self.manners.attempts),
            wait=self._wait,
            sleep=self.sleep,
            reraise=True,
        )
        if self.left >= LEFT:
            raise ProviderError(f"{self.provider.name} did not answer for others", again=False)
        try:
            table: pd.DataFrame = retrying(self._once, name, *span)
        except ProviderError as error:
            with self.lock:
                self.left = self.left + 1 if error.again else 0
            raise
        with self.lock:
            self.left = 0
        return table

    def _once(self, name: str, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
        with self.lock:
            if self.asked >= self.manners.budget:
                raise ProviderError(
                    f"the budget of {self.manners.budget} requests is spent", again=False
                )
            pause = self.free - time.monotonic()
            if pause > self.manners.patience:
                raise ProviderError(
                    f"{self.provider.name} asked to be left alone for {pause:.0f} s", again=False
                )
            self.asked += 1
        if pause > 0:
            self.sleep(pause)
        if self.stop.is_set():
            raise ProviderError("interrupted", again=False)
        try:
            return self.provider.fetch(name, self.interval, start, end)
        except ProviderError as error:
            if error.after is not None:  # said to one, meant for all
                with self.lock:
                    self.free = max(self.free, time.monotonic() + error.after)
                if error.after > self.manners.patience:
                    raise ProviderError(
                        f"{error}, not before {error.after:.0f} s", again=False
                    ) from error
            raise

    def _wait(self, state: object) -> float:
        tenacity = need("tenacity", "asking a provider again")
        usual = tenacity.wait_random_exponential(self.manners.wait, self.manners.longest)
        error = state.outcome.exception()  # type: ignore[attr-defined]
        return max(float(usual(state)), error.after or 0.0)


@contextmanager
def _pool(workers: int, stop: Event) -> Iterator[ThreadPoolExecutor]:
    """Threads that an interrupt does not wait for longer than a request takes."""
    pool = ThreadPoolExecutor(workers)
    try:
        yield pool
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A Rich bar on a terminal where there is more than a moment's work."""
    if total < 2 or not sys.stderr.isatty():
        yield lambda: None
        return
    progress = need("rich.progress", "a progress bar")
    console = need("rich.console", "a progress bar").Console(stderr=True)
    with progress.Progress(console=console, transient=True) as bar:
        line = bar.add_task("fetch", total=total)
        yield lambda: bar.advance(line)
