"""The data-quality table: what each rule found in which series, and which rules passed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from features.errors import UserError
from features.panel import Integers
from features.quality.observations import Observations, observe
from features.quality.prices import PRICE_COLUMNS, PRICE_RULES
from features.quality.rule import Hits, Rule
from features.quality.weather import WEATHER_COLUMNS, WEATHER_RULES

RULES: dict[str, dict[str, Rule]] = {"prices": PRICE_RULES, "weather": WEATHER_RULES}
"""The rules by kind of table; the severe ones that explain the others come first."""
COLUMNS = {"prices": PRICE_COLUMNS, "weather": WEATHER_COLUMNS}
NAMED = 3
"""Places that a sentence names."""
FIELDS = (
    "rule",
    "severity",
    "outcome",
    "unique_id",
    "column",
    "first",
    "last",
    "count",
    "example",
    "sentence",
    "action",
)
NOTHING = {"unique_id": "", "column": "", "count": 0, "example": np.nan}


def examine(table: pd.DataFrame, kind: str, calendar: str, now: pd.Timestamp) -> pd.DataFrame:
    """Hold a table against every rule for its kind.

    Args:
        table: `unique_id, ds` and the columns of the kind; NaN or an absent column is allowed.
        kind: a key of `RULES`.
        calendar: the steps that rows are expected on: an exchange's code or an offset alias.
        now: the moment that no row may be later than; UTC if it names no time zone.

    Returns:
        One row a rule, series and column in which something was found (`outcome` "found"), and one
        for each other rule ("passed", or "not checked" where the table lacks what it needs).
        `count` is the number of steps concerned, from `first` to `last`; `example` is the value at
        the first of them, or in the longest stretch.

    Raises:
        UserError: for an unknown kind or calendar, or rows without series or stamp.
    """
    if kind not in RULES:
        raise UserError(f"unknown kind of table {kind!r}, expected {' or '.join(RULES)}")
    data = observe(table, COLUMNS[kind], calendar, now)
    rows = [row for name, rule in RULES[kind].items() for row in _apply(name, rule, data)]
    out = pd.DataFrame(rows, columns=list(FIELDS))
    for edge in ("first", "last"):
        out[edge] = pd.DatetimeIndex(out[edge], tz=data.ds.tz)
    return out


def stop_if_severe(table: pd.DataFrame) -> None:
    """Refuse data of which `examine` found something severe.

    Raises:
        UserError: the first severe finding, and how many there are besides.
    """
    severe = table[(table["severity"] == "severe") & (table["outcome"] == "found")]
    if severe.empty:
        return
    one, more = severe.iloc[0], len(severe) - 1
    others = f" ({more} more severe finding(s) in the data-quality table)" if more else ""
    raise UserError(
        f"the check {one['rule']!r} failed: series {one['unique_id']!r}: {one['sentence']}; "
        f"{one['action']}{others}"
    )


def _apply(name: str, rule: Rule, data: Observations) -> Iterator[dict[str, object]]:
    """The rows of one rule."""
    shared = {"rule": name, "severity": rule.severity, "action": rule.action}
    lacking = [column for column in rule.needs if not np.isfinite(data.columns[column]).any()]
    if lacking or not data.ids:
        why = f"no values in {', '.join(lacking)}" if data.ids else "no rows"
        yield {**shared, **NOTHING, "outcome": "not checked", "sentence": why}
        return
    found = [row for hits in rule.find(data) for row in _findings(hits, rule, data)]
    for row in found:
        yield {**shared, "outcome": "found", **row}
    if not found:
        yield {**shared, **NOTHING, "outcome": "passed", "sentence": rule.description}


def _findings(hits: Hits, rule: Rule, data: Observations) -> Iterator[dict[str, object]]:
    """One row for each series that was hit."""
    order = np.lexsort((hits.first.asi8, hits.code))
    edges = np.flatnonzero(np.diff(hits.code[order], prepend=-1))
    for some in np.split(order, edges[1:]) if len(order) else ():
        longest = some[hits.count[some].argmax()]
        value, count = hits.value[longest], hits.count[longest]
        what = hits.text.format(value=value, count=count)
        where = _span(hits, longest, "on ", "from ") + _also(hits, some[some != longest])
        expected = rule.expected.format(calendar=data.calendar)
        yield {
            "unique_id": data.ids[hits.code[longest]],
            "column": hits.column,
            "first": hits.first[some[0]],
            "last": hits.last[some].max(),
            "count": int(hits.count[some].sum()),
            "example": float(value),
            "sentence": f"{what} {where}, expected {expected}",
        }


def _also(hits: Hits, others: Integers) -> str:
    """The first few of the other places, and how many more there are."""
    if not len(others):
        return ""
    named = ", ".join(_span(hits, k) for k in others[:NAMED])
    more = len(others) - NAMED
    rest = f" and {more} more until {_day(hits.last[others].max())}" if more > 0 else ""
    return f" (also {named}{rest})"


def _span(hits: Hits, k: int, one: str = "", several: str = "") -> str:
    first, last = hits.first[k], hits.last[k]
    return f"{one}{_day(first)}" if first == last else f"{several}{_day(first)} to {_day(last)}"


def _day(stamp: pd.Timestamp) -> str:
    return str(stamp.date()) if stamp == stamp.normalize() else str(stamp)
