"""Many small segments become one, with every version of every row."""

from __future__ import annotations

from collections.abc import Sequence

from features.optional import need
from features.store.folder import Folder
from features.store.segment import PURPOSE, schema, write_segment
from features.store.versions import Cut, Versions

MOST = 16
"""Segments that are left alone; from there on the newest are merged."""


def merge(folder: Folder, zone: str | None) -> None:
    """Make one of the newest segments if there are many; for the one who writes.

    The merged segment appears before the others go. It holds just what they held, so it does not
    matter to a reader which of them are there.
    """
    have = folder.segments()
    if len(have) < MOST:
        return
    some = have[_first([segment.path.stat().st_size for segment in have]) :]
    columns = tuple(dict.fromkeys(column for one in some for column in one.columns()))
    kept = schema(columns, zone)
    rows = Versions.of([one.rows(columns, None) for one in some], columns, zone, Cut())
    records = need("pyarrow", PURPOSE).concat_tables(
        [kept.empty_table(), *(one.records() for one in some)], promote_options="default"
    )
    table = rows.in_order().table(columns, zone)
    write_segment(folder.path, some[0].first, some[-1].last, table, records)
    for one in some:
        one.path.unlink()


def _first(sizes: Sequence[int]) -> int:
    """The first segment to be merged with all after it: one not much larger than these together.

    So a row is rewritten a number of times that grows with the logarithm of the store's size.
    """
    after = sum(sizes)
    for i, size in enumerate(sizes[:-2]):
        after -= size
        if size <= 2 * after:
            return i
    return len(sizes) - 2
