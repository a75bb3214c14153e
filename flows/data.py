"""What the store of live data holds, for people: tables, checks, files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from features.errors import UserError
from features.store import Shelf, shelves


def listing(store: Path) -> pd.DataFrame:
    """A row a series: provider, interval, span that was asked for, rows, revisions, last fetch."""
    rows = [
        {
            "series": name,
            "provider": shelf.provider,
            "interval": shelf.interval,
            "from": f"{covered.first:%Y-%m-%d}",
            "to": f"{covered.last:%Y-%m-%d}",
            "rows": covered.rows,
            "revised": covered.revisions,
            "fetched (UTC)": f"{covered.fetched_at:%Y-%m-%d %H:%M}",
        }
        for shelf in shelves(store)
        for name, covered in shelf.covered().items()
    ]
    if not rows:
        raise UserError(
            f"the store in {store} is empty; fetch something, as in forecastle data fetch stocks "
            "--symbols AAPL"
        )
    return pd.DataFrame(rows)


def rows_of(
    store: Path, names: Sequence[str], interval: str, as_of: pd.Timestamp | None
) -> pd.DataFrame:
    """Every row of some series, as it was known at a moment.

    Raises:
        UserError: a series that is not stored at that interval.
    """
    have = [shelf for shelf in shelves(store) if shelf.interval == interval]
    stored = {name: shelf for shelf in have for name in shelf.covered()}
    for name in names:
        if name not in stored:
            near = get_close_matches(name, stored, n=1)
            hint = f"did you mean {near[0]!r}?" if near else "see forecastle data ls"
            raise UserError(f"{name!r} is not in the store at interval {interval}; {hint}")
    parts = [shelf.read(some, as_of) for shelf, some in _by_shelf(names, stored)]
    rows = pd.concat(parts, ignore_index=True)
    if rows.empty:
        raise UserError(
            f"the store held no row of {', '.join(names)} as of {as_of}; ask for a later moment"
        )
    return rows


def mend(store: Path) -> list[str]:
    """Check every byte that is stored, and set aside what is damaged: a sentence each."""
    said = []
    for shelf in shelves(store):
        damage = shelf.verify()
        if damage:
            said += [f"{one.path}: {one.wrong}; set aside" for one in damage]
            again = sorted({name for name, _ in shelf.set_aside(damage)})
            said += [f"to be fetched again by the next run: {', '.join(again)}"] * bool(again)
    return said


def _by_shelf(names: Sequence[str], stored: dict[str, Shelf]) -> Iterator[tuple[Shelf, list[str]]]:
    for shelf in dict.fromkeys(stored[name] for name in names):
        yield shelf, [name for name in names if stored[name] == shelf]
