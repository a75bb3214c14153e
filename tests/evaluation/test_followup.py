"""Earlier forecasts beside what came: every figure by hand or by a slow loop."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest

from evaluation.error_drift import RISEN
from evaluation.followup import CHOSEN, FollowUp, beside, scores

DAYS = pd.date_range("2026-01-01", periods=40)


def points(**columns: object) -> pd.DataFrame:
    """Two series, two models, two cutoffs, two steps; the errors are 1 … 16 in this order."""
    rows = [
        (series, model, cutoff, step)
        for series in "ab"
        for model in ("naive", "gru")
        for cutoff in (0, 1)
        for step in (1, 2)
    ]
    table = pd.DataFrame(
        {
            "settings": "s1",
            "series": [row[0] for row in rows],
            "model": [row[1] for row in rows],
            "chosen": ["gru" if row[2] else "naive" for row in rows],
            "cutoff": [DAYS[row[2]] for row in rows],
            "step": [row[3] for row in rows],
            "ds": [DAYS[row[2] + row[3]] for row in rows],
            "issued_at": [DAYS[row[2]] for row in rows],
            "y": 10.0,
            "value": 10.0 + np.arange(1, 17),
            "lo_90": 5.0,
            "hi_90": 20.0,
            "spread": 1.0,
            "known_at": DAYS[-1],
        }
    )
    return table.assign(**columns)


def slowly(table: pd.DataFrame, model: str) -> Iterator[tuple[str, list[float]]]:
    """The errors of each series, the naive forecast's last."""
    for series in sorted(set(table["series"])):
        own, naive = [], []
        for row in table[(table["model"] == model) & (table["series"] == series)].itertuples():
            if math.isnan(row.y):
                continue
            own.append(row.value - row.y)
            same = table[
                (table["model"] == "naive")
                & (table["series"] == series)
                & (table["cutoff"] == row.cutoff)
                & (table["step"] == row.step)
            ]
            naive.append(abs(same["value"].iloc[0] - row.y))
        yield series, [*own, sum(naive) / len(naive)]


@pytest.mark.parametrize("missing", [[], ["a 1"], ["a 3", "b 1", "b 2"]])
@pytest.mark.parametrize("model", ["naive", "gru"])
def test_scores_are_those_of_a_slow_loop(model: str, missing: list[str]) -> None:
    """`missing` names a series and the number of a day."""
    table = points()
    day = (table["ds"] - DAYS[0]).dt.days.astype(str)
    table.loc[(table["series"] + " " + day).isin(missing), "y"] = np.nan
    row = scores(table, ["model"]).loc[model]
    errors = [errors for _, errors in slowly(table, model)]
    mae = [sum(abs(e) for e in own[:-1]) / (len(own) - 1) for own in errors]
    mse = [sum(e**2 for e in own[:-1]) / (len(own) - 1) for own in errors]
    bias = [sum(own[:-1]) / (len(own) - 1) for own in errors]
    assert row["points"] == sum(len(own) - 1 for own in errors)
    assert row["mae"] == pytest.approx(sum(mae) / 2)
    assert row["rmse"] == pytest.approx((math.sqrt(mse[0]) + math.sqrt(mse[1])) / 2)
    assert row["bias"] == pytest.approx(sum(bias) / 2)
    naive = sum(own[-1] for own in errors) / 2
    assert row["skill_vs_naive"] == pytest.approx(1 - sum(mae) / 2 / naive)


def test_coverage_leaves_out_what_has_no_interval() -> None:
    table = points()
    table.loc[table["series"] == "b", "y"] = 4.9
    table.loc[1, "lo_90"] = np.nan
    covered = scores(table, ["model"])["coverage_90"]
    assert covered.to_dict() == {"naive": 0.5, "gru": 0.5, CHOSEN: 0.5}
    table[["lo_90", "hi_90"]] = np.nan
    assert scores(table, ["model"])["coverage_90"].isna().all()


def test_the_chosen_model_is_whichever_it_was_at_each_cutoff() -> None:
    row = scores(points(), ["model"]).loc[CHOSEN]
    # naive at the first cutoff (errors 1 2, 9 10), gru at the second (7 8, 15 16)
    assert row["mae"] == ((1 + 2 + 7 + 8) / 4 + (9 + 10 + 15 + 16) / 4) / 2
    assert row["points"] == 8


def test_without_a_naive_forecast_there_is_no_skill() -> None:
    table = points()
    found = scores(table[table["model"] == "gru"], ["model"])
    assert found["skill_vs_naive"].isna().all()
    assert "the naive forecast" not in FollowUp(table[table["model"] == "gru"]).sentences[0]


def test_the_table_has_all_points_each_step_and_each_cutoff() -> None:
    table = FollowUp(points()).table
    everything = table["step"].isna() & table["cutoff"].isna()
    assert len(table[everything]) == 3
    assert table.groupby("step")["points"].sum().to_dict() == {1: 12 + 0, 2: 12}
    by_cutoff = table[table["cutoff"].notna() & (table["model"] == "gru")]
    assert by_cutoff["mae"].tolist() == [(5 + 6 + 13 + 14) / 4, (7 + 8 + 15 + 16) / 4]


def test_only_the_settings_last_issued_are_told_of() -> None:
    later = points(settings="s2", issued_at=DAYS[9], value=11.0)
    followup = FollowUp(pd.concat([points(), later]), "°C")
    assert followup.overall["mae"].to_dict() == {CHOSEN: 1.0, "gru": 1.0, "naive": 1.0}
    assert set(followup.table["settings"]) == {"s1", "s2"}
    assert followup.sentences == [
        "Earlier forecasts from 2 cutoffs since 2026-01-01: over 8 values that have come since, "
        "the chosen model's MAE is 1.00 °C, the naive forecast's 1.00 °C (0.0 %); 100 % lie in "
        "the 90 % interval"
    ]
    assert followup.state == "stable"


def test_nothing_yet_and_nothing_at_all() -> None:
    nothing_yet = FollowUp(points(y=np.nan))
    assert nothing_yet.sentences[0].endswith("none of what they are about has come yet")
    assert nothing_yet.table.empty
    nothing = FollowUp(points().head(0))
    assert nothing.sentences == []
    assert nothing.table.empty
    assert nothing.state == "stable"


def test_an_infinite_forecast_is_an_infinitely_bad_one() -> None:
    table = points()
    table.loc[4, "value"] = np.inf
    assert scores(table, ["model"]).loc["gru", "mae"] == np.inf


def test_rising_errors_are_told_of_and_all_of_it_is_json() -> None:
    dates = pd.date_range("2025-01-01", periods=301)
    noise = np.abs(np.random.default_rng(0).normal(size=300))
    size = np.where(np.arange(300) < 200, 1.0, 4.0)
    table = pd.DataFrame(
        {
            "settings": "s1",
            "series": "a",
            "model": "gru",
            "chosen": "gru",
            "cutoff": dates[:-1],
            "step": 1,
            "ds": dates[1:],
            "issued_at": dates[:-1],
            "y": 0.0,
            "value": noise * size,
            "lo_90": np.nan,
            "hi_90": np.nan,
            "spread": 2.0,
        }
    )
    followup = FollowUp(table)
    assert followup.state == RISEN
    said = followup.sentences[1]
    assert said.startswith("Drift of errors: those of gru rose from 0.390 to 1.80 ")
    assert said.endswith("times the usual change of a step since 2025-07-20")  # the 200th day
    assert json.loads(json.dumps(followup.sentences)) == followup.sentences


def test_actuals_stand_beside_the_forecasts_of_their_dates() -> None:
    forecasts = points().drop(columns=["y", "known_at"]).assign(last=8.0)
    came = pd.DataFrame({"series": "a", "ds": DAYS[:3], "value": [4.0, 5, 6], "known_at": DAYS[5]})
    found = beside(forecasts, came, adjusted=False)
    assert found["y"].tolist()[:8] == [5, 6, 6, pytest.approx(np.nan, nan_ok=True)] * 2
    assert found.loc[found["series"] == "b", "y"].isna().all()
    assert len(found) == len(forecasts)


def test_a_split_of_a_share_is_no_error_of_the_forecast() -> None:
    """The price was 100 at the cutoff; after a split by four the same price is 25."""
    cutoff, target = DAYS[:2]
    forecasts = points().iloc[[0]].drop(columns=["y", "known_at"])
    forecasts = forecasts.assign(cutoff=cutoff, ds=target, last=100.0, value=110.0)
    after = pd.DataFrame({"series": "a", "ds": [cutoff, target], "value": [25.0, 27.5]})
    found = beside(forecasts, after.assign(known_at=DAYS[5]), adjusted=True)
    assert found["y"].tolist() == [110.0]
