"""The leaderboard by month, by weekday or hour, and by how much a series had lately moved."""

from __future__ import annotations

import pandas as pd

from evaluation.backtest import Backtest
from evaluation.leaderboard import model_last, table
from evaluation.metrics import Scale
from evaluation.partitions import NAMES
from evaluation.scores import scores


def by_slice(backtest: Backtest, scale: Scale) -> pd.DataFrame:
    """The leaderboard's columns over parts of the points, indexed by `kind`, `slice` and `model`.

    Kinds: `month` of the target; its `weekday` where steps are days, its `hour` where they are
    shorter; and `regime` at the origin (`evaluation.partitions`), which does not look ahead. Each
    value is the mean over series of their own values in that slice. Slices without a point that
    counts are left out, and so are kinds that then have a single slice.
    """
    found = scores(backtest, scale)
    kinds = {kind: names for kind, names in NAMES.items() if kind in found}
    told = pd.concat(
        [model_last(table(found[kind], _index(kind, names))) for kind, names in kinds.items()]
    ).dropna(how="all")
    slices = told.index.to_frame(index=False).groupby("kind")["slice"].transform("nunique")
    return told[slices.to_numpy() > 1]


def _index(kind: str, names: tuple[str, ...]) -> pd.MultiIndex:
    return pd.MultiIndex.from_product([[kind], names], names=["kind", "slice"])
