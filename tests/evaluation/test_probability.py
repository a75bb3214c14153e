from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss
from utilsforecast import losses

from evaluation.backtest import Backtest, Margins
from evaluation.leaderboard import by_horizon, by_series, leaderboard
from evaluation.metrics import Scale
from evaluation.probability import NOMINAL, WEIGHTS, pinball, pit
from features.levels import LEVELS, MEDIAN
from features.panel import Floats
from tests.evaluation.toys import backtest_of, each_series, with_half_widths

UNSCALED = Scale(np.ones(2), np.ones(2))


def with_quantiles(y: Floats, quantiles: Floats) -> Backtest:
    """A backtest of the model `m` with quantiles [S, O, H, Q] that need no calibration."""
    series, origins, horizon = y.shape
    made = replace(backtest_of(y, m=quantiles[..., MEDIAN]), raw={"m": quantiles})
    nothing = Margins(np.zeros((1, series, MEDIAN, horizon)), np.zeros(origins, dtype=np.int64))
    return replace(made, margins={"m": nothing})


def normal_crps(y: Floats, mean: float, deviation: float) -> Floats:
    """The closed form of Gneiting and Raftery 2007, equation 21."""
    z = (y - mean) / deviation
    return deviation * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / math.sqrt(math.pi))


@pytest.mark.parametrize(("mean", "deviation"), [(0.0, 1.0), (3.0, 0.5), (-1.0, 4.0)])
def test_crps_is_near_the_closed_form_of_a_normal_distribution(
    mean: float, deviation: float
) -> None:
    y = np.random.default_rng(0).normal(size=(1, 4000, 1))
    quantiles = np.broadcast_to(norm.ppf(LEVELS, mean, deviation), (*y.shape, len(LEVELS)))
    got = each_series(with_quantiles(y, quantiles), "m")["crps"][0]
    assert got == pytest.approx(normal_crps(y, mean, deviation).mean(), rel=0.02)


def test_the_weights_share_out_all_probabilities() -> None:
    assert WEIGHTS.sum() == pytest.approx(1)
    assert WEIGHTS.tolist() == pytest.approx([0.075, 0.075, *[0.1] * 7, 0.075, 0.075])


def test_crps_of_a_forecast_without_spread_is_its_absolute_error() -> None:
    y = np.random.default_rng(0).normal(size=(2, 20, 3))
    table = leaderboard(
        with_half_widths(backtest_of(y, m=y * 0), {"m": np.zeros((2, 3))}), UNSCALED
    )
    assert table.loc["m", "crps"] == pytest.approx(table.loc["m", "mae"])


def test_wql_equals_utilsforecasts_scaled_crps() -> None:
    rng = np.random.default_rng(0)
    y = 5 + rng.normal(size=(2, 30, 1))
    quantiles = 5 + np.sort(rng.normal(size=(*y.shape, len(LEVELS))), axis=-1)
    judged = with_quantiles(y, quantiles)
    names = [f"q{k}" for k in range(len(LEVELS))]
    frame = pd.DataFrame(quantiles.reshape(-1, len(LEVELS)), columns=names)
    frame["unique_id"], frame["y"] = np.repeat(judged.ids, 30), y.reshape(-1)
    theirs = losses.scaled_crps(frame, {"m": names}, np.array(LEVELS)).set_index("unique_id")["m"]
    ours = by_series(judged, UNSCALED)["wql"].droplevel("model")
    np.testing.assert_allclose(ours, theirs[ours.index], rtol=1e-9)


@given(seed=st.integers(0, 1000), level=st.sampled_from(LEVELS))
def test_the_true_quantile_has_the_least_pinball_loss(seed: int, level: float) -> None:
    rng = np.random.default_rng(seed)
    y = rng.gamma(2.0, 3.0, 401)
    loss = {f: pinball(y, np.asarray(f), level).mean() for f in y}
    best = np.sort(y)[math.ceil(level * len(y)) - 1]
    assert loss[best] == pytest.approx(min(loss.values()))


def test_coverage_and_width_by_hand() -> None:
    y = np.array([[[0.0, 2.0, 5.0, np.nan]], [[np.nan] * 4]])
    widths = {"m": np.array([[1.0, 2.0, 3.0, 9.0], [1.0] * 4])}
    found = each_series(with_half_widths(backtest_of(y, m=np.zeros_like(y)), widths), "m")
    np.testing.assert_allclose(found["coverage_90"], [2 / 3, np.nan])
    np.testing.assert_allclose(found["width_90"], [4.0, np.nan])


def test_points_without_an_interval_are_left_out() -> None:
    y = np.ones((1, 1, 2))
    judged = with_half_widths(backtest_of(y, m=y), {"m": np.array([[1.0, np.nan]])})
    found = {name: values.tolist() for name, values in each_series(judged, "m").items()}
    assert found["coverage_90"] == [1.0]
    assert found["width_90"] == [2.0]
    assert np.isfinite([found["crps"], found["wql"]]).all()


def test_an_infinite_forecast_covers_nothing_and_scores_inf() -> None:
    y = np.ones((1, 1, 1))
    judged = with_half_widths(backtest_of(y, m=y * np.inf), {"m": np.ones((1, 1))})
    found = each_series(judged, "m")
    assert found["coverage_90"][0] == 0
    assert np.isnan(found["width_90"][0])
    assert found["crps"][0] == found["wql"][0] == np.inf


def test_scores_by_horizon_average_to_those_of_the_whole() -> None:
    y = 5 + np.random.default_rng(0).normal(size=(2, 20, 3))
    judged = with_half_widths(backtest_of(y, m=y * 0 + 5), {"m": np.ones((2, 3))})
    table, whole = by_horizon(judged, UNSCALED).loc["m"], leaderboard(judged, UNSCALED).loc["m"]
    for name in ("crps", "coverage_90", "width_90"):
        assert table[name].mean() == pytest.approx(whole[name])
    assert np.isfinite(table["wql"]).all()


def test_the_pit_histogram_counts_the_probabilities_below_each_observation() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(0.5, 2, (2, 60, 3))
    y[rng.random(y.shape) < 0.2] = np.nan
    quantiles = np.broadcast_to(norm.ppf(LEVELS), (*y.shape, len(LEVELS)))
    found = pit(with_quantiles(y, quantiles), "m")
    edges = [0.0, *LEVELS, 1.0]
    assert found["low"].tolist() == edges[:-1]
    assert found["high"].tolist() == edges[1:]
    each = [np.histogram(norm.cdf(one[np.isfinite(one)]), edges)[0] for one in y]
    want = np.mean([count / count.sum() for count in each], axis=0)
    np.testing.assert_allclose(found["share"], want)
    np.testing.assert_allclose(found["nominal"], np.diff(edges))


def test_an_honest_forecast_has_a_flat_pit_histogram() -> None:
    y = np.random.default_rng(1).normal(size=(1, 20000, 1))
    quantiles = np.broadcast_to(norm.ppf(LEVELS), (*y.shape, len(LEVELS)))
    found = pit(with_quantiles(y, quantiles), "m")
    np.testing.assert_allclose(found["share"], found["nominal"], atol=0.01)


def test_observations_that_equal_quantiles_are_shared_out_among_the_bins_that_touch() -> None:
    y = np.zeros((1, 1, 1))
    flat = pit(with_quantiles(y, np.zeros((1, 1, 1, len(LEVELS)))), "m")
    np.testing.assert_allclose(flat["share"], NOMINAL)
    steps = np.arange(len(LEVELS), dtype=float)[None, None, None]  # 0 is the lowest quantile
    shares = pit(with_quantiles(y, steps), "m")["share"]
    np.testing.assert_allclose(shares, [0.5, 0.5, *[0] * 10])
    shares = pit(with_quantiles(y + 2, steps), "m")["share"]  # the level 0.2
    np.testing.assert_allclose(shares, [0, 0, 0.5, 0.5, *[0] * 8])
    shares = pit(with_quantiles(y + 1, steps), "m")["share"]  # the level 0.1, bins of 5 and 10 %
    np.testing.assert_allclose(shares, [0, 1 / 3, 2 / 3, *[0] * 9])


def test_the_pit_histogram_leaves_out_points_without_all_quantiles() -> None:
    y = np.array([[[0.0, 9.0]], [[np.nan, np.nan]]])
    quantiles = np.broadcast_to(np.array(LEVELS) - 0.55, (*y.shape, len(LEVELS))).copy()
    quantiles[0, 0, 1, 0] = np.nan
    shares = pit(with_quantiles(y, quantiles), "m")["share"]
    assert shares.tolist() == [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]
    nothing = pit(with_quantiles(y * np.nan, quantiles), "m")
    assert nothing["share"].isna().all()


def test_an_infinite_forecast_lies_above_every_observation() -> None:
    y = np.zeros((1, 1, 1))
    judged = with_half_widths(backtest_of(y, m=y + np.inf), {"m": np.ones((1, 1))})
    assert pit(judged, "m")["share"].tolist() == [1, *[0] * 11]


def test_coverage_equals_utilsforecast_and_pinball_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=(2, 40, 1))
    quantiles = np.sort(rng.normal(size=(*y.shape, len(LEVELS))), axis=-1)
    found = each_series(with_quantiles(y, quantiles), "m")
    frame = pd.DataFrame({"unique_id": np.repeat([0, 1], 40), "y": y.ravel()})
    frame["m-lo-90"], frame["m-hi-90"] = quantiles[..., 0].ravel(), quantiles[..., -1].ravel()
    np.testing.assert_allclose(found["coverage_90"], losses.coverage(frame, ["m"], 90)["m"])
    width = (frame["m-hi-90"] - frame["m-lo-90"]).groupby(frame["unique_id"]).mean()
    np.testing.assert_allclose(found["width_90"], width)
    for s in range(2):
        terms = [
            2 * w * mean_pinball_loss(y[s, :, 0], quantiles[s, :, 0, q], alpha=level)
            for q, (level, w) in enumerate(zip(LEVELS, WEIGHTS, strict=True))
        ]
        assert found["crps"][s] == pytest.approx(sum(terms))
