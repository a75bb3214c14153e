"""What is lost with a damaged file, and where the file goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from features.optional import need
from features.store.coverage import Range, by_series
from features.store.folder import Folder
from features.store.segment import PURPOSE, Damaged, Segment, sync_folder


def lost(folder: Folder, paths: Sequence[Path]) -> dict[str, Range]:
    """What has to be fetched again without these files, as one range a series.

    A file that no longer says what it held may have held a newer version of any row. Then all that
    was ever asked for is lost.
    """
    found: dict[str, Range] = {}
    gone = [segment for path in paths if path.is_file() and (segment := Segment.at(path))]
    for segment in gone:
        try:
            held = _held(segment)
        except Damaged:
            held = _asked([one for one in folder.segments() if one not in gone])
        for name, start, end in held:
            known = found.get(name, (start, end))
            found[name] = (min(known[0], start), max(known[1], end))
    return found


def put_away(path: Path, folder: Path, prefix: str) -> None:
    """Move a file to `folder`, beside all that are there."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{prefix}-{path.name}"
    count = 1
    while (folder / name).exists():
        count += 1
        name = f"{prefix}-{count}-{path.name}"
    path.rename(folder / name)
    sync_folder(folder)
    sync_folder(path.parent)


def _held(segment: Segment) -> list[tuple[str, int, int]]:
    """Ranges of all records and rows, if the file can still tell."""
    int64 = need("pyarrow", PURPOSE).int64()
    rows = segment.rows((), None).group_by("unique_id").aggregate([("ds", "min"), ("ds", "max")])
    ids, *ends = (rows[name] for name in ("unique_id", "ds_min", "ds_max"))
    ranges = zip(ids.to_pylist(), *(end.cast(int64).to_pylist() for end in ends), strict=True)
    return [*ranges, *_ranges([segment.records()])]


def _asked(segments: Sequence[Segment]) -> list[tuple[str, int, int]]:
    """Ranges of all records, as far as they can be read."""
    tables = []
    for segment in segments:
        try:
            tables.append(segment.records())
        except Damaged:
            continue  # found in its turn, and what it held is lost then
    return _ranges(tables)


def _ranges(tables: Sequence[Any]) -> list[tuple[str, int, int]]:
    return [
        (name, start, end)
        for name, records in by_series(tables).items()
        for _, start, end, _ in records
    ]
