"""The shelf of one provider and interval: append, read as of a moment, find damage.

    <root>/yahoo/1d/<first>-<last>-<digests>.parquet    segments, never changed
    <root>/damaged/yahoo-1d-<name>                      what was set aside

What a writer stores counts as fetched later than all that is stored already. So whatever a reader
sees is all there is up to some moment, and reading as of `newest()` gives the same bits for good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from features.errors import UserError
from features.store.coverage import DAY, Coverage, Range, Span, by_series, reach, record_table
from features.store.damage import lost, put_away
from features.store.folder import Folder
from features.store.merge import merge
from features.store.segment import KEYS, RECORD, Damage, Damaged, schema, write_segment
from features.store.versions import EVER, Cut, Versions, moment, stacked

DAMAGED = "damaged"


@dataclass(frozen=True)
class Shelf:
    """Every version of every row that one provider ever gave at one interval."""

    root: Path
    provider: str
    interval: str
    """`1d` has naive stamps; hours and minutes (`1h`, `30m`) have UTC."""
    columns: tuple[str, ...]
    """Value columns that are stored and read; NaN where an older segment lacks one."""

    def __post_init__(self) -> None:
        for name in (self.provider, self.interval):
            if not re.fullmatch(r"\w[\w-]*", name):
                raise ValueError(f"{name!r} is no name of a folder")
        if taken := {*KEYS, *RECORD} & set(self.columns):
            raise ValueError(f"{taken} are columns of the store itself")

    @property
    def folder(self) -> Folder:
        """Where its segments are."""
        return Folder(self.root / self.provider / self.interval)

    @property
    def zone(self) -> str | None:
        """Time zone of `ds`."""
        return "UTC" if self.interval.endswith(("h", "m")) else None

    def append(
        self,
        tables: Mapping[str, pd.DataFrame],
        asked: Mapping[str, Span],
        fetched_at: pd.Timestamp,
    ) -> int:
        """Store what is new in one segment: whole, or not at all.

        Args:
            tables: `ds` and the value columns of each series; a row that equals its latest stored
                version is not stored again.
            asked: the span that each series was asked for, which may have had no rows. It counts
                up to `fetched_at` only: nobody can have answered for later.
            fetched_at: when. If another process has stored something fetched later, the rows
                count as fetched just after that.

        Returns:
            Rows stored.

        Raises:
            Damaged: a segment that the rows must be compared with; nothing was stored.
            UserError: the folder cannot be written, or holds rows from the future.
        """
        if not tables.keys() <= asked.keys():
            raise ValueError("a table came without the span that was asked for")
        at = moment(fetched_at, "UTC")
        spans = {name: self._settled(span, at) for name, span in asked.items()}
        answered = {name: (start, end) for name, (start, end) in spans.items() if start <= end}
        with self.folder.writing():
            self._check_clock(at)
            merge(self.folder, self.zone)
            at = max(at, self._after_all())
            changed = self._compared(stacked(tables, self.columns, self.zone, at)).changed(at)
            self._write(changed, "asked", answered, at)
        return len(changed)

    def read(
        self,
        names: Sequence[str],
        as_of: pd.Timestamp | None = None,
        start: pd.Timestamp | None = None,
        end: pd.Timestamp | None = None,
    ) -> pd.DataFrame:
        """`unique_id, ds, fetched_at` and the columns: what was known of each row at a moment.

        Args:
            names: series; one that is not stored has no rows.
            as_of: the moment; None is now.
            start: the first stamp.
            end: the last stamp, inclusive.

        Returns:
            The latest version of each row, sorted by series and stamp.

        Raises:
            Damaged: segments that cannot be read; `set_aside` them, fetch again, read again.
        """
        cut = self._cut(names, as_of, start, end)
        return self._versions(self.columns, cut).latest().frame(self.zone)

    def covered(
        self, names: Sequence[str] | None = None, as_of: pd.Timestamp | None = None
    ) -> dict[str, Coverage]:
        """What was asked for, by series; one that never was, or was lost, is left out.

        Args:
            names: series; None takes all.
            as_of: the moment; None is now.

        Raises:
            Damaged: segments that cannot be read.
        """
        cut = self._cut(names, as_of)
        both = self.folder.each(lambda one: (one.records(), one.rows((), cut.names)), cut.as_of)
        records = by_series([asked for asked, _ in both])
        stored = Versions.of([rows for _, rows in both], (), self.zone, cut).counts()
        found = {}
        for name in sorted(records) if cut.names is None else cut.names:
            known = [record for record in records.get(name, ()) if record[3] <= cut.as_of]
            if reached := reach(known, DAY if self.zone is None else 1):
                span, at = reached
                fetched_at = pd.Timestamp(at, tz="UTC")
                found[name] = Coverage(*self._span(span), fetched_at, *stored.get(name, (0, 0)))
        return found

    def newest(self) -> pd.Timestamp | None:
        """When the latest of all was fetched; None if nothing ever was."""
        have = self.folder.segments()
        return pd.Timestamp(have[-1].last, tz="UTC") if have else None

    def verify(self) -> list[Damage]:
        """Read every byte of every file, and name what is corrupt or not the store's."""
        return self.folder.verify()

    def set_aside(self, damage: Sequence[Damage]) -> list[tuple[str, Span]]:
        """Move damaged files to `<root>/damaged/`, where they are kept.

        What they held counts as never asked for from now on. A file that no longer says what it
        held may have held anything, and then all counts as never asked for.

        Returns:
            The series and spans to be fetched again, as far as anyone can know them; a series that
            no other file speaks of is asked for anew anyway.

        Raises:
            UserError: the folder cannot be written.
        """
        with self.folder.writing():
            paths = [one.path for one in damage if one.path.exists()]
            again = lost(self.folder, paths)
            none = stacked({}, self.columns, self.zone, 0)
            self._write(none, "lost", again, self._after_all())
            for path in paths:
                put_away(path, self.root / DAMAGED, f"{self.provider}-{self.interval}")
        return [(name, self._span(again[name])) for name in sorted(again)]

    def _cut(
        self,
        names: Sequence[str] | None,
        as_of: pd.Timestamp | None,
        start: pd.Timestamp | None = None,
        end: pd.Timestamp | None = None,
    ) -> Cut:
        return Cut(
            None if names is None else tuple(sorted(set(names))),
            EVER if as_of is None else moment(as_of, "UTC"),
            -EVER if start is None else moment(start, self.zone),
            EVER if end is None else moment(end, self.zone),
        )

    def _span(self, span: Range) -> Span:
        return pd.Timestamp(span[0], tz=self.zone), pd.Timestamp(span[1], tz=self.zone)

    def _settled(self, span: Span, fetched: int) -> Range:
        """In nanoseconds, and no later than the fetch; naive stamps are whole days."""
        start, end = (moment(stamp, self.zone) for stamp in span)
        end = min(end, fetched)
        return (start, end) if self.zone else (start // DAY * DAY, end // DAY * DAY)

    def _versions(self, columns: Sequence[str], cut: Cut, *more: Any) -> Versions:
        tables = self.folder.each(lambda one: one.rows(columns, cut.names), cut.as_of)
        return Versions.of([*tables, *more], columns, self.zone, cut)

    def _compared(self, new: Versions) -> Versions:
        """Rows just fetched, and every stored version of them."""
        if not len(new):
            return new
        cut = Cut(tuple(new.names), EVER, int(new.ds.min()), int(new.ds.max()))
        table = new.table(self.columns, self.zone).select([*KEYS, *self.columns])
        return self._versions(self.columns, cut, table)

    def _check_clock(self, now: int) -> None:
        have = self.folder.segments()
        if have and have[-1].last > now + DAY:
            raise UserError(
                f"{have[-1].path} holds rows fetched on {pd.Timestamp(have[-1].last):%Y-%m-%d}, "
                f"expected none later than now, {pd.Timestamp(now):%Y-%m-%d}; set the clock "
                "right, or move that file away"
            )

    def _after_all(self) -> int:
        """The first moment after all that is stored."""
        return max(
            (segment.last // 1000 * 1000 + 1000 for segment in self.folder.segments()), default=0
        )

    def _write(self, rows: Versions, record: str, spans: Mapping[str, Range], at: int) -> None:
        if len(rows) or spans:
            kept = schema(self.columns, self.zone)
            records = record_table(record, spans, at, kept)
            write_segment(self.folder.path, at, at, rows.table(self.columns, self.zone), records)


def shelves(root: Path) -> list[Shelf]:
    """Every shelf that has a segment, with all columns that its readable segments have."""
    found = []
    for path in sorted(root.glob("*/*")):
        folder = Folder(path)
        segments = folder.segments() if path.is_dir() else []
        columns: dict[str, None] = {}
        for segment in segments:
            with suppress(Damaged):
                columns |= dict.fromkeys(segment.columns())
        if segments:
            found.append(Shelf(root, path.parent.name, path.name, tuple(columns)))
    return found
