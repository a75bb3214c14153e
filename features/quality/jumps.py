"""Moves of a close that are too large to be usual, and what may be behind them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from features.calendars import DAY
from features.panel import Floats, Integers
from features.quality.observations import Flags, Observations, median_around
from features.quality.rule import Hits, points

JUMP = 0.3
"""Smallest jump as a log return (-26 %, +35 %), over up to four days; a longer gap allows more."""
UNUSUAL = 8.0
"""How many times the median absolute return around it a jump is at least."""
AROUND = (*range(-31, 0), *range(1, 32))
"""Steps around a move that say what is usual: about a quarter."""
RATIOS = (1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 15.0, 20.0, 25.0, 30.0, 50.0)
"""Usual split ratios, of which the inverse is a reverse split."""
SPLIT = float(np.log(1.4))
"""Smallest split that a day's move cannot hide."""
HUGE = float(np.log(4))
"""A jump so large that in usual trading it is a split, near a ratio or not."""
BUSY, WIDE = 4.0, 3.0
"""How many times the usual volume and day's range may be on the day of a split."""
UNIT = float(np.log(1.25))
"""How far from log 100 a log return is at most where pounds turned into pence, or back."""


_FOUND: WeakKeyDictionary[Observations, Moves] = WeakKeyDictionary()


@dataclass(frozen=True)
class Moves:
    """K large moves from one observed close to the next, as log returns."""

    rows: Integers  # [K] the row of the later close
    close: Floats  # [K] of the closes alone
    split: Floats  # [K] log ratio of the splits recorded since the earlier close
    change: Floats  # [K] with recorded splits and dividends taken out
    least: Floats  # [K] size of change from which it may be a jump
    usual: Floats  # [K] median size of the changes around it, 0 where there are too few
    unrecorded: Flags  # [K] whether it looks like a split that is not recorded

    @property
    def adjusted(self) -> Flags:
        """[K] whether a split is recorded that the closes do not show."""
        return (np.abs(self.split) > SPLIT) & (np.abs(self.close) < np.abs(self.split) / 2)

    @property
    def unit(self) -> Flags:
        """[K] whether the factor is about 100."""
        return ~self.adjusted & (np.abs(np.abs(self.change) - np.log(100)) < UNIT)

    @property
    def jump(self) -> Flags:
        """[K] whether it is beyond what is usual, whatever is behind it."""
        beyond = np.abs(self.change) > np.maximum(self.least, UNUSUAL * self.usual)
        return beyond & ~self.adjusted & ~self.unit


def find_unseen_splits(data: Observations) -> Iterator[Hits]:
    """A recorded split that the prices do not show."""
    moves = _moves(data)
    some = moves.adjusted
    text = "a split of {value:.4g} for 1 that the close does not show"
    yield points(data, moves.rows[some], text, np.exp(moves.split[some]), "split")


def find_unit_changes(data: Observations) -> Iterator[Hits]:
    """A factor of about 100."""
    moves = _moves(data)
    yield _factors(data, moves, moves.unit, "the close moves by a factor of {value:.4g}")


def find_unrecorded_splits(data: Observations) -> Iterator[Hits]:
    """A factor near a split ratio on a day of usual trading."""
    moves = _moves(data)
    text = "the close moves by a factor of {value:.4g}, as in a split, while trading is as usual"
    yield _factors(data, moves, moves.unrecorded, text)


def find_jumps(data: Observations) -> Iterator[Hits]:
    """A jump that is none of the others."""
    moves = _moves(data)
    some = moves.jump & ~moves.unrecorded
    yield _factors(data, moves, some, "the close moves by a factor of {value:.4g}")


def _moves(data: Observations) -> Moves:
    """The large moves of a table, found once for all rules."""
    if data not in _FOUND:
        moves = _large_moves(data)
        _FOUND[data] = replace(moves, unrecorded=_unrecorded(data, moves))
    return _FOUND[data]


def _large_moves(data: Observations) -> Moves:
    close, ratio, paid = (data.columns[column] for column in ("close", "split", "dividend"))
    seen = np.flatnonzero(close > 0)
    price, code, ds = close[seen], data.code[seen], data.ds.asi8[seen]
    same = np.diff(code) == 0
    # Summed up, so that what happened on rows without a close is not lost.
    ratio = np.cumsum(np.log(np.where(ratio > 0, ratio, 1.0)))[seen]
    paid = np.cumsum(np.where(paid > 0, paid, 0.0))[seen]
    moved, split = np.diff(np.log(price)) * same, np.diff(ratio) * same
    change = moved + split + np.log1p(np.diff(paid) * same / price[1:])
    least = JUMP * np.sqrt(np.maximum(np.diff(ds) * same / (4 * DAY.value), 1))
    large = np.flatnonzero((np.abs(change) > least) | (np.abs(split) > SPLIT))
    size = np.where(same, np.abs(change), np.nan)
    usual = median_around(size, code[1:], large, AROUND, least=5)
    return Moves(
        seen[large + 1],
        moved[large],
        split[large],
        change[large],
        least[large],
        np.nan_to_num(usual),
        np.zeros(len(large), bool),
    )


def _unrecorded(data: Observations, moves: Moves) -> Flags:
    """[K] which moves look like splits: the open shows it already, and trading is as usual.

    In a crash or a takeover trading is not as usual. Volume says so best, the day's range where
    volume is not known; where neither is, nothing looks like a split.
    """
    overnight = moves.change - np.log(_ratio(data, "close", "open")[moves.rows])
    overnight = np.where(np.isfinite(overnight), overnight, moves.change)
    near = _off_ratio(moves.change, overnight) < (3 * moves.usual).clip(0.02, 0.1)
    most = overnight * np.sign(moves.change) > 0.75 * np.abs(moves.change)
    huge = (np.abs(moves.change) > HUGE) & most
    shares, price = data.columns["volume"], data.columns["close"]
    # After a split either the shares or their worth are as they were, adjusted or not.
    worth = _times_usual(data, moves, shares * price)
    busy = np.fmin(_times_usual(data, moves, shares), worth)
    wide = _times_usual(data, moves, np.log(_ratio(data, "high", "low")))
    quiet = np.where(np.isfinite(busy), busy <= BUSY, wide <= WIDE)
    return moves.jump & (near | huge) & quiet


def _off_ratio(change: Floats, overnight: Floats) -> Floats:
    """[K] how far the move and its part overnight are from the split ratio nearest to them."""
    ratios = np.log([*RATIOS, *(1 / ratio for ratio in RATIOS)])
    off = np.abs(np.stack([change, overnight])[:, :, None] - ratios)  # [2, K, ratios]
    return off.max(axis=0).min(axis=1)


def _ratio(data: Observations, upper: str, lower: str) -> Floats:
    """[N] one price over another, NaN where it is no positive number."""
    above, below = data.columns[upper], data.columns[lower]
    return np.where((above > 0) & (below > 0), above, np.nan) / np.where(below > 0, below, np.nan)


def _times_usual(data: Observations, moves: Moves, values: Floats) -> Floats:
    """[K] the value on the day of the move over the median around it; NaN where unknown."""
    usual = median_around(values, data.code, moves.rows, AROUND, least=5)
    return values[moves.rows] / np.where(usual > 0, usual, np.nan)


def _factors(data: Observations, moves: Moves, some: Flags, text: str) -> Hits:
    return points(data, moves.rows[some], text, np.exp(moves.change[some]), "close")
