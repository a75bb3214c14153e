from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses
from utilsforecast.evaluation import evaluate

from evaluation.backtest import backtest, targets
from evaluation.conformal import calibrated
from evaluation.leaderboard import by_series, leaderboard
from evaluation.metrics import seasonal_scale
from evaluation.protocol import Forecaster
from features.calendars import Calendar
from features.panel import Floats, Integers, Panel
from tests.evaluation.toys import Constant, LastPlus, panel_of, wavy_panel


def test_targets_equal_the_slow_loop() -> None:
    panel, horizon = wavy_panel(20, missing=True), 4
    origins = np.array([0, 3, 15, 17, 19])
    want = np.full((2, len(origins), horizon), np.nan)
    for s in range(2):
        for o, origin in enumerate(origins):
            for h in range(horizon):
                if origin + 1 + h < 20:
                    want[s, o, h] = panel.y[s, origin + 1 + h]
    np.testing.assert_array_equal(targets(panel, origins, horizon), want)


def test_the_frame_by_hand() -> None:
    panel = panel_of(np.array([[1.0, 2.0, np.nan, 4.0, 5.0]]), ("a",))
    frame = backtest([Constant(7.0, horizon=2)], panel, np.array([0, 2])).frame()
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(np.arange(5), "D")
    want = pd.DataFrame(
        {
            "unique_id": "a",
            "ds": [day[1], day[3], day[4]],
            "cutoff": [day[0], day[2], day[2]],
            "y": [2.0, 4.0, 5.0],
            "constant": 7.0,
        }
    )
    pd.testing.assert_frame_equal(frame, want)


def test_all_models_are_judged_on_the_same_points() -> None:
    panel = wavy_panel(80, missing=True)
    judged = backtest([Constant(20.0), LastPlus(0.0)], panel, np.arange(40, 70))
    both = np.isfinite(judged.y) & np.isfinite(judged.forecasts["last-plus"])
    np.testing.assert_array_equal(judged.judged_points, both)
    assert 0 < both.sum() < np.isfinite(judged.y).sum()
    assert len(judged.frame()) == both.sum()
    alone = leaderboard(judged, seasonal_scale(panel, range(40), 7))
    errors = np.abs(judged.y - 20.0)
    want = np.mean([errors[s][both[s]].mean() for s in range(2)])
    assert alone.loc["constant", "mae"] == pytest.approx(want)


def mase(df: pd.DataFrame, models: list[str], train_df: pd.DataFrame, **names: str) -> pd.DataFrame:
    return losses.mase(df, models, 7, train_df, **names)


def rmsse(
    df: pd.DataFrame, models: list[str], train_df: pd.DataFrame, **names: str
) -> pd.DataFrame:
    return losses.rmsse(df, models, 7, train_df, **names)


@pytest.mark.parametrize(
    ("loss", "factor"),
    [
        (losses.mae, 1),
        (losses.rmse, 1),
        (losses.mape, 100),
        (losses.smape, 200),
        (mase, 1),
        (rmsse, 1),
        (losses.wape, 100),
        (losses.bias, 1),
    ],
)
def test_utilsforecast_reads_the_frame_and_agrees(loss: Callable[..., Any], factor: float) -> None:
    panel = wavy_panel(120, missing=True)
    judged = backtest([Constant(20.0), LastPlus(0.5)], panel, np.arange(60, 110))
    scale, name = seasonal_scale(panel, range(60), 7), loss.__name__
    ours, mean = by_series(judged, scale)[name].unstack("model"), leaderboard(judged, scale)[name]
    frame, train = judged.frame().drop(columns="cutoff"), panel.until(59).frame()
    theirs = evaluate(frame, [loss], train_df=train).set_index("unique_id")
    for model in judged.models:
        want = factor * theirs[model]
        np.testing.assert_allclose(ours[model], want[ours.index], rtol=1e-9)
        assert mean[model] == pytest.approx(want.mean(), rel=1e-9)


def test_utilsforecast_also_reads_cutoffs_and_intervals() -> None:
    panel = wavy_panel(120)
    forecasters: list[Forecaster] = [Constant(20.0), LastPlus(0.5)]
    before = backtest(forecasters, panel, np.arange(30, 60))
    judged = calibrated(backtest(forecasters, panel, np.arange(60, 110)), before)
    found = evaluate(
        judged.frame(), [losses.mae, losses.coverage], models=list(judged.models), level=[90]
    )
    ours = by_series(judged, seasonal_scale(panel, range(30), 7))
    mean = found.groupby(["unique_id", "metric"])[list(judged.models)].mean()
    for (name, model), row in ours.iterrows():
        assert mean.loc[(name, "mae"), model] == pytest.approx(row["mae"], rel=1e-9)
        assert mean.loc[(name, "coverage_level90"), model] == pytest.approx(row["coverage_90"])


def test_utilsforecast_draws_the_frame() -> None:
    from utilsforecast.plotting import plot_series

    panel = wavy_panel(60)
    forecasters = [Constant(20.0)]
    before = backtest(forecasters, panel, np.arange(20, 40))
    judged = calibrated(backtest(forecasters, panel, np.array([50])), before)
    frame = judged.frame().drop(columns=["y", "cutoff"])
    assert plot_series(panel.frame(), frame, level=[90], engine="matplotlib").axes


def test_forecasts_of_the_future_have_dates_and_no_y() -> None:
    y = np.arange(10.0)[None]
    sessions = pd.date_range("2024-01-01", periods=10, freq="B")  # ends on a Friday
    calendar = Calendar("B", sessions)
    panel = panel_of(y)
    panel = type(panel)(panel.ids, calendar, y, panel.past, panel.future, panel.static)
    ahead = backtest([LastPlus(1.0, horizon=2)], panel, np.array([8, 9]))
    frame = ahead.forecast_frame()
    assert list(frame.columns) == ["unique_id", "ds", "cutoff", "last-plus"]
    assert frame["ds"].tolist() == list(pd.to_datetime(["2024-01-12", *["2024-01-15"] * 2,
                                                       "2024-01-16"]))  # fmt: skip
    assert frame["last-plus"].tolist() == [9, 9, 10, 10]
    assert len(ahead.frame()) == 1


class Wrong(Constant):
    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        return np.zeros((1, 1, 1))


@pytest.mark.parametrize(
    ("forecasters", "origins", "message"),
    [
        ([Constant(1.0), Constant(2.0)], [5], "different names"),
        ([], [5], "different names"),
        ([Constant(np.nan)], [5], "no forecast at all"),
        ([Wrong(1.0)], [5], "expected \\(2, 1, 3\\)"),
        ([Constant(1.0), LastPlus(1.0, horizon=2)], [5], "one horizon"),
        ([Constant(1.0)], [20], "origins within 0 … 19"),
        ([Constant(1.0)], [-1], "origins within"),
        ([Constant(1.0)], [], "origins within"),
    ],
)
def test_what_cannot_be_judged_raises(
    forecasters: list[Constant], origins: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        backtest(forecasters, wavy_panel(20), np.array(origins, dtype=np.int64))
