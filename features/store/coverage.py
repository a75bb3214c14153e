"""What of a series was asked for, so that it need not be asked for again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from features.optional import need
from features.store.segment import PURPOSE

Span = tuple[pd.Timestamp, pd.Timestamp]
"""First and last stamp, both inclusive."""
Range = tuple[int, int]
"""The same in nanoseconds since 1970."""
Record = tuple[str, int, int, int]
"""`asked` or `lost`, the range, and when."""

DAY = 86_400 * 10**9
"""In nanoseconds."""


@dataclass(frozen=True)
class Coverage:
    """What the store knows of one series."""

    first: pd.Timestamp
    """First stamp that was asked for and answered, and every one after it up to `last`."""
    last: pd.Timestamp
    """Last stamp that was asked for and answered; no later than `fetched_at`."""
    fetched_at: pd.Timestamp
    """When `last` was asked for, the last time."""
    rows: int
    """Stamps that have a row."""
    revisions: int
    """Versions of rows, beyond the first of each."""


def reach(records: Iterable[Record], close: int) -> tuple[Range, int] | None:
    """The last unbroken range that is covered, and when its end was asked for.

    Args:
        records: in the order of their writing.
        close: how far apart neighbours are.
    """
    spans: list[Range] = []
    ends: dict[int, int] = {}
    for record, start, end, at in records:
        if record == "lost":
            spans = _without(spans, (start, end), close)
        else:
            spans = _joined(spans, (start, end), close)
            ends[end] = at
    # where a loss cut, the end is one that nobody asked for
    return (spans[-1], ends.get(spans[-1][1], min(ends.values()))) if spans else None


def _joined(spans: list[Range], new: Range, close: int) -> list[Range]:
    if len(spans) == 1 and spans[0][0] <= new[0] <= spans[0][1] + close:  # almost always
        return [(spans[0][0], max(spans[0][1], new[1]))]
    apart = [(a, b) for a, b in spans if b + close < new[0] or new[1] + close < a]
    met = [span for span in spans if span not in apart] + [new]
    return sorted([*apart, (min(a for a, _ in met), max(b for _, b in met))])


def _without(spans: list[Range], gone: Range, close: int) -> list[Range]:
    left = []
    for a, b in spans:
        pieces = ((a, min(b, gone[0] - close)), (max(a, gone[1] + close), b))
        left += [(start, end) for start, end in pieces if start <= end]
    return left


def record_table(record: str, spans: Mapping[str, Range], at: int, kept: Any) -> Any:
    """Records of one kind, one a series, as rows of a segment of that schema."""
    pa = need("pyarrow", PURPOSE)
    count = len(spans)
    starts, ends = zip(*spans.values(), strict=True) if spans else ((), ())
    columns = {
        "unique_id": list(spans),
        "ds": pa.array(starts, pa.int64()),
        "fetched_at": pa.array([at] * count, pa.int64()),
        "record": [record] * count,
        "until": pa.array(ends, pa.int64()),
    }
    arrays = [
        pa.array(columns[f.name]).cast(f.type) if f.name in columns else pa.nulls(count, f.type)
        for f in kept
    ]
    return pa.Table.from_arrays(arrays, schema=kept)


def by_series(tables: Sequence[Any]) -> dict[str, list[Record]]:
    """The records of each series, in the order of the tables."""
    pa = need("pyarrow", PURPOSE)
    found: dict[str, list[Record]] = {}
    for table in tables:
        ids = table["unique_id"].to_pylist()
        start, end, at = (
            table[c].cast(pa.int64()).to_pylist() for c in ("ds", "until", "fetched_at")
        )
        for name, *record in zip(ids, table["record"].to_pylist(), start, end, at, strict=True):
            found.setdefault(name, []).append(tuple(record))
    return found
