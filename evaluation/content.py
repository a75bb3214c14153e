"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from evaluation.backtest import Backtest
from evaluation.metrics import Scale
from evaluation.protocol import EpochRecord
from evaluation.significance import Significance
from evaluation.trading import Trading
from features.panel import Floats, Panel
from features.splits import Split


@dataclass(frozen=True)
class Account:
    """What is told of a matter: sentences, then a table with its caption."""

    sentences: Sequence[str] = ()
    table: pd.DataFrame | None = None
    caption: str = ""


@dataclass(frozen=True)
class ReportContent:
    """What a report is made of. Everything it says is worked out from this."""

    title: str
    source: str
    """Where the data came from, in a sentence."""
    command: str
    """What makes this report again."""
    panel: Panel
    split: Split
    scale: Scale
    test: Backtest
    validation: Backtest | None = None
    """Without it no model is chosen, unless `chosen` names one."""
    chosen: str | None = None
    """The model to use, where it was not chosen on the validation range."""
    choice: str = ""
    """Why that one, in a sentence."""
    future: Backtest | None = None
    """The forecasts from the panel's last step."""
    unit: str = ""
    notes: Sequence[str] = ()
    """What is to be known of the data, a sentence each."""
    made: str = ""
    """When the report was made, in words."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Plain values, lists and mappings of them."""
    histories: Mapping[str, Sequence[EpochRecord]] = field(default_factory=dict)
    trained_on: Mapping[str, str] = field(default_factory=dict)
    """What a training loss is of, where that is not what the validation loss is of."""
    attention: Mapping[str, Floats] = field(default_factory=dict)
    """model -> [pieces, span] of the first series, the last column being the origin."""
    attention_origin: int = -1
    """Step of the panel that `attention` is from."""
    segment: int = 1
    """Steps that a row and a column of `attention` stand for."""
    significance: Significance | None = None
    """Of the test range; worked out where it is not given."""
    intervals: pd.DataFrame | None = None
    """By `model` and `metric`: `value`, `lower`, `upper`."""
    slices: pd.DataFrame | None = None
    """By `kind`, `slice` and `model`: the column `mae`."""
    pit: Mapping[str, Floats] = field(default_factory=dict)
    """model -> [Q + 1] shares of the observations below, between and above the levels."""
    trading: Trading | None = None
    contest: Account | None = None
    """Whether the new model takes the champion's place."""
    earlier: Account | None = None
    """What earlier forecasts came to."""
    drift: Account | None = None
    """How far the inputs have moved since the training range."""
