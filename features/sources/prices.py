"""Prices as they were traded, made comparable over splits and dividends."""

from __future__ import annotations

import numpy as np
import pandas as pd

from features.errors import UserError
from features.panel import Floats

PRICES = ["open", "high", "low", "close"]


def adjusted(table: pd.DataFrame) -> pd.DataFrame:
    """Open, high, low, close and volume of one symbol in units of its last row, and `y`, the close.

    A split of s on a day divides the prices before it by s and multiplies their volume by s. A
    dividend D multiplies the prices before it by 1 - D / (close before it, divided by s), so that
    a return of `y` is that of a holder who buys more at the close before the dividend less the
    dividend (CRSP). No return depends on later rows.

    Args:
        table: `ds` increasing, and the columns of `features.providers.yahoo.Yahoo` as traded.

    Raises:
        UserError: for a dividend that is not below the close before it.
    """
    split, dividend = (table[name].to_numpy("float64") for name in ("split", "dividend"))
    before = table["close"].ffill().shift().to_numpy("float64") / split
    kept = 1 - np.divide(dividend, before, out=np.zeros(len(table)), where=before > 0)
    if (kept <= 0).any():
        row = int(np.argmax(kept <= 0))
        raise UserError(
            f"the dividend of {table['ds'].iloc[row]} is {dividend[row]:g} and the close before it "
            f"{before[row]:g}, expected a dividend below it; leave the symbol or the span out"
        )
    prices = table[PRICES].mul(_later(kept / split), axis=0)
    return table.assign(**prices, volume=table["volume"] * _later(split), y=prices["close"])


def _later(factors: Floats) -> Floats:
    """[T] The product of the factors after each row."""
    return np.append(np.cumprod(factors[::-1])[::-1][1:], 1.0)[: len(factors)]
