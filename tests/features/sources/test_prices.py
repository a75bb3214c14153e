from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import UserError
from features.panel import Floats
from features.sources.prices import adjusted


def prices(
    close: list[float],
    dividend: dict[int, float] | None = None,
    split: dict[int, float] | None = None,
) -> pd.DataFrame:
    """A table as traded; dividends and splits by the row's number."""
    close_, paid, ratio = np.array(close), np.zeros(len(close)), np.ones(len(close))
    for row, value in (dividend or {}).items():
        paid[row] = value
    for row, value in (split or {}).items():
        ratio[row] = value
    days = pd.date_range("2024-01-01", periods=len(close), freq="B")
    ohlc = {"open": close_ * 1.01, "high": close_ * 1.02, "low": close_ * 0.99, "close": close_}
    events = {"volume": np.full(len(close), 600.0), "dividend": paid, "split": ratio}
    return pd.DataFrame({"ds": days, **ohlc, **events})


@st.composite
def tables(draw: st.DrawFn) -> pd.DataFrame:
    """Prices of 1 to 2000 in 1 to 12 rows, with dividends of up to 90 % and any usual split."""
    close = draw(st.lists(st.floats(1, 2000), min_size=1, max_size=12))
    rows = range(1, len(close))
    split = {
        row: draw(st.sampled_from([1.0, 1.0, 2.0, 3.0, 7.0, 1.281, 0.1, 0.05])) for row in rows
    }
    share = {row: draw(st.one_of(st.just(0.0), st.floats(0, 0.9))) for row in rows}
    dividend = {row: share[row] * close[row - 1] / split[row] for row in rows}
    return prices(close, dividend, split)


def wealth(table: pd.DataFrame) -> Floats:
    """[T] The worth of one share bought at the first close, dividends put into more shares.

    They are bought at the close before the dividend, less the dividend.
    """
    shares, worth, before = 1.0, [], np.nan
    for row in table.itertuples():
        shares *= row.split
        if row.dividend > 0:
            shares += shares * row.dividend / (before / row.split - row.dividend)
        worth.append(shares * row.close)
        before = row.close
    return np.array(worth)


@given(tables())
def test_returns_are_those_of_holding_and_reinvesting(table: pd.DataFrame) -> None:
    y = adjusted(table)["y"].to_numpy()
    np.testing.assert_allclose(y / y[-1], wealth(table) / wealth(table)[-1], rtol=1e-9)
    assert y[-1] == table["close"].iloc[-1]


@given(tables(), st.sampled_from([2.0, 3.0, 0.1, 1.281]))
def test_a_later_split_moves_no_return(table: pd.DataFrame, ratio: float) -> None:
    close = table["close"].iloc[-1]
    after = table.iloc[[-1]].assign(ds=table["ds"].iloc[-1] + pd.Timedelta(days=7), dividend=0.0)
    after = after.assign(close=close / ratio, split=ratio)
    before, since = adjusted(table), adjusted(pd.concat([table, after], ignore_index=True))
    for name in ("open", "high", "low", "close", "y"):
        np.testing.assert_allclose(since[name][:-1], before[name] / ratio, rtol=1e-12)
    np.testing.assert_allclose(since["volume"][:-1], before["volume"] * ratio, rtol=1e-12)


@given(tables())
def test_a_day_s_prices_keep_their_proportions(table: pd.DataFrame) -> None:
    after = adjusted(table)
    for name in ("open", "high", "low"):
        np.testing.assert_allclose(after[name] / after["y"], table[name] / table["close"])


def test_shares_are_counted_by_splits_alone() -> None:
    after = adjusted(prices([100, 98, 49, 50], dividend={1: 2.0}, split={2: 2.0}))
    assert after["volume"].tolist() == [1200, 1200, 600, 600]
    np.testing.assert_allclose(after["y"], [49, 49, 49, 50])


@pytest.mark.parametrize(
    ("close", "dividend", "theirs"),
    [  # MSFT in February 2021, AAPL in November 2020
        ([243.699997, 244.199997], 0.56, [235.09343, 236.118362]),
        ([119.029999, 118.690002], 0.205, [116.065994, 115.934151]),
    ],
)
def test_agrees_with_the_adjusted_close_of_yahoo(
    close: list[float], dividend: float, theirs: list[float]
) -> None:
    y = adjusted(prices(close, dividend={1: dividend}))["y"]
    assert y[1] / y[0] == pytest.approx(theirs[1] / theirs[0], rel=1e-6)


def test_what_is_missing_stays_so_and_a_dividend_is_measured_by_the_close_known_before_it() -> None:
    y = adjusted(prices([100, np.nan, 45], dividend={2: 5.0}, split={2: 2.0}))["y"]
    np.testing.assert_allclose(y, [100 / 2 * (1 - 5 / 50), np.nan, 45])


def test_a_dividend_of_the_first_row_was_paid_to_nobody_here() -> None:
    assert adjusted(prices([10.0, 11.0], dividend={0: 1.0}))["y"].tolist() == [10.0, 11.0]
    assert adjusted(prices([])).empty


def test_a_dividend_above_the_price_is_refused() -> None:
    with pytest.raises(
        UserError, match=r"dividend of 2024-01-02 .* is 12 and the close before it 10"
    ):
        adjusted(prices([10.0, 11.0], dividend={1: 12.0}))


def test_the_table_that_is_given_stays_as_it_is() -> None:
    table = prices([100, 50], split={1: 2.0})
    copy = table.copy()
    after = adjusted(table.assign(fetched_at=7))
    pd.testing.assert_frame_equal(table, copy)
    assert after["fetched_at"].tolist() == [7, 7]
