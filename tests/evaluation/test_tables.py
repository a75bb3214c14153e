from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evaluation.backtest import Backtest
from evaluation.leaderboard import by_series, leaderboard
from evaluation.tables import Table, plain_table, score_table, series_scores
from tests.evaluation.toys import backtest_of, unscaled, with_half_widths


def example(zeros: bool = False) -> Backtest:
    y = np.random.default_rng(0).normal(10, 3, (2, 20, 4))
    if zeros:
        y[0, :10] = 0
    return backtest_of(y, naive=y + np.array([[[1.0]], [[0.0]]]), gru_direct=y - 2)


def cells(table: Table, heading: str) -> list[str]:
    return [row[table.head.index(heading)].text for row in table.rows]


def test_what_is_read_first_comes_first_and_fits() -> None:
    judged = with_half_widths(example(), {"naive": np.full((2, 4), 1.5)})
    board = leaderboard(judged, unscaled(2))
    first = score_table("", board, "mm")
    assert first.head[:4] == ["model", "MAE (mm)", "vs naive", "RMSE (mm)"]
    assert len(first.head) <= 12
    assert {"MASE", "CRPS (mm)", "inside 90 % interval"} <= set(first.head)


def test_signs_shares_and_what_is_missing() -> None:
    judged = with_half_widths(example(), {"naive": np.full((2, 4), 1.5)})
    table = score_table("", leaderboard(judged, unscaled(2)), "mm")
    assert cells(table, "model") == ["naive", "gru-direct"]
    assert cells(table, "Bias (mm)") == ["0.500", "\u22122.000"]
    assert cells(table, "inside 90 % interval") == ["100.0 %", "\u2013"]
    assert "vs seasonal-naive" not in table.head


@pytest.mark.parametrize("zeros", [True, False])
def test_how_many_points_mape_used_is_told_where_it_is_not_all(zeros: bool) -> None:
    table = score_table("", leaderboard(example(zeros), unscaled(2)))
    assert ("points MAPE used" in table.head) == zeros
    if zeros:
        assert cells(table, "points MAPE used") == ["75.0 %"] * 2


def test_every_row_has_a_cell_for_every_heading() -> None:
    scores = by_series(example(), unscaled(2))  # no skill on the second series: naive is perfect
    table = series_scores("", scores)
    assert {len(row) for row in table.rows} == {len(table.head)}
    assert cells(table, "vs naive") == ["0.0 %", "\u2212100.0 %", "\u2013", "\u2013"]


def test_bias_has_the_decimals_of_the_mae_and_direction_one() -> None:
    y = np.random.default_rng(0).normal(10, 3, (1, 20, 4))
    board = leaderboard(backtest_of(y, a=y + 0.0123 + (-1.0) ** np.arange(4)), unscaled(1))
    table = score_table("", board)
    assert cells(table, "MAE") == ["1.000"]
    assert cells(table, "Bias") == ["0.012"]
    assert cells(table, "Direction (%)")[0][-2] == "."


def test_a_plain_table_names_and_writes_scores_as_a_leaderboard_does() -> None:
    scores = {"points": [1234], "mae": [1.5], "coverage_90": [0.9], "skill_vs_naive": [0.05]}
    table = plain_table("", pd.DataFrame(scores, index=pd.Index(["a"], name="model")))
    assert table.head == ["model", "points", "MAE", "inside 90 % interval", "vs naive"]
    assert [cell.text for cell in table.rows[0]] == ["a", "1,234", "1.500", "90.0 %", "+5.0 %"]
