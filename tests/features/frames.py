"""Small long frames for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from hypothesis import strategies as st


def long_frame(
    ids: Sequence[str] = ("a", "b"), steps: int = 6, freq: str = "D", start: str = "2020-01-01"
) -> pd.DataFrame:
    """Values 0.5, 1.5, 2.5, ... on each series' dates."""
    stamps = pd.date_range(start, periods=steps, freq=freq)
    return pd.DataFrame(
        {
            "unique_id": np.repeat(list(ids), steps),
            "ds": np.tile(stamps, len(ids)),
            "y": np.arange(len(ids) * steps) + 0.5,
        }
    )


@st.composite
def full_frames(draw: st.DrawFn) -> pd.DataFrame:
    """Frames of 1-3 series with holes in y, a row at every step from each series' first y on.

    Columns `p` (past-only, with holes), `f` (known-future) and `g` (static) come along.
    """
    steps = draw(st.integers(4, 12))
    stamps = pd.date_range(
        "2020-02-27", periods=steps, freq=draw(st.sampled_from(["D", "h", "MS"]))
    )
    number = st.floats(-1e9, 1e9)
    parts = []
    for name in draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True)):
        first = draw(st.integers(0, steps - 3))
        rows = steps - first
        y = draw(st.lists(st.one_of(number, st.just(np.nan)), min_size=rows, max_size=rows))
        y[0], y[-1] = 1.0, 2.0
        p = draw(st.lists(st.one_of(number, st.just(np.nan)), min_size=rows, max_size=rows))
        f = draw(st.lists(number, min_size=rows, max_size=rows))
        columns = {"unique_id": name, "ds": stamps[first:], "y": y, "p": p, "f": f}
        parts.append(pd.DataFrame({**columns, "g": draw(number)}))
    return pd.concat(parts, ignore_index=True).sort_values(["unique_id", "ds"], ignore_index=True)
