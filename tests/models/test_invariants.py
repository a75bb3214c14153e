"""What must hold for every forecaster, scaler and segment, without exception."""

from dataclasses import replace
from itertools import product

import numpy as np
import pytest

from features.normalize import Scaling
from features.panel import Floats, Integers, Panel
from models.baselines import Baseline
from models.classical import Classical
from models.lags import LagRegression
from models.registry import MODELS, AnyForecaster, Recipe, build
from tests.models.panels import (
    ENSEMBLE,
    HORIZON,
    NETWORKS,
    PLAIN,
    QUANTILES,
    SPLIT,
    STEPS,
    fit,
    fitted,
    rich_panel,
)

SCALINGS = [
    Scaling(scaler, log, difference)
    for scaler in ("standard", "robust", "minmax", "none")
    for log, difference in product((False, True), repeat=2)
]
ORIGINS = np.array([17, 40, 41, 60, 99, 110, STEPS - HORIZON - 1])


def settings_of(name: str) -> list[tuple[Scaling, int]]:
    """The scalings and segments that make a difference to a model."""
    match build(name, Recipe(HORIZON)):
        case Baseline() | Classical():
            return [(PLAIN, 1)]
        case LagRegression():
            return [(scaling, 1) for scaling in SCALINGS]
        case _:
            return list(product(SCALINGS, (1, 3)))


everything = pytest.mark.parametrize(
    ("name", "scaling", "segment"),
    [
        *((name, *settings) for name in MODELS for settings in settings_of(name)),
        *product([ENSEMBLE], [PLAIN], (1, 3)),
        *product(QUANTILES, [PLAIN, Scaling("robust", log=True, difference=True)], (1, 3)),
    ],
    ids=lambda v: (
        f"{v.scaler}{'-log' * v.log}{'-diff' * v.difference}" if isinstance(v, Scaling) else str(v)
    ),
)


def forecast(forecaster: AnyForecaster, panel: Panel, origins: Integers) -> Floats:
    """[S, O, H], or [S, O, H, Q] of what gives quantiles."""
    quantiles = forecaster.quantiles(panel, origins)
    return forecaster.forecast(panel, origins) if quantiles is None else quantiles


def with_wild_future(panel: Panel, origin: int) -> Panel:
    """Everything that is not known at `origin` replaced by wild values."""
    y, past = panel.y.copy(), panel.past.copy()
    y[:, origin + 1 :] = 1e6 * (1 + np.arange(panel.steps - origin - 1) % 3)
    y[0, origin + 2 :: 4] = np.nan
    past[:, origin + 1 :] = -1e7
    return replace(panel, y=y, past=past)


def with_last_value(panel: Panel, origin: int, back: int = 0) -> Panel:
    """The observation `back` observed steps before the last one at `origin` moved by a tenth."""
    y = panel.y.copy()
    for row in y:
        seen = np.flatnonzero(np.isfinite(row[: origin + 1]))
        row[seen[-1 - back]] *= 1.1
    return replace(panel, y=y)


@everything
def test_future_blind(name: str, scaling: Scaling, segment: int) -> None:
    """The forecast is bit-identical whatever comes after the origin."""
    forecaster, panel = fitted(name, scaling, segment), rich_panel()
    for origin in ORIGINS[1::2]:
        at = np.array([origin])
        wild = forecast(forecaster, with_wild_future(panel, int(origin)), at)
        np.testing.assert_array_equal(wild, forecast(forecaster, panel, at))


@everything
def test_present_aware(name: str, scaling: Scaling, segment: int) -> None:
    """The first step of the forecast moves with the last observed value.

    A seasonal-naive forecast is the naive one of its phase, so here its season is 1.
    """
    forecaster, panel = fitted(name, scaling, segment), rich_panel()
    for origin in ORIGINS[1:]:
        at = np.array([origin])
        moved = forecast(forecaster, with_last_value(panel, int(origin)), at)[:, 0, 0]
        assert (np.abs(moved - forecast(forecaster, panel, at)[:, 0, 0]) > 1e-6).all()


@everything
def test_one_pass_equals_each_history_alone(name: str, scaling: Scaling, segment: int) -> None:
    """All origins in one pass = each origin's history encoded by itself."""
    forecaster, panel = fitted(name, scaling, segment), rich_panel()
    at_once = forecast(forecaster, panel, ORIGINS)
    for i, origin in enumerate(ORIGINS):
        alone = forecast(forecaster, panel.until(int(origin)), np.array([origin]))
        np.testing.assert_allclose(at_once[:, i], alone[:, 0], rtol=2e-5, atol=2e-5)


@pytest.mark.parametrize(
    ("name", "scaling"),
    [
        *((name, s) for name in MODELS for s in dict.fromkeys(s for s, _ in settings_of(name))),
        *product([ENSEMBLE], SCALINGS),
    ],
    ids=str,
)
def test_fit_never_reads_the_test_range(name: str, scaling: Scaling) -> None:
    """A fit on a panel whose test range is wild forecasts exactly the same."""
    panel, origin = rich_panel(), SPLIT.validation.stop - 1
    again = fit(name, scaling, with_wild_future(panel, origin))
    at = np.array([origin])
    expected = fitted(name, scaling).forecast(panel, at)
    np.testing.assert_array_equal(again.forecast(panel, at), expected)


@pytest.mark.parametrize("back", range(6))
@pytest.mark.parametrize("name", NETWORKS)
def test_first_step_sees_every_recent_observation(name: str, back: int) -> None:
    """Not only the last: each of the last observations moves the first step."""
    forecaster, panel, at = fitted(name), rich_panel(), np.array([60])
    moved = forecaster.forecast(with_last_value(panel, 60, back), at)[:, 0, 0]
    assert (moved != forecaster.forecast(panel, at)[:, 0, 0]).all()


@pytest.mark.parametrize("name", NETWORKS)
def test_a_forecast_moves_with_its_series_unless_the_level_is_shown(name: str) -> None:
    """Without the level, a network is equivariant to shifts of the whole series."""
    panel, at = rich_panel(), np.array([60, 110])
    shifted = replace(panel, y=panel.y + 25)
    for segment, level in ((1, False), (3, True)):  # as the shared forecasters are
        forecaster = fitted(name, segment=segment)
        moved = forecaster.forecast(shifted, at) - forecaster.forecast(panel, at)
        assert np.allclose(moved, 25, atol=1e-3) is not level


@pytest.mark.parametrize("segment", [1, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_a_series_does_not_depend_on_its_neighbours(name: str, segment: int) -> None:
    """Other series' values and beginnings change nothing."""
    forecaster, panel = fitted(name, segment=segment), rich_panel()
    y = panel.y.copy()
    y[1, :50], y[2] = np.nan, 7.0
    other = forecaster.forecast(replace(panel, y=y), ORIGINS)[0]
    np.testing.assert_allclose(other, forecaster.forecast(panel, ORIGINS)[0], rtol=2e-5)


@pytest.mark.parametrize("name", [*MODELS, ENSEMBLE])
def test_a_series_that_has_not_begun_has_no_forecast(name: str) -> None:
    """NaN, not a number made of padding."""
    forecast = fitted(name).forecast(rich_panel(), np.array([16, 17]))
    assert np.isnan(forecast[1, 0]).all()
    assert np.isfinite(forecast[1, 1]).all()
    assert np.isfinite(forecast[[0, 2]]).all()
