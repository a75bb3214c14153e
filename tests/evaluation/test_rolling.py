"""Refits: what each forecast has learned from, and that nothing depends on who did the work."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.backtest import Backtest, backtest, targets
from evaluation.conformal import calibrated
from evaluation.protocol import Forecaster
from evaluation.rolling import rolling_backtest
from features.levels import LEVELS
from features.panel import Floats, Integers, Panel
from features.splits import Fold, Split, folds
from tests.evaluation.toys import Constant, LastPlus, PointForecaster, panel_of, wavy_panel


@dataclass
class Greedy(PointForecaster):
    """Learns from everything that it is handed; its forecast also shows how often it was fitted."""

    horizon: int = 3
    name: str = "greedy"
    level: float = 0.0
    fits: int = 0

    def fit(self, panel: Panel, split: Split) -> None:
        known = [np.nanmean(panel.y), *split.train[:1], *split.validation[-1:], panel.steps]
        self.level, self.fits = float(np.sum(known)), self.fits + 1

    def forecast(self, panel: Panel, origins: Integers) -> Floats:
        last = np.nan_to_num(panel.y[:, origins, None])
        return np.repeat(last + self.level + 1e6 * self.fits, self.horizon, axis=2)


class Backwards(Executor):
    """Does the last unit first, and all of them only when the first is asked for."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        self.waiting.append((future, fn, args))
        if len(self.waiting) == self.units:
            for one, call, given in reversed(self.waiting):
                one.set_result(call(*given))
        return future

    units = 0


some_folds = st.builds(
    folds,
    st.builds(
        lambda first, count, stride: first + stride * np.arange(count),
        st.integers(30, 60),
        st.integers(1, 15),
        st.integers(1, 4),
    ),
    refit_every=st.integers(1, 6),
    validation=st.integers(1, 9),
    window=st.none() | st.integers(1, 30),
    gap=st.integers(0, 5),
)


@given(cut=some_folds)
def test_a_forecast_is_that_of_a_fit_by_hand(cut: list[Fold]) -> None:
    panel = wavy_panel(130, missing=True)
    forecasters: list[Forecaster] = [Greedy(), LastPlus(1.0)]
    judged = rolling_backtest(forecasters, panel, cut)
    place = 0
    for fold in cut:
        by_hand = Greedy()
        by_hand.fit(panel.until(int(fold.origins[0])), fold.split)
        for origin in fold.origins:
            want = by_hand.forecast(panel, np.array([origin]))[:, 0]
            np.testing.assert_array_equal(judged.forecasts["greedy"][:, place], want)
            place += 1
    assert place == len(judged.origins)
    np.testing.assert_array_equal(judged.y, targets(panel, judged.origins, 3))


@given(cut=some_folds, data=st.data())
def test_nothing_after_a_folds_first_origin_touches_its_fit(
    cut: list[Fold], data: st.DataObject
) -> None:
    panel = wavy_panel(130)
    poisoned = data.draw(st.sampled_from(cut))
    wild = panel.y.copy()
    wild[:, poisoned.first + 1 :] = 1e9
    clean, sick = (
        rolling_backtest([Greedy()], one, cut).forecasts["greedy"]
        for one in (panel, panel_of(wild, panel.ids))
    )
    known = sum(len(fold.origins) for fold in cut if fold.first < poisoned.first) + 1
    np.testing.assert_array_equal(clean[:, :known], sick[:, :known])


@given(cut=some_folds)
def test_a_fit_is_handed_nothing_later_and_a_gap_keeps_targets_apart(cut: list[Fold]) -> None:
    seen: list[tuple[int, int]] = []

    def work(one: Constant, panel: Panel, fold: Fold) -> Floats:
        seen.append((panel.steps, fold.last))
        return one.forecast(panel, fold.origins)

    rolling_backtest([Constant(1.0)], wavy_panel(130), cut, work=work)
    assert all(steps == last + 1 for steps, last in seen)
    gaps = {
        (f.split.validation.start - f.split.train.stop, f.first + 1 - f.split.validation.stop)
        for f in cut
    }
    assert len(gaps) == 1
    assert len(set(gaps.pop())) == 1


def test_without_learning_refits_change_nothing() -> None:
    panel, origins = wavy_panel(60), np.arange(40, 50)
    rolled = rolling_backtest([LastPlus(1.0)], panel, folds(origins, 3, validation=5))
    pd.testing.assert_frame_equal(rolled.frame(), backtest([LastPlus(1.0)], panel, origins).frame())


def test_a_forecaster_that_is_given_stays_unfitted() -> None:
    one = Greedy()
    rolling_backtest([one], wavy_panel(60), folds(np.arange(40, 50), 3, validation=5))
    assert one == Greedy()


@pytest.mark.parametrize("in_turn", [False, True])
def test_the_order_of_the_work_changes_nothing(in_turn: bool) -> None:
    panel, cut = wavy_panel(80), folds(np.arange(40, 60), 3, validation=5)
    given: list[Forecaster] = [Greedy(), LastPlus(1.0), Constant(2.0)]
    backwards, done = Backwards(), []
    backwards.units = 3 if in_turn else 3 * len(cut)
    here = rolling_backtest(given, panel, cut, in_turn=in_turn)
    there = rolling_backtest(
        given, panel, cut, backwards, in_turn=in_turn, on_done=lambda *what: done.append(what)
    )
    with ThreadPoolExecutor(3) as threads:
        side_by_side = rolling_backtest(given, panel, cut, threads, in_turn=in_turn)
    for other in (there, side_by_side):
        assert list(other.forecasts) == list(here.forecasts)
        for name, forecast in here.forecasts.items():
            np.testing.assert_array_equal(other.forecasts[name], forecast)
    assert dict(sorted(done)) == dict.fromkeys(here.forecasts, len(cut))
    fits = here.forecasts["greedy"][0, :, 0] // 1e6
    assert fits.tolist() == [1 + o // 3 * in_turn for o in range(20)]


def test_a_fold_that_fails_ends_the_rest() -> None:
    done: list[int] = []

    def work(one: Constant, panel: Panel, fold: Fold) -> Floats:
        if len(done) == 2:
            raise ZeroDivisionError
        done.append(fold.first)
        return one.forecast(panel, fold.origins)

    cut = folds(np.arange(40, 60), 1, validation=5)
    with pytest.raises(ZeroDivisionError), ThreadPoolExecutor(1) as executor:
        rolling_backtest([Constant(1.0)], wavy_panel(80), cut, executor, work=work)
    assert done == [40, 41]


@pytest.mark.parametrize(
    ("forecasters", "last", "message"),
    [
        ([Constant(1.0), Constant(2.0)], 50, "different names"),
        ([], 50, "different names"),
        ([Constant(1.0), LastPlus(1.0, horizon=2)], 50, "one horizon"),
        ([Constant(1.0)], 81, "origins within 0 … 79"),
    ],
)
def test_what_cannot_be_judged_raises(forecasters: list[Any], last: int, message: str) -> None:
    cut = folds(np.arange(40, last), 5, validation=5)
    with pytest.raises(ValueError, match=message):
        rolling_backtest(forecasters, wavy_panel(80), cut)


def quantiles(judged: Backtest, model: str) -> Floats:
    return np.stack([judged.quantile(model, level) for level in range(len(LEVELS))], axis=-1)


@settings(max_examples=25)
@given(cut=some_folds, step=st.integers(61, 125))
def test_no_margin_of_a_refit_sees_an_error_unknown_at_its_origin(
    cut: list[Fold], step: int
) -> None:
    """Errors of earlier folds count, as far as their targets are known."""

    def judge(y: Floats) -> Backtest:
        panel = panel_of(y)
        models = [LastPlus(0.3)]
        before = backtest(models, panel, np.arange(10, 28))
        return calibrated(rolling_backtest(models, panel, cut), before)

    y = wavy_panel(130).y
    wild = y.copy()
    wild[:, step + 1 :] = 1e6 * (1 + np.arange(129 - step) % 3)
    clean, sick = judge(y), judge(wild)
    known = clean.origins <= step
    ours, theirs = (quantiles(one, "last-plus")[:, known] for one in (clean, sick))
    np.testing.assert_array_equal(ours, theirs)


def test_margins_learn_from_the_errors_of_earlier_folds() -> None:
    panel, models = wavy_panel(130), [LastPlus(0.3)]
    before = backtest(models, panel, np.arange(10, 28))
    cut = folds(np.arange(30, 120), 30, validation=5)
    moved = panel.y.copy()
    moved[:, 31:60] += 50 * (np.arange(29) % 2)  # the first fold errs a lot
    tame, burnt = (
        calibrated(rolling_backtest(models, one, cut), before).margins["last-plus"]
        for one in (panel, panel_of(moved, panel.ids))
    )
    assert (burnt.values[burnt.block[31]] > tame.values[tame.block[31]]).any()
