"""A report of toys that has every part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from evaluation.backtest import Backtest, backtest
from evaluation.conformal import calibrated
from evaluation.content import Account, ReportContent
from evaluation.metrics import seasonal_scale
from evaluation.protocol import Forecaster
from evaluation.trading import trading
from features.levels import LEVELS
from features.splits import Split
from tests.evaluation.toys import Constant, LastPlus, Loss, wavy_panel

SPLIT = Split.by_share(120)
NASTY = '</script><script>alert("x")</script><b>&'
FORECASTERS: list[Forecaster] = [
    LastPlus(0.0, name="naive"),
    Constant(20.0, name="seasonal-naive"),
    Constant(30.0, name="gru-seq2seq"),
    LastPlus(0.4, name="lstm-direct"),
]
MODELS = [forecaster.name for forecaster in FORECASTERS]


def plain_content() -> ReportContent:
    """What every run has; a name of a series that tries to break out."""
    panel = replace(wavy_panel(120, missing=True), ids=(NASTY, "season"))
    validation = backtest(FORECASTERS, panel, SPLIT.origins("validation", 3))
    test = calibrated(backtest(FORECASTERS, panel, SPLIT.origins("test", 3)), validation)
    return ReportContent(
        title="A report & its title",
        source="drawn by a toy",
        command="forecastle forecast <file>",
        panel=panel,
        split=SPLIT,
        scale=seasonal_scale(panel, SPLIT.train, 7),
        test=test,
        validation=validation,
        future=calibrated(backtest(FORECASTERS, panel, np.array([119])), validation, test),
        unit="mm",
        made="on a Friday",
        settings={
            "horizon": 3,
            "network": {"hidden": 64, "note": "<i>none</i>", "ids": ["a", "b"]},
        },
        histories={"gru-seq2seq": [Loss(1, 2.0, 1.0), Loss(2, 1.0, 1.5)], "naive": []},
        attention={"gru-seq2seq": np.eye(3, 10)},
    )


def full_content() -> ReportContent:
    """Every part that a report can have."""
    content = plain_content()
    return replace(
        content,
        intervals=metric_intervals(),
        slices=sliced(),
        pit=dict(zip(MODELS, np.random.default_rng(0).dirichlet(50 * NOMINAL, 4), strict=True)),
        trading=trading(priced(content.test)),
        earlier=Account(
            ["3 forecasts were made before this one; 2 have been overtaken by what then came."],
            pd.DataFrame(
                {"MAE then": [1.2, 1.1], "MAE promised": [1.0, 1.0]},
                index=pd.Index(["2020-03-01", "2020-03-08"], name="made"),
            ),
            "What each earlier forecast came to.",
        ),
        drift=Account(
            ["season has moved: its PSI of 0.31 is above 0.25."],
            pd.DataFrame({"PSI": [0.02, 0.31]}, index=pd.Index(["level", "season"], name="series")),
            "Population stability index against the training range.",
        ),
    )


NOMINAL = np.diff([0, *LEVELS, 1])


def comparisons() -> pd.DataFrame:
    """As a table of significance has them: better, worse, luck, too few origins, diverged."""
    rows = [
        ("lstm-direct", "naive", -0.2, 0.08, 0.02, 0.13, 0.0004, "1 2 3", "", 1.0),
        ("seasonal-naive", "naive", 0.3, -0.11, -0.2, -0.04, 0.012, "", "1 3", 0.02),
        ("gru-seq2seq", "naive", np.inf, -np.inf, np.nan, np.nan, np.nan, "", "2", 0.0),
        ("naive", "seasonal-naive", -0.3, 0.1, -0.01, 0.2, 0.3, "2", "", np.nan),
    ]
    names = ["model", "reference", "difference", "skill", "skill_lower", "skill_upper"]
    columns = [*names, "p_adjusted", "better_steps", "worse_steps", "best_set"]
    return pd.DataFrame(rows, columns=columns)


def metric_intervals() -> pd.DataFrame:
    index = pd.MultiIndex.from_product([MODELS, ["mae", "rmse"]], names=["model", "metric"])
    value = np.linspace(1, 4, len(index))
    return pd.DataFrame({"value": value, "lower": value - 0.2, "upper": value + 0.3}, index)


def sliced() -> pd.DataFrame:
    kinds = {"month": ["Jan", "Feb", "Mar"], "weekday": ["Mon", "Tue", "Wed", "Thu", "Fri"]}
    rows = [(k, s, model) for k, names in kinds.items() for s in names for model in MODELS]
    index = pd.MultiIndex.from_tuples(rows, names=["kind", "slice", "model"])
    return pd.DataFrame({"mae": np.linspace(1, 3, len(index))}, index)


def priced(test: Backtest) -> Backtest:
    """The same origins and models with prices that rise and fall, and forecasts about them."""
    rng = np.random.default_rng(0)
    last = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, test.last.shape), axis=1))
    forecasts = {
        model: last[:, :, None] * rng.normal(1, 0.01, test.y.shape) for model in test.models
    }
    return replace(test, last=last, forecasts=forecasts)
