from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation import conformal
from evaluation.backtest import Backtest, backtest
from evaluation.conformal import calibrated
from evaluation.spread import local_spread
from features.levels import LEVELS, MEDIAN
from features.panel import Floats, Integers, Panel
from tests.evaluation.toys import LastPlus, backtest_of, each_series, panel_of, wavy_panel

Q = len(LEVELS)


@dataclass
class Fan(LastPlus):
    """Quantiles about the value at the origin that are `width` apart."""

    width: float = 0.1
    name: str = "fan"

    def quantiles(self, panel: Panel, origins: Integers) -> Floats:  # type: ignore[override]
        away = self.width * (np.arange(Q) - MEDIAN)
        return self.forecast(panel, origins)[..., None] + away


def later(y: Floats, by: int, **forecasts: Floats) -> Backtest:
    """A backtest whose first origin is step `by`."""
    made = backtest_of(y, **forecasts)
    return replace(made, origins=made.origins + by)


def quantiles(judged: Backtest, model: str) -> Floats:
    """[S, O, H, Q]."""
    return np.stack([judged.quantile(model, q) for q in range(Q)], axis=-1)


def test_margins_equal_the_slow_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of each series and step ahead, the latest errors whose targets the block's start knew."""
    monkeypatch.setattr(conformal, "WINDOW", 30)
    monkeypatch.setattr(conformal, "BLOCKS", 7)
    monkeypatch.setattr(conformal, "RATE", 0.0)
    panel, models = wavy_panel(160, missing=True), [LastPlus(0.1), Fan(0.3)]
    before = backtest(models, panel, np.arange(40, 71, 2))
    now = backtest(models, panel, np.arange(80, 130, 2))
    judged, spread = calibrated(now, before), local_spread(panel)
    starts = [block[0] for block in np.array_split(now.origins, 7)]
    all_origins = [*before.origins, *now.origins]
    for model in ("last-plus", "fan"):
        for s, i, h, pair in np.ndindex(2, len(now.origins), 3, MEDIAN):
            start = max(start for start in starts if start <= now.origins[i])
            known = [o for o in all_origins if o + h + 1 <= start][-30:]
            away = 0.1 * (pair + 1) if model == "fan" else 0.0
            plus = 0.3 if model == "fan" else 0.1
            misses = sorted(
                (abs(panel.y[s, o + h + 1] - panel.y[s, o] - plus) - away) / spread[s, o]
                for o in known
                if np.isfinite(panel.y[s, o + h + 1] - panel.y[s, o])
            )
            share = LEVELS[MEDIAN + pair + 1] - LEVELS[MEDIAN - pair - 1]
            rank = math.ceil(round(share * (len(misses) + 1), 9))
            want = misses[rank - 1] if rank <= len(misses) else math.nan
            margins = judged.margins[model]
            assert margins.values[margins.block[i], s, pair, h] == pytest.approx(want, nan_ok=True)


@pytest.mark.parametrize("model", [LastPlus(0.1), Fan(0.1)], ids=lambda m: m.name)
def test_an_interval_does_not_know_what_comes_after_its_origin(model: LastPlus) -> None:
    panel, cut = wavy_panel(160), 105
    wild = panel.y.copy()
    wild[:, cut + 1 :] = 1e6 * (1 + np.arange(160 - cut - 1) % 3)
    wild[0, cut + 2 :: 4] = np.nan

    def ends(y: Floats) -> Floats:
        parts = [backtest([model], panel_of(y), np.arange(a, b)) for a, b in ((30, 60), (70, 150))]
        judged = calibrated(parts[1], parts[0])
        return quantiles(judged, model.name)[:, judged.origins <= cut]

    np.testing.assert_array_equal(ends(wild), ends(panel.y))
    assert np.isfinite(ends(panel.y)).all()


def test_the_future_learns_from_both_ranges() -> None:
    panel = wavy_panel(160)
    validation, test = (
        backtest([LastPlus(0.0)], panel, np.arange(a, b)) for a, b in ((60, 90), (100, 157))
    )
    future = backtest([LastPlus(0.0)], panel, np.array([159]))
    both = calibrated(future, validation, test).interval("last-plus")
    for part in (validation, test):
        alone = calibrated(future, part).interval("last-plus")
        assert np.isfinite(alone).all()
        assert (alone[1] != both[1]).any()


def test_fewer_than_nine_errors_support_no_interval() -> None:
    y = np.arange(1.0, 10.0).reshape(1, 9, 1)
    after = later(np.zeros((1, 1, 1)), 9, m=np.zeros((1, 1, 1)))
    enough = calibrated(after, backtest_of(y, m=np.zeros_like(y)))
    assert enough.interval("m")[1].tolist() == [[[9.0]]]
    few = calibrated(after, backtest_of(y[:, :8], m=np.zeros((1, 8, 1))))
    assert np.isnan(few.interval("m")).all()
    assert few.quantile("m", Q - 2).tolist() == [[[8.0]]]  # 80 % need four
    assert math.isnan(each_series(few, "m")["crps"][0])
    none = calibrated(after, backtest_of(y[:, :1] * np.nan, m=np.zeros((1, 1, 1))))
    assert quantiles(none, "m")[0, 0, 0].tolist() == pytest.approx(
        [math.nan] * MEDIAN + [0] + [math.nan] * MEDIAN, nan_ok=True
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), shape=st.sampled_from(["normal", "exponential", "standard_t"]))
def test_exchangeable_errors_are_covered_as_promised(seed: int, shape: str) -> None:
    """Over many series the share inside is at least 90 % and at most 1 / (n + 1) above."""
    rng, n, series = np.random.default_rng(seed), 59, 4000
    size = (series, n + 1, 1)
    errors = rng.standard_t(3, size) if shape == "standard_t" else getattr(rng, shape)(size=size)
    known, new = errors[:, :n], errors[:, n:]
    judged = calibrated(later(new, n, m=new * 0), backtest_of(known, m=known * 0))
    slack = 5 * math.sqrt(0.09 / series)
    covered = each_series(judged, "m")["coverage_90"].mean()
    assert 0.9 - slack <= covered <= 0.9 + 1 / (n + 1) + slack
    inner = (np.abs(new) <= judged.quantile("m", MEDIAN + 2)).mean()
    assert 0.4 - slack <= inner <= 0.4 + 1 / (n + 1) + slack


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), own=st.booleans(), scale=st.sampled_from([1e-3, 1.0, 1e6]))
def test_calibrated_quantiles_do_not_cross(seed: int, own: bool, scale: float) -> None:
    """Even where the model's own quantiles are far too wide, so that margins are negative."""
    rng = np.random.default_rng(seed)
    y = scale * rng.normal(size=(2, 40, 3))
    raw = np.sort(rng.normal(size=(*y.shape, Q)) * 10 ** rng.uniform(-2, 2, Q), axis=-1) * scale
    made = later(y, 0, m=raw[..., MEDIAN])
    made = replace(made, raw={"m": raw} if own else {})
    judged = calibrated(replace(made, origins=made.origins + 40), made)
    found = quantiles(judged, "m")
    assert (np.diff(found) >= 0).all()
    np.testing.assert_array_equal(found[..., MEDIAN], raw[..., MEDIAN])


def test_quantiles_that_are_too_wide_are_drawn_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conformal, "RATE", 0.0)
    y = np.random.default_rng(0).normal(size=(1, 400, 1))
    raw = np.broadcast_to(10.0 * (np.arange(Q) - MEDIAN), (*y.shape, Q))
    made = replace(backtest_of(y, m=y * 0), raw={"m": raw})
    judged = calibrated(replace(made, origins=made.origins + 400), made)
    assert judged.interval("m")[1][0, 0, 0] == pytest.approx(1.645, abs=0.2)
    assert each_series(judged, "m")["coverage_90"][0] == pytest.approx(0.9, abs=0.01)


def test_intervals_follow_a_world_that_moves() -> None:
    """Noise that becomes five times as large: intervals of old errors would cover a third of it."""
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(4, 1600)) * np.where(np.arange(1600) < 600, 1.0, 5.0)
    panel = panel_of(100 + noise.cumsum(axis=1))
    models = [LastPlus(0.0)]
    before = backtest(models, panel, np.arange(100, 590))
    judged = calibrated(backtest(models, panel, np.arange(600, 1590)), before)
    assert each_series(judged, "last-plus")["coverage_90"].mean() == pytest.approx(0.9, abs=0.02)


def test_the_share_to_cover_rises_where_too_little_is_covered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Errors that grow without end, and are always larger than those known."""
    growth = np.exp(np.arange(1500) / 400)[None, :, None]
    y = np.random.default_rng(0).normal(size=(4, 1500, 2)) * growth
    before, now = (
        backtest_of(y[:, :500], m=y[:, :500] * 0),
        later(y[:, 500:], 500, m=y[:, 500:] * 0),
    )

    def covered() -> float:
        return float(each_series(calibrated(now, before), "m")["coverage_90"].mean())

    assert covered() == pytest.approx(0.9, abs=0.015)
    monkeypatch.setattr(conformal, "RATE", 0.0)
    assert covered() < 0.8


def test_only_models_that_were_judged_before_are_calibrated() -> None:
    y = np.zeros((1, 20, 2))
    judged = calibrated(later(y, 20, a=y, b=y), backtest_of(y, a=y))
    assert list(judged.margins) == ["a"]
    columns = judged.frame().columns
    assert {"a-lo-90", "a-hi-90"} <= set(columns)
    assert "b-lo-90" not in columns


def test_errors_of_later_origins_are_refused() -> None:
    y = np.zeros((1, 20, 2))
    with pytest.raises(ValueError, match="origins that increase"):
        calibrated(backtest_of(y, a=y), later(y, 20, a=y))


def test_a_series_that_has_not_moved_has_no_interval() -> None:
    y = np.full((1, 60), 3.0)
    y[0, 50:] = 4.0
    spread = local_spread(panel_of(y))
    assert np.isnan(spread[0, :50]).all()
    assert (spread[0, 50:] > 0).all()


def test_the_local_spread_equals_the_slow_loop() -> None:
    panel = wavy_panel(120, missing=True)
    spread, window = local_spread(panel), 5 * panel.calendar.season
    for s, y in enumerate(panel.y):
        filled = np.array(panel.frame().query("unique_id == @panel.ids[@s]")["y"].ffill())
        filled = np.concatenate([np.full(len(y) - len(filled), np.nan), filled])
        change = np.abs(np.diff(filled))
        for t in range(60, 120):
            recent, past = change[t - window : t].mean(), np.nanmean(change[:t])
            assert spread[s, t] == pytest.approx(max(recent, past / 10))


def test_a_series_that_begins_late_has_the_spread_of_its_own_changes() -> None:
    y = np.full((1, 120), np.nan)
    y[0, 100:] = np.arange(20)
    np.testing.assert_allclose(local_spread(panel_of(y))[0, 101:], 1.0)
