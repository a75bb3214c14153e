from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evaluation.backtest import Backtest, backtest
from evaluation.conformal import calibrated
from evaluation.leaderboard import by_horizon, leaderboard
from evaluation.metrics import seasonal_scale
from evaluation.partitions import LEAST, NAMES, Partition, partitions
from evaluation.protocol import Forecaster
from evaluation.slices import by_slice
from features.panel import Floats
from tests.evaluation.toys import (
    Constant,
    LastPlus,
    backtest_of,
    panel_of,
    unscaled,
    wavy_panel,
)

FORECASTERS: list[Forecaster] = [LastPlus(0.0, name="naive"), Constant(20.0)]


def judged(freq: str = "D", missing: bool = True, origins: range = range(60, 190)) -> Backtest:
    """Two series with holes, calibrated, over 130 origins."""
    panel = panel_of(wavy_panel(200, missing=missing).y, ("a", "b"), freq)
    before = backtest(FORECASTERS, panel, np.arange(20, origins.start))
    return calibrated(backtest(FORECASTERS, panel, np.array(origins)), before)


def the(kind: str, made: Backtest) -> Partition:
    (found,) = (one for one in partitions(made) if one.kind == kind)
    return found


def of_frame(made: Backtest, label: pd.Series[str]) -> pd.DataFrame:
    """MAE, bias and coverage of the constant, the slow way, by a label of each row's target."""
    frame = made.frame()
    frame["error"] = frame["constant"] - frame["y"]
    frame["inside"] = frame["y"].between(frame["constant-lo-90"], frame["constant-hi-90"])
    frame["slice"] = label.to_numpy()
    each = frame.groupby(["slice", "unique_id"])
    values = each.agg(
        mae=("error", lambda e: e.abs().mean()), bias=("error", "mean"), coverage=("inside", "mean")
    )
    return values.groupby("slice").mean()


@pytest.mark.parametrize(("freq", "kind"), [("D", "weekday"), ("h", "hour"), ("D", "month")])
def test_the_calendars_slices_are_those_of_the_targets_dates(freq: str, kind: str) -> None:
    made = judged(freq)
    ds = made.frame()["ds"].dt
    label = {"weekday": ds.day_name, "hour": lambda: ds.strftime("%H:00"), "month": ds.month_name}
    table = by_slice(made, unscaled(2)).loc[kind].xs("constant", level="model")
    want = of_frame(made, label[kind]())
    assert list(table.index) == [name for name in NAMES[kind] if name in want.index]
    for column, theirs in {"mae": "mae", "bias": "bias", "coverage_90": "coverage"}.items():
        np.testing.assert_allclose(table[column], want[theirs][table.index], rtol=1e-9)


def test_slices_hold_the_leaderboards_columns_and_models() -> None:
    made, scale = judged(), seasonal_scale(wavy_panel(200, missing=True), range(60), 7)
    table = by_slice(made, scale)
    assert table.index.names == ["kind", "slice", "model"]
    assert list(table) == list(leaderboard(made, scale))
    assert table.index.unique("model").tolist() == ["naive", "constant"]
    assert table.index.unique("kind").tolist() == ["month", "weekday", "regime"]
    assert (table.xs("naive", level="model")["skill_vs_naive"] == 0).all()
    monday = table.xs(("weekday", "Monday"), level=["kind", "slice"])
    skill = 1 - monday.loc["constant", "mae"] / monday.loc["naive", "mae"]
    assert monday.loc["constant", "skill_vs_naive"] == pytest.approx(skill)


@pytest.mark.parametrize(
    ("freq", "kinds"),
    [
        ("W-SUN", ["month", "regime"]),
        ("MS", ["month", "regime"]),
        ("YS", ["regime"]),
        ("B", ["month", "weekday", "regime"]),
        ("6h", ["month", "hour", "regime"]),
    ],
)
def test_a_calendar_has_the_slices_that_differ_in_it(freq: str, kinds: list[str]) -> None:
    assert by_slice(judged(freq), unscaled(2)).index.unique("kind").tolist() == kinds


def test_nothing_to_judge_leaves_no_slice() -> None:
    y = np.full((1, 30, 2), np.nan)
    table = by_slice(backtest_of(y, m=np.zeros_like(y)), unscaled(1))
    assert table.empty
    assert table.index.names == ["kind", "slice", "model"]


@pytest.mark.parametrize("kind", ["all", "step", "month", "weekday", "regime"])
def test_groups_are_sums_over_the_points_they_hold(kind: str) -> None:
    made = judged()
    values = np.random.default_rng(0).normal(size=made.y.shape)
    one = the(kind, made)
    group = np.broadcast_to(one.group, values.shape)
    want = [[values[s][group[s] == g].sum() for g in range(one.groups)] for s in range(2)]
    np.testing.assert_allclose(one.sums(values), want, atol=1e-12)


def test_an_infinite_error_stays_in_its_own_group() -> None:
    values = np.ones((1, 2, 2))
    values[0, 0, 1] = np.inf
    found = Partition("step", 2, np.arange(2)[None, None]).sums(values)
    assert found.tolist() == [[2, np.inf]]


def spreading(spread: list[float]) -> Backtest:
    """A backtest from as many origins, of a series with that spread."""
    y = np.zeros((1, len(spread), 1))
    return replace(backtest_of(y, m=y), spread=np.array([spread]))


def regimes(spread: Floats) -> list[int]:
    return the("regime", spreading(list(spread))).group.ravel().tolist()


def test_regimes_by_hand() -> None:
    rise = np.arange(1.0, 31.0)
    assert regimes(rise) == [-1] * (LEAST - 1) + [2] * 11  # each the highest so far
    assert regimes(rise[::-1]) == [-1] * (LEAST - 1) + [0] * 11
    assert regimes(np.ones(30)) == [-1] * (LEAST - 1) + [1] * 11
    late = np.concatenate([np.full(5, np.nan), rise])
    assert regimes(late) == [-1] * (LEAST + 4) + [2] * 11


def test_over_steady_times_each_regime_has_a_third() -> None:
    found = np.array(regimes(np.random.default_rng(0).random(3000)))
    shares = np.bincount(found[LEAST:], minlength=3) / len(found[LEAST:])
    np.testing.assert_allclose(shares, 1 / 3, atol=0.03)


@pytest.mark.parametrize("cut", [25, 60, 99])
def test_a_regime_is_told_from_what_was_known_at_its_origin(cut: int) -> None:
    panel = wavy_panel(200)
    changed = panel.y.copy()
    changed[:, 61 + cut :] *= 100
    before, after = (
        the("regime", backtest(FORECASTERS, panel_of(y), np.arange(60, 190))).group
        for y in (panel.y, changed)
    )
    np.testing.assert_array_equal(before[:, : cut + 1], after[:, : cut + 1])
    assert (before[:, cut + 1 :] != after[:, cut + 1 :]).any()


def test_the_order_of_origins_does_not_change_their_regimes() -> None:
    made = spreading(list(np.random.default_rng(1).random(50)))
    turned = replace(
        made, origins=made.origins[::-1], spread=made.spread[:, ::-1], y=made.y[:, ::-1]
    )
    np.testing.assert_array_equal(the("regime", made).group, the("regime", turned).group[:, ::-1])


def test_steps_ahead_weigh_up_to_the_whole() -> None:
    made = judged(missing=False, origins=range(60, 190))
    steps, board = by_horizon(made, unscaled(2)), leaderboard(made, unscaled(2))
    for column in ("mae", "bias", "smape", "mase", "coverage_90", "width_90"):
        assert steps.loc["constant", column].mean() == pytest.approx(board.loc["constant", column])
