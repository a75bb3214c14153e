"""Whether what is fetched for a date depends on what came after it: files, sources, the store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from evaluation.audit import Leak
from evaluation.audit.leak import day, place
from evaluation.audit.table import Difference, differences, poisoned
from features.sources import SOURCES, ColumnMapping, Fetched
from features.sources.files import read_file
from features.sources.sniff import read_head, sniff_delimiter
from features.store import Shelf, shelves
from flows import steps
from flows.live_data import CHECKS
from flows.parameters import BacktestParameters
from flows.settings import Settings

SAME = 1e-9
"""Relative difference up to which two factors are one."""
MOMENTS = 50
"""Most moments of fetching that are looked at, the latest."""


def fetch_leaks(
    fetched: Fetched,
    parameters: BacktestParameters,
    origins: Sequence[pd.Timestamp],
    wanted: Sequence[pd.Timestamp],
) -> tuple[list[Leak], list[str]]:
    """Leaks of the fetching, and what is worth knowing.

    Args:
        fetched: what the run reads.
        parameters: settled, so that the same moment of the store is read again.
        origins: at which to cut the span, or rewrite a file.
        wanted: the origins that a backtest reads the data for.
    """
    look = _Look(fetched, _accepting(parameters))
    for origin in origins:
        look.cut(origin)
        if parameters.source not in SOURCES:
            look.rewrite(origin)
    if fetched.as_of is not None:
        look.read_as_of(wanted)
    return list(look.leaks.values()), list(look.notes.values())


def _accepting(p: BacktestParameters) -> BacktestParameters:
    """What was accepted of the whole data is not refused of a part of it."""
    live = p.live and p.live.model_copy(update={"accept": CHECKS})
    return p.model_copy(update={"live": live})


class _Look:
    """What is found on the way."""

    def __init__(self, fetched: Fetched, parameters: BacktestParameters) -> None:
        self.fetched, self.parameters = fetched, parameters
        self.leaks: dict[tuple[str, str], Leak] = {}
        self.notes: dict[str, str] = {}
        covariates = parameters.covariates
        assert covariates is not None  # settled
        self.kept = [*covariates.future, *covariates.static]
        own = {"weather_at": None, "known_ahead": None}
        given = any(getattr(parameters, name) for name in own)
        self.own = set(self._fetch(**own).frame.columns if given else fetched.frame.columns)

    def cut(self, origin: pd.Timestamp) -> None:
        """Ask for the span up to the origin only."""
        less = self._fetch(end=origin).frame
        self._compare(less, origin, f"what came after {day(origin)} is left out")

    def rewrite(self, origin: pd.Timestamp) -> None:
        """Read a copy of the file that is wild after the origin."""
        path = Path(self.parameters.source)
        with TemporaryDirectory() as folder:
            copy = Path(folder) / path.name
            if rewritten(path, copy, self.parameters.columns, origin, self.kept):
                other = self._fetch(source=str(copy)).frame
                self._compare(other, origin, f"the file's values after {day(origin)} do")

    def read_as_of(self, wanted: Sequence[pd.Timestamp]) -> None:
        """Read the store as it was at the origins, and hold it against how it is read now."""
        then = [(origin, moment(origin, self.fetched)) for origin in wanted]
        asked, known = 0, 0
        for shelf, names in self._shelves():
            now = shelf.read(names, self.fetched.as_of)
            for origin, at in _before_each(now["fetched_at"], then):
                past = shelf.read(names, at, None, _like(origin, shelf))
                asked, known = asked + 1, known + bool(len(past))
                for name, column, when in _revised(past, now):
                    self._revision(name, column, when, origin)
        if asked and not known:
            first = min(at for _, at in then)
            self.notes["store"] = (
                "The store was begun after the last origin of the backtest, so what was known at "
                f"the origins (from {day(first)} on) cannot be told from it."
            )

    def _fetch(self, **changed: Any) -> Fetched:
        return steps.fetch_data(self.parameters.model_copy(update=changed))

    def _shelves(self) -> Iterator[tuple[Shelf, list[str]]]:
        p = self.parameters
        names = {*(p.live.symbols or p.live.stations if p.live else ()), p.weather_at}
        for shelf in shelves(Settings().store):
            if have := sorted(name for name in shelf.covered() if name in names):
                yield shelf, have

    def _compare(self, other: pd.DataFrame, origin: pd.Timestamp, because: str) -> None:
        common = [c for c in self.fetched.frame.columns if c in other]
        clean = self.fetched.frame[common]
        for one in differences(clean, other, origin):
            step = "fetch" if one.column in self.own else "covariates beside"
            factor = _factor(clean, other, one, origin)
            where = place(one.series, one.when)
            if factor is None:
                said = f"{step}: {one.column!r}{where} changes when {because}."
                self._leak(Leak(step, one.column, one.series, one.when, said))
            else:
                self._rescaled(one, factor, origin)

    def _rescaled(self, one: Difference, factor: float, origin: pd.Timestamp) -> None:
        p, of = self.parameters, place(one.series, None)
        said = (
            f"fetch: every {one.column!r}{of} up to {day(origin)} is multiplied by {factor:.6g} "
            "by what came later (a split or dividend)"
        )
        scaler = p.scaling.scaler if p.scaling else "standard"
        if one.column == "y" and p.network.level and scaler == "none":
            said += ", and networks see that level: network.level is on and scaling.scaler none."
            self._leak(Leak("fetch", one.column, one.series, one.when, said))
        else:
            said += "; harmless here, since relative features and scaled levels do not see it."
            self.notes[f"{one.column} {one.series}"] = said

    def _revision(self, name: str, column: str, when: pd.Timestamp, origin: pd.Timestamp) -> None:
        said = (
            f"fetch: {column!r}{place(name, when)} was another value at the origin {day(origin)}: "
            "it was revised later, and a backtest reads the revised one."
        )
        self._leak(Leak("fetch", column, name, when, said))

    def _leak(self, leak: Leak) -> None:
        self.leaks.setdefault((leak.step, leak.column), leak)


def moment(origin: pd.Timestamp, fetched: Fetched) -> pd.Timestamp:
    """The end of the step at `origin`, in UTC."""
    stamps = fetched.frame["ds"].drop_duplicates().sort_values()
    step = stamps.diff().median() if origin.tz is not None else pd.Timedelta(days=1)
    end = origin + step
    return end.tz_localize("UTC") if end.tz is None else end.tz_convert("UTC")


def rewritten(
    path: Path,
    copy: Path,
    mapping: ColumnMapping | None,
    origin: pd.Timestamp,
    kept: Sequence[str],
) -> bool:
    """Write a copy of a file whose numbers after the origin are wild; False where it cannot be.

    Args:
        path: a file that `features.sources.files.read_file` reads.
        copy: where to.
        mapping: the columns of a wide file.
        origin: last date that stays.
        kept: columns of a long file that stay, since they are known ahead.
    """
    parquet = read_head(path).startswith(b"PAR1")
    table = pd.read_parquet(path) if parquet else _text(path)
    frame = read_file(path, mapping).frame
    if not len(table) or len(frame) % len(table):
        return False
    stamps = frame["ds"].iloc[: len(table)].reset_index(drop=True)
    long = mapping is None and "unique_id" in table
    ids = (mapping and mapping.columns) or set(frame["unique_id"])
    chosen = [c for c in table if (c not in ("unique_id", "ds", *kept) if long else c in ids)]
    values = table[chosen].reset_index(drop=True).apply(pd.to_numeric, errors="coerce")
    wild = poisoned(values.assign(ds=stamps), origin)
    late = np.asarray(stamps > origin)
    for column in chosen:
        cells = table[column].to_numpy(dtype=object, copy=True)
        there = late & np.asarray(values[column].notna())
        cells[there] = wild[column].to_numpy()[there]
        numeric = pd.api.types.is_numeric_dtype(table[column])  # a CSV file's cells are text here
        table[column] = pd.to_numeric(cells) if numeric else cells
    if parquet:
        table.to_parquet(copy)
    else:
        table.to_csv(copy, index=False)
    return True


def _text(path: Path) -> pd.DataFrame:
    mark = sniff_delimiter(read_head(path))
    return pd.read_csv(path, sep=mark, encoding="utf-8-sig", dtype=str, keep_default_na=False)


def _factor(
    clean: pd.DataFrame, other: pd.DataFrame, one: Difference, origin: pd.Timestamp
) -> float | None:
    """The one factor between all values of a series up to the origin, None where there is none."""
    if one.column not in other or not pd.api.types.is_float_dtype(clean[one.column]):
        return None
    factors = []
    for name, rows in clean[clean["ds"] <= origin].groupby("unique_id"):
        same = other[other["unique_id"] == name].set_index("ds")[one.column]
        before, after = same.reindex(rows["ds"]).to_numpy(), rows[one.column].to_numpy()
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = (after / before)[(before != 0) | (after != 0)]
        ratio = ratio[~np.isnan(ratio)]
        if not np.array_equal(np.isnan(before), np.isnan(after)) or not len(ratio):
            return None
        if not np.allclose(ratio, ratio[0], rtol=SAME, atol=0):
            return None
        factors += [float(ratio[0])] * (str(name) == one.series)
    return factors[0] if factors else None


def _before_each(
    fetched_at: pd.Series, then: Sequence[tuple[pd.Timestamp, pd.Timestamp]]
) -> list[tuple[pd.Timestamp, pd.Timestamp]]:
    """For each fetching the last origin before it: only there can a revision be told."""
    moments = pd.DatetimeIndex([at for _, at in then])
    last = np.searchsorted(moments, pd.DatetimeIndex(fetched_at.unique())) - 1
    return [then[k] for k in sorted(set(last[last >= 0].tolist()))[-MOMENTS:]]


def _like(origin: pd.Timestamp, shelf: Shelf) -> pd.Timestamp:
    if shelf.zone is None:
        return origin.tz_localize(None)
    return origin.tz_localize("UTC") if origin.tz is None else origin.tz_convert("UTC")


def _revised(past: pd.DataFrame, now: pd.DataFrame) -> Iterator[tuple[str, str, pd.Timestamp]]:
    """Series, column and date of the first value of each column that is another now."""
    both = past.merge(now, on=["unique_id", "ds"], suffixes=("", " now"))
    for column in past.columns.difference(["unique_id", "ds", "fetched_at"], sort=False):
        one, two = both[column], both[f"{column} now"]
        rows = both[(one != two) & ~(one.isna() & two.isna())]
        if len(rows):
            first = rows.loc[rows["ds"].idxmin()]
            yield str(first["unique_id"]), column, first["ds"]
