"""Every metric of every model over every part of a backtest, in one walk over its points."""

from __future__ import annotations

from collections import defaultdict
from weakref import WeakKeyDictionary

import numpy as np

from evaluation.backtest import Backtest
from evaluation.metrics import Scale, ratio
from evaluation.partitions import partitions
from evaluation.tally import averages, points_of
from features.panel import Floats

Values = dict[str, dict[str, Floats]]
"""Model -> column of `AVERAGES` -> [K] a value for each row of a table."""
Scores = dict[str, Values]
"""Kind of partition -> values."""


def scores(backtest: Backtest, scale: Scale) -> Scores:
    """The values of each group of each of the `partitions`, the mean over series of their own.

    Of `all` the series' own values. The columns of quantiles are there for calibrated models.
    Worked out once for a backtest and a scale, however many tables are made of them.
    """
    kept = _KEPT.get(backtest)
    if kept is None or kept[0] is not scale:
        kept = _KEPT[backtest] = scale, _scores(backtest, scale)
    return kept[1]


_KEPT: WeakKeyDictionary[Backtest, tuple[Scale, Scores]] = WeakKeyDictionary()


def _scores(backtest: Backtest, scale: Scale) -> Scores:
    found: defaultdict[tuple[str, str, str], list[Floats]] = defaultdict(list)
    for series in backtest.groups():
        part, some = backtest.of(series), scale.of(series)
        parts = partitions(part)
        for model in backtest.models:
            points = points_of(part, model, some)
            for column, metric in averages(points).items():
                top, bottom = metric.terms(points)
                for one in parts:
                    values = metric.average(one.sums(top), one.sums(bottom))  # [S, G]
                    found[one.kind, model, column].append(_kept(one.kind, values))
    out: Scores = defaultdict(lambda: defaultdict(dict))
    for (kind, model, column), blocks in found.items():
        out[kind][model][column] = _joined(kind, blocks)
    return out


def _kept(kind: str, values: Floats) -> Floats:
    """[S, G] → [S] of the one group of `all`, else [2, G] the sum over series and their number."""
    if kind == "all":
        return values[:, 0]
    there = ~np.isnan(values)
    return np.stack([np.where(there, values, 0.0).sum(axis=0), there.sum(axis=0)])


def _joined(kind: str, blocks: list[Floats]) -> Floats:
    """What was kept of some series at a time → [S] or [G]."""
    return np.concatenate(blocks) if kind == "all" else ratio(*np.sum(blocks, axis=0))
