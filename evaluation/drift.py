"""Drift of inputs: whether what goes in is still what was learned from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evaluation.numbers import number
from features.normalize import forward_fill
from features.panel import Floats, Panel
from features.splits import Split

STABLE, MODERATE, MAJOR, UNKNOWN = "stable", "moderate", "major", "too few"
MODERATE_AT, MAJOR_AT = 0.1, 0.25
"""Of the population stability index: the usual rule of thumb (Siddiqi 2006, Credit Risk
Scorecards). It knows no sample sizes, so an index must also be larger than chance explains."""
RECENT = 120
"""Steps that are held against the training range, or the whole seasons that reach so far."""
BINS, PER_BIN, FEWEST = 10, 5, 25
"""Deciles, fewer where a bin would expect less than 5 recent values, none below 25 values."""
CHANCE = 0.01
"""How often one series or channel at least is to be called drifting where none drifts."""
YEAR = pd.Timedelta(days=366)


@dataclass(frozen=True)
class _Index:
    """A population stability index and what it rests on."""

    psi: float
    by_chance: float
    bins: int
    reference: int
    recent: int

    @property
    def state(self) -> str:
        """In a word."""
        if math.isnan(self.psi):
            return UNKNOWN
        if self.psi <= max(MODERATE_AT, self.by_chance):
            return STABLE
        return MAJOR if self.psi > MAJOR_AT else MODERATE


def input_drift(panel: Panel, split: Split, log: bool = False) -> pd.DataFrame:
    """Whether the latest inputs of each series are distributed as those of the training range.

    Compared are the changes from one observation to the next, of `y` (of its logarithm, where
    `log`) and of past-only covariates, and the values of known-future covariates. The bins are
    quantiles, so it makes no difference what typical change they are divided by. Where the training
    range has two years or more and the latest steps less than one, they are held against the same
    time of the year, so a season is no drift.

    Returns:
        A row a series and channel: `series, channel, psi, by_chance, state, bins, reference,
        recent`. `by_chance` is what the indices of all rows stay below in 99 of 100 cases without
        drift, if values are independent; `state` is stable, moderate, major or too few; the last
        three are counts.
    """
    recent = _recent(panel, split)
    reference = _same_season(panel, split.train, recent)
    chance = CHANCE / (len(panel) * (1 + panel.past.shape[2] + panel.future.shape[2]))
    rows = [
        {"series": name, "channel": channel, **asdict(found), "state": found.state}
        for channel, values in _channels(panel, log)
        for name, one in zip(panel.ids, values, strict=True)
        for found in [stability(one[reference], one[recent.start : recent.stop], chance)]
    ]
    columns = ["series", "channel", "psi", "by_chance", "state", "bins", "reference", "recent"]
    return pd.DataFrame(rows, columns=columns)


def stability(reference: Floats, recent: Floats, chance: float = CHANCE) -> _Index:
    """The population stability index of two samples (NaN left out): Σ (p - q) ln(p / q) over bins.

    Bins are quantiles of `reference`; half a value is added to each bin, so that none is empty.
    Without drift the index is about χ²(bins - 1) · (1/n + 1/m): Yurdakul and Naranjo 2020, Journal
    of Risk Model Validation 14; `by_chance` is what it exceeds with the probability `chance`. NaN
    where either sample has fewer than 25 values.
    """
    from scipy.stats import chi2

    a, b = (values[np.isfinite(values)] for values in (reference, recent))
    if (few := min(len(a), len(b))) < FEWEST:
        return _Index(math.nan, math.nan, 0, len(a), len(b))
    inner = np.linspace(0, 1, min(BINS, few // PER_BIN) + 1)[1:-1]
    edges = np.unique(np.quantile(a, inner))
    bins = len(edges) + 1
    p, q = (np.bincount(np.searchsorted(edges, x), minlength=bins) + 0.5 for x in (a, b))
    p, q = p / p.sum(), q / q.sum()
    by_chance = float(chi2.isf(chance, bins - 1)) * (1 / len(a) + 1 / len(b))
    return _Index(float(np.sum((q - p) * np.log(q / p))), by_chance, bins, len(a), len(b))


def input_sentences(table: pd.DataFrame) -> list[str]:
    """What `input_drift` found, a sentence for each of its states but stable; empty where it is."""
    said = []
    for state, at in ((MAJOR, MAJOR_AT), (MODERATE, MODERATE_AT)):
        found = table[table["state"] == state]
        if len(found):
            worst = found.loc[found["psi"].idxmax()]
            said.append(
                f"Drift of inputs: {len(found)} of {len(table)} are distributed otherwise than in "
                f"the training range ({state}, index above {number(at)}), most of all "
                f"{_channel(worst)} ({number(worst['psi'])}, and up to "
                f"{number(worst['by_chance'])} by chance)"
            )
    few = table[table["state"] == UNKNOWN]
    if len(few):
        first = few.iloc[0]
        said.append(
            f"Drift of inputs: {len(few)} of {len(table)} have too few values to tell, such as "
            f"{_channel(first)} with {first['recent']} recent ones"
        )
    return said


def worst_state(table: pd.DataFrame) -> str:
    """The worst of the states of `input_drift`; stable where there is none."""
    states = set(table["state"])
    return next((state for state in (MAJOR, MODERATE) if state in states), STABLE)


def _recent(panel: Panel, split: Split) -> range:
    """The latest steps, whole seasons of them, none of the training range."""
    season = panel.calendar.season
    length = math.ceil(RECENT / season) * season
    return range(max(panel.steps - length, split.train.stop), panel.steps)


def _same_season(panel: Panel, train: range, recent: range) -> NDArray[np.int64]:
    """The steps of the training range that fall into the same time of a year, or all of them."""
    steps, stamps = np.arange(train.start, train.stop), panel.stamps
    first, last = stamps[recent.start] if len(recent) else stamps[-1], stamps[-1]
    if stamps[steps[-1]] - stamps[steps[0]] < 2 * YEAR or last - first >= YEAR:
        return steps
    into = (stamps[steps].dayofyear.to_numpy() - first.dayofyear) % YEAR.days
    return steps[into <= (last - first).days]


def _channels(panel: Panel, log: bool) -> Iterator[tuple[str, Floats]]:
    """The name of each channel and what of it is compared, [S, T]."""
    y = panel.y
    if log:
        y = np.log(np.where(y > 0, y, np.nan))
    yield "y", _changes(y)
    for p, name in enumerate(panel.covariates.past):
        yield name, _changes(panel.past[..., p])
    for f, name in enumerate(panel.covariates.future):
        yield name, panel.future[:, : panel.steps, f]


def _changes(values: Floats) -> Floats:
    """[S, T] each value minus the last one observed before it."""
    change = values[:, 1:] - forward_fill(values)[:, :-1]
    return np.pad(change, ((0, 0), (1, 0)), constant_values=np.nan)


def _channel(row: pd.Series[float]) -> str:
    return f"{row['series']} {row['channel']}"
