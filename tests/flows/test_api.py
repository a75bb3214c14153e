from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.levels import MEDIAN
from flows import backtest_frame, forecast_frame
from tests.flows.small import MODELS, SETTINGS, small_frame


def test_a_frame_in_a_forecast_frame_out() -> None:
    result = forecast_frame(small_frame(), 3, MODELS, **SETTINGS)
    frame = result.forecast
    assert list(frame.columns[:4]) == ["unique_id", "ds", "cutoff", "naive"]
    assert len(frame) == 2 * 3
    assert (frame["naive-lo-90"] < frame["naive"]).all()
    assert (frame["naive"] < frame["naive-hi-90"]).all()
    assert list(frame["ds"].unique()) == list(pd.date_range("2020-06-09", periods=3))
    assert set(result.leaderboard.index) == set(MODELS)
    assert result.chosen == "seasonal-naive"  # the series is a wave of a week
    few = "seasonal-naive is ahead of naive, but 30 origins are too few to tell"
    assert any(few in verdict for verdict in result.verdicts)
    assert np.isnan(result.significance.of("seasonal-naive", "naive").p)


def test_a_refitted_network_differs_and_a_refitted_baseline_does_not() -> None:
    once = backtest_frame(small_frame(), 3, MODELS, **SETTINGS)
    again = backtest_frame(small_frame(), 3, MODELS, refit_every=15, **SETTINGS)
    assert len(once.backtest) == len(again.backtest)
    np.testing.assert_array_equal(again.backtest["naive"], once.backtest["naive"])
    assert not np.allclose(again.backtest["gru-direct"], once.backtest["gru-direct"])


def test_a_network_trained_for_quantiles_is_judged_beside_the_baselines() -> None:
    """With refits too, the median is the forecast, and all have the scores of a distribution."""
    settings = SETTINGS | {"training": SETTINGS["training"] | {"loss": "quantile"}}
    made = forecast_frame(small_frame(), 3, MODELS, **settings)
    again = backtest_frame(small_frame(), 3, MODELS, refit_every=15, **settings)
    for result in (made, again):
        raw = result.test.raw["gru-direct"]
        np.testing.assert_array_equal(raw[..., MEDIAN], result.test.forecasts["gru-direct"])
        for table in (result.leaderboard, result.by_series, result.by_horizon):
            assert np.isfinite(table[["crps", "wql", "coverage_90", "width_90"]]).all(axis=None)
    assert (made.forecast["gru-direct-lo-90"] < made.forecast["gru-direct"]).all()
    assert (made.forecast["gru-direct"] < made.forecast["gru-direct-hi-90"]).all()


def test_a_backtest_has_no_forecast() -> None:
    result = backtest_frame(small_frame(), 3, ["naive"])
    with pytest.raises(ValueError, match="run a forecast"):
        _ = result.forecast


def test_the_backtest_frame_is_read_by_the_ecosystem() -> None:
    from utilsforecast.evaluation import evaluate
    from utilsforecast.losses import mae

    result = backtest_frame(small_frame(), 3, ["naive", "drift"])
    theirs = evaluate(
        result.backtest.drop(columns="cutoff"), [mae], models=["naive", "drift"]
    ).set_index("unique_id")
    ours = result.by_series["mae"].unstack("model")
    pd.testing.assert_frame_equal(
        theirs[["naive", "drift"]], ours[["naive", "drift"]], check_names=False
    )


@pytest.mark.parametrize(
    ("settings", "error"),
    [({"models": ["nave"]}, ValueError), ({"covariates": {"past": ["wind"]}}, UserError)],
)
def test_mistakes_are_refused(settings: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        forecast_frame(small_frame(), 3, **settings)


@pytest.mark.parametrize("module", ["prefect", "mlflow"])
def test_a_notebook_needs_neither_prefect_nor_mlflow(module: str) -> None:
    code = f"""
import sys
sys.modules[{module!r}] = None  # as if it were not installed
import numpy as np, pandas as pd
from flows import forecast_frame
frame = pd.DataFrame({{"unique_id": "a", "ds": pd.date_range("2020", periods=80)}})
frame["y"] = np.arange(80.0) ** 2
print(len(forecast_frame(frame, 2, ["naive", "drift"]).forecast))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2"
