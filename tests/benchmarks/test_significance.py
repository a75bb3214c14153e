"""The truth that verdicts are held against is what the benchmarks say it is."""

import numpy as np
import pytest

from benchmarks.significance import found_better, gains, judged, moments, power, predicted
from benchmarks.sizes import DESIGNS, covered, equal, sizes, variants


@pytest.mark.parametrize("horizon", [1, 6])
def test_the_known_gain_is_the_simulated_one(horizon: int) -> None:
    drawn = gains(4000, 200, horizon)
    gain, variance = moments(horizon)
    assert drawn.mean() == pytest.approx(gain, rel=0.03)
    assert 200 * drawn.mean(axis=0).var() == pytest.approx(variance, rel=0.08)


def test_power_grows_as_predicted() -> None:
    row = power(300, 800, 1)
    assert row["measured"] == pytest.approx(row["predicted"], abs=0.05)
    assert predicted(100, 1) < predicted(400, 1) < predicted(800, 1)
    assert predicted(400, 6) < predicted(400, 1)


def test_a_random_walk_is_not_beaten() -> None:
    (row,) = found_better(judged(("drift",), 200, 2))
    assert row["model"] == "drift"
    verdict, better, ahead = (float(row[name]) for name in ("verdict", "better", "ahead"))
    assert 0 <= verdict <= better < 0.05 < ahead < 0.5


@pytest.mark.parametrize("design", DESIGNS)
def test_equal_models_are_equal(design: str) -> None:
    d = equal(np.random.default_rng(0), 500, 50, 3, design)
    alone = d.mean(axis=1)
    assert abs(alone.mean()) < 4 * alone.std() / np.sqrt(500)
    assert all(((p >= 0) & (p <= 1)).all() for p in variants(d, 3).values())


def test_shares_are_shares() -> None:
    assert all(0 <= low <= high <= 1 for low, high in sizes(1, 50, 1).values())
    assert set(covered(2, 60, 2).values()) <= {0.0, 0.5, 1.0}
