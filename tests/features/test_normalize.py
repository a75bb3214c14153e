import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from features.calendars import Calendar
from features.errors import UserError
from features.normalize import Normalizer, Scaling, forward_fill
from features.panel import Floats, Panel

SCALERS = ("standard", "robust", "minmax", "none")
positive = arrays(np.float64, (2, 30), elements=st.floats(0.5, 1e6))
holes = arrays(np.bool_, (2, 30), elements=st.booleans())


def panel_of(y: Floats) -> Panel:
    S, T = y.shape
    empty = np.zeros((S, T, 0))
    calendar = Calendar("D", pd.date_range("2020-01-01", periods=T))
    return Panel(tuple("ab"[:S]), calendar, y, empty, empty, np.zeros((S, 0)))


def test_forward_fill_is_a_slow_loop() -> None:
    y = np.array([[np.nan, 1, np.nan, np.nan, 2], [3, np.nan, 4, 5, np.nan]])
    expected = [[np.nan, 1, 1, 1, 2], [3, 3, 4, 5, 5]]
    np.testing.assert_array_equal(forward_fill(y), expected)


@pytest.mark.parametrize(
    ("scaler", "center", "scale"),
    [
        ("standard", 3.0, np.sqrt(2.0)),
        ("robust", 3.0, 2.0),
        ("minmax", 1.0, 4.0),
        ("none", 0.0, 1.0),
    ],
)
def test_centre_and_scale_by_hand(scaler: str, center: float, scale: float) -> None:
    y = np.array([[1.0, 2, 3, np.nan, 4, 5, 1e9, -1e9]])
    fitted = Normalizer.fit(panel_of(y), range(0, 6), Scaling(scaler))  # type: ignore[arg-type]
    np.testing.assert_allclose([fitted.center[0], fitted.scale[0]], [center, scale])


@given(
    y=positive,
    hole=holes,
    scaler=st.sampled_from(SCALERS),
    log=st.booleans(),
    difference=st.booleans(),
)
def test_round_trip_gives_the_values_back(
    y: Floats, hole: np.ndarray, scaler: str, log: bool, difference: bool
) -> None:
    """The true normalised future, inverted from any origin, is the true future."""
    y = y.copy()
    y[:, :10][hole[:, :10]] = np.nan
    y[:, [0, 10, 11]] = [[1.0, 2.0, 3.0], [5.0, 4.0, 9.0]]
    scaling = Scaling(scaler, log, difference)  # type: ignore[arg-type]
    normalizer = Normalizer.fit(panel_of(y), range(0, 20), scaling)
    origins, ahead = np.arange(11, 25), np.arange(1, 6)
    future = normalizer.apply(y)[:, origins[:, None] + ahead]
    restored = normalizer.invert(future, y, origins)
    np.testing.assert_allclose(restored, y[:, origins[:, None] + ahead], rtol=1e-6, atol=1e-4)


@given(y=positive, scaler=st.sampled_from(SCALERS), log=st.booleans(), difference=st.booleans())
def test_nothing_after_a_step_moves_what_is_before(
    y: Floats, scaler: str, log: bool, difference: bool
) -> None:
    scaling = Scaling(scaler, log, difference)  # type: ignore[arg-type]
    wild = y.copy()
    wild[:, 20:] = 1e12
    a, b = (Normalizer.fit(panel_of(v), range(0, 20), scaling) for v in (y, wild))
    np.testing.assert_array_equal(a.center, b.center)
    np.testing.assert_array_equal(a.scale, b.scale)
    np.testing.assert_array_equal(a.apply(y)[:, :20], b.apply(wild)[:, :20])
    np.testing.assert_array_equal(a.anchor(y)[:, :20], b.anchor(wild)[:, :20])


def test_missing_stays_missing_and_a_difference_needs_both_neighbours() -> None:
    y = np.array([[1.0, 2, np.nan, 4, 8]])
    plain = Normalizer.fit(panel_of(y), range(0, 5), Scaling("none"))
    np.testing.assert_array_equal(plain.apply(y), y)
    changes = Normalizer.fit(panel_of(y), range(0, 5), Scaling("none", difference=True))
    np.testing.assert_array_equal(changes.apply(y), [[np.nan, 1, np.nan, np.nan, 4]])
    np.testing.assert_array_equal(changes.anchor(y), np.zeros((1, 5)))


def test_no_logarithm_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"series 'a' holds -2 at 2020-01-03.*scaling.log"):
        Normalizer.fit(panel_of(np.array([[1.0, 3, -2, 4]])), range(0, 2), Scaling(log=True))


def test_a_series_unseen_in_training_is_one_sentence() -> None:
    y = np.array([[1.0, 2, 3, 4], [np.nan, np.nan, 5, 6]])
    with pytest.raises(UserError, match="series 'b' has fewer than two observations"):
        Normalizer.fit(panel_of(y), range(0, 2), Scaling())
