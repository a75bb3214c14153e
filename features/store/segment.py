"""One immutable Parquet file of the store, and how damage in it is found.

A segment holds versions of rows, sorted by series, stamp and time of fetching, and in row groups of
their own the records of what was asked for and of what was lost. Its name says from when to when
its rows were fetched (nanoseconds since 1970) and holds two digests, of the body and of the footer.
The footer is checked whenever the file is opened and each page by its checksum when it is read, so
a reader that needs little of a file reads little of it; `Segment.check` reads all.
"""

from __future__ import annotations

import hashlib
import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from features.errors import UserError
from features.optional import need

PURPOSE = "the data store"
NAME = re.compile(r"(\d{20})-(\d{20})-([0-9a-f]{32})\.parquet")
KEYS = ("unique_id", "ds", "fetched_at")
RECORD = ("record", "until")
"""Columns of records: `asked` or `lost`, and the end of the span that begins at `ds`."""
ROWS = 2**17
"""Rows of a row group: what a reader of one series reads."""
TAIL = 8
"""Bytes after the footer: its length and Parquet's mark."""


@dataclass(frozen=True)
class Damage:
    """A file that cannot be used."""

    path: Path
    wrong: str


class Damaged(UserError):  # noqa: N818
    """Segments that cannot be read; `Shelf.set_aside` takes them out of the way.

    Set aside, what they held counts as never asked for, and the next fetch asks for it again.
    """

    def __init__(self, damage: Sequence[Damage]) -> None:
        first, more = damage[0], len(damage) - 1
        super().__init__(
            f"{first.path} is damaged ({first.wrong})"
            f"{f', and {more} more' if more else ''}, expected what was once written there; "
            "have it set aside and what it held fetched again"
        )
        self.damage = tuple(damage)


@dataclass(frozen=True, order=True)
class Segment:
    """A file by its name; segments sort by when their rows were fetched."""

    first: int
    last: int
    digest: str
    path: Path

    @classmethod
    def at(cls, path: Path) -> Segment | None:
        """The segment of that name; None if no segment is called so."""
        match = NAME.fullmatch(path.name)
        return cls(int(match[1]), int(match[2]), match[3], path) if match else None

    def holds(self, other: Segment) -> bool:
        """Whether this one was merged from `other`."""
        return self != other and self.first <= other.first and other.last <= self.last

    def rows(self, columns: Sequence[str], names: Sequence[str] | None) -> Any:
        """The table of row versions, of the row groups that may hold one of the sorted `names`."""
        with self._opened() as file:
            groups = [g for g in range(_row_groups(file)) if _may_hold(file, g, names)]
            return _table(file, groups, [*KEYS, *columns])

    def records(self) -> Any:
        """The table of what was asked for and what was lost."""
        with self._opened() as file:
            groups = range(_row_groups(file), file.num_row_groups)
            return _table(file, list(groups), [*KEYS, *RECORD])

    def columns(self) -> tuple[str, ...]:
        """The value columns."""
        with self._opened() as file:
            return tuple(n for n in file.schema_arrow.names if n not in (*KEYS, *RECORD))

    def check(self) -> None:
        """Read every byte.

        Raises:
            Damaged: one of them is not what was written.
        """
        with self._opened() as file:
            file.read()
        raw = self.path.read_bytes()
        if _digests(raw) != self.digest:
            raise Damaged([Damage(self.path, "its content does not match its name")])

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        pa = need("pyarrow", PURPOSE)
        parquet = need("pyarrow.parquet", PURPOSE)
        try:
            with pa.OSFile(str(self.path)) as source:
                if _digest(_footer(source)) != self.digest[16:]:
                    raise Damaged([Damage(self.path, "its end does not match its name")])
                yield parquet.ParquetFile(source, page_checksum_verification=True)
        except (FileNotFoundError, PermissionError):
            raise
        except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
            wrong = str(error).strip().splitlines()[0].rstrip(".")
            raise Damaged([Damage(self.path, wrong)]) from error


def schema(columns: Sequence[str], zone: str | None) -> Any:
    """Of a segment with those value columns, whose stamps are UTC or naive."""
    pa = need("pyarrow", PURPOSE)
    stamp = pa.timestamp("ns", zone)
    fields = [
        ("unique_id", pa.dictionary(pa.int32(), pa.string())),
        ("ds", stamp),
        ("fetched_at", pa.timestamp("ns", "UTC")),
        ("record", pa.string()),
        ("until", stamp),
    ]
    return pa.schema([*fields, *((column, pa.float64()) for column in columns)])


def write_segment(folder: Path, first: int, last: int, rows: Any, records: Any) -> Segment:
    """Make both tables, of one `schema`, a segment: on the disk whole, or not at all."""
    raw = memoryview(_encoded(rows, records))
    digest = _digests(raw)
    name = f"{first:020d}-{last:020d}-{digest}.parquet"
    draft, final = folder / f".{name}", folder / name
    try:
        with draft.open("wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(final)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    sync_folder(folder)
    return Segment(first, last, digest, final)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` outlive a power cut, where the system can promise that."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _encoded(rows: Any, records: Any) -> Any:
    pa = need("pyarrow", PURPOSE)
    groups = -(-rows.num_rows // ROWS)
    kept = rows.schema.with_metadata({"row_groups": str(groups)})
    keys = [*KEYS, *RECORD]
    sink = pa.BufferOutputStream()
    with need("pyarrow.parquet", PURPOSE).ParquetWriter(
        sink,
        kept,
        compression="zstd",
        compression_level=1,
        use_dictionary=keys,
        use_byte_stream_split=[name for name in kept.names if name not in keys],
        write_page_checksum=True,
    ) as writer:
        for table, size in ((rows, ROWS), (records, max(records.num_rows, 1))):
            if table.num_rows:
                writer.write_table(table.replace_schema_metadata(kept.metadata), size)
    return sink.getvalue()


def _digest(raw: Any) -> str:
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def _digests(raw: Any) -> str:
    """Of the body, then of the footer."""
    border = max(len(raw) - TAIL - int.from_bytes(raw[-TAIL:-4], "little"), 0)
    return _digest(raw[:border]) + _digest(raw[border:])


def _footer(source: Any) -> bytes:
    """The last bytes of a Parquet file, as far back as they themselves say."""
    size = source.size()
    source.seek(max(size - TAIL, 0))
    length = int.from_bytes(source.read(4), "little") + TAIL
    source.seek(max(size - length, 0))
    return source.read(length)


def _row_groups(file: Any) -> int:
    """The row groups of rows; those of records come after them."""
    return int(file.schema_arrow.metadata[b"row_groups"])


def _table(file: Any, groups: list[int], columns: list[str]) -> Any:
    table = file.read_row_groups(groups, columns=columns)
    table.validate(full=True)  # the head of a page has no checksum: a dictionary may seem short
    return table


def _may_hold(file: Any, group: int, names: Sequence[str] | None) -> bool:
    known = file.metadata.row_group(group).column(0).statistics
    if names is None or known is None or not known.has_min_max:
        return True
    place = bisect_left(names, known.min)
    return place < len(names) and names[place] <= known.max
