"""The dynamic test: change what comes after an origin, and see which step moves before it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from evaluation.audit.leak import Leak, day, place
from evaluation.audit.table import Difference, differences, numbers, poisoned
from features.errors import UserError

SHARES = (0.7, 0.8, 0.9)
"""Where the origins lie along the dates, where none are named."""
GAPS = 3
"""Origins within gaps: only from there can it be seen that a gap was filled backwards."""
NAMED = 3
"""Input columns that a sentence names."""


def _itself(result: Any) -> pd.DataFrame:
    return result if isinstance(result, pd.DataFrame) else pd.DataFrame()


@dataclass(frozen=True)
class Step:
    """A function from the result of the step before, and how its own result is looked at."""

    run: Callable[[Any], Any]
    view: Callable[[Any], pd.DataFrame] = _itself
    """The table to compare: rows of `unique_id`, `ds` or `cutoff`, where it has them."""
    since: pd.Timestamp | None = None
    """First origin to judge it at: the end of what it may learn from."""


Steps = Mapping[str, Step | Callable[[Any], Any]]


def audit(
    steps: Steps,
    raw: pd.DataFrame,
    origins: Sequence[pd.Timestamp] | None = None,
    ahead: Mapping[str, int | None] = {},
) -> list[Leak]:
    """Name the steps that read what was not known yet, and the columns in which it shows.

    At each origin all numbers of `raw` after it are replaced by wild ones, some by none. Whatever
    a step gives for dates up to the origin must stay as it was, to the bit.

    >>> def scale(table):
    ...     return table.assign(y=table["y"] / table["y"].max())
    >>> [leak.step for leak in audit({"scale": scale}, table)]
    ['scale']

    A step that moves is left behind: the one after it is given what the clean step gave, with a
    wild future, so it is judged by itself. Where a result is no table the steps after it wait.

    Args:
        steps: name to function, each given what the one before gives.
        raw: a table with `ds`, and `unique_id` where there are several series.
        origins: at which to try it. A step that is fitted has to be fitted before the first of
            them (or be a `Step` with `since`). At 70, 80 and 90 % of the dates, and in some gaps,
            where None.
        ahead: column to steps that it is known ahead, None where for good.

    Raises:
        UserError: a table without dates.
    """
    if "ds" not in raw:
        raise UserError(
            f"the table has the columns {', '.join(map(str, raw.columns))}, expected the dates in "
            "'ds'; rename the column"
        )
    chain = [(k, s if isinstance(s, Step) else Step(s)) for k, s in steps.items()]
    states = [raw]
    for _, step in chain:
        states.append(step.run(states[-1]))
    chosen = origins_of(raw) if origins is None else origins
    found: dict[tuple[str, str], Leak] = {}
    for origin in chosen:
        for leak in _at(chain, states, origin, ahead):
            found.setdefault((leak.step, leak.column), leak)
    order = list(steps)
    return sorted(found.values(), key=lambda leak: order.index(leak.step))


def origins_of(table: pd.DataFrame, shares: Sequence[float] = SHARES) -> list[pd.Timestamp]:
    """Dates at shares of all dates, and some in gaps from the first of them on."""
    stamps = table["ds"].drop_duplicates().sort_values(ignore_index=True)
    at = [stamps[int(share * (len(stamps) - 1))] for share in shares]
    return sorted({*at, *gaps(table, at[0])})


def gaps(table: pd.DataFrame, first: pd.Timestamp) -> list[pd.Timestamp]:
    """Some dates from `first` on at which a value is missing and a later one is not."""
    rows = table[table["ds"] >= first].sort_values("ds")
    ids = rows["unique_id"] if "unique_id" in rows else pd.Series("", rows.index)
    found: set[pd.Timestamp] = set()
    for column in numbers(rows):
        later = rows.groupby(ids)[column].bfill()
        inside = rows.loc[rows[column].isna() & later.notna(), "ds"].unique()
        found |= {pd.Timestamp(stamp) for stamp in inside[:: max(1, len(inside) // GAPS)][:GAPS]}
    return sorted(found)[:GAPS]


def repeats(table: pd.DataFrame, first: pd.Timestamp) -> list[pd.Timestamp]:
    """Some dates from `first` on whose value is also the next one: where a gap may have been."""
    rows = table[table["ds"] >= first].sort_values("ds")
    ids = rows["unique_id"] if "unique_id" in rows else pd.Series("", rows.index)
    found: set[pd.Timestamp] = set()
    for column in numbers(rows):
        again = rows[column] == rows.groupby(ids)[column].shift(-1)
        dates = rows.loc[again, "ds"].unique()
        if 0 < again.mean() < 0.5:
            found |= {pd.Timestamp(stamp) for stamp in dates[:: max(1, len(dates) // GAPS)][:GAPS]}
    return sorted(found)[:GAPS]


def _at(
    chain: Sequence[tuple[str, Step]],
    states: Sequence[Any],
    origin: pd.Timestamp,
    ahead: Mapping[str, int | None],
) -> list[Leak]:
    """The leaks that show at one origin."""
    other, begun, found = poisoned(states[0], origin, ahead=ahead), 0, []
    for k, (name, step) in enumerate(chain):
        if not any(s.since is None or origin >= s.since for _, s in chain[k:]):
            break
        other = step.run(other)
        if step.since is not None and origin < step.since:
            continue
        moved = differences(step.view(states[k + 1]), step.view(other), origin)
        if moved:
            reads = _read(chain[begun : k + 1], states[begun], states[k + 1], origin, ahead)
            table = isinstance(states[k + 1], pd.DataFrame)
            named = {str(c) for c in (states[k + 1] if table else states[begun]).columns} | {"ds"}
            found += [leak for one in moved for leak in _leaks(name, one, named, reads, origin)]
            if not table:
                break
            other, begun = poisoned(states[k + 1], origin, ahead=ahead), k + 1
    return found


def _read(
    part: Sequence[tuple[str, Step]],
    given: pd.DataFrame,
    clean: Any,
    origin: pd.Timestamp,
    ahead: Mapping[str, int | None],
) -> list[str]:
    """The input columns whose future alone moves the result of the last step."""
    last, columns = part[-1][1], [c for c in numbers(given) if ahead.get(c, 0) is not None]
    return (
        [
            c
            for c in columns
            if differences(
                last.view(clean), last.view(_run(part, poisoned(given, origin, [c], ahead))), origin
            )
        ]
        if len(columns) > 1
        else columns
    )


def _run(part: Sequence[tuple[str, Step]], state: Any) -> Any:
    for _, step in part:
        state = step.run(state)
    return state


def _leaks(
    step: str, one: Difference, named: Collection[str], reads: list[str], origin: pd.Timestamp
) -> Iterator[Leak]:
    """One of the column that changes, or where that is none of the data's, of each that is read."""
    of = "" if one.part is None else f" in {one.part}"
    where, after = place(one.series, one.when), day(origin)
    for column in [one.column] if one.column in named or not reads else reads:
        source = ", ".join(map(repr, reads[:NAMED] if column == one.column else [column]))
        sentence = (
            f"{step}: {one.column!r}{of}{where} changes when {source or 'the data'} after {after} "
            "does, which was not known then."
        )
        yield Leak(step, column, one.series, one.when, sentence)
