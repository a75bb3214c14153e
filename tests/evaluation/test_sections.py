from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest

from evaluation import palette
from evaluation.leaderboard import by_horizon
from evaluation.metrics import Scale
from evaluation.sections import forecasts, luck, prices, reliability
from evaluation.sections.glance import glance
from evaluation.sections.luck import leads
from evaluation.trading import HOLD, trading
from tests.evaluation.reports import comparisons, metric_intervals, plain_content, priced, sliced
from tests.evaluation.toys import backtest_of

LUMINANCE = (0.2126, 0.7152, 0.0722)


def test_findings_are_words() -> None:
    lead, behind, diverged = leads(comparisons(), "naive", 3)
    assert (lead.finding, behind.finding, diverged.finding) == (
        *("better", "worse"),
        "worse: it diverged",
    )
    assert (lead.p, behind.p, diverged.p) == ("<0.001", "0.012", "–")
    assert (lead.best, behind.best) == ("yes", "no")
    assert (lead.skill, lead.interval) == ("+8.0 %", "+2.0 % to +13.0 %")
    assert lead.steps == "better at every step"
    assert behind.steps == "worse at steps 1 and 3"
    (one,) = leads(comparisons(), "seasonal-naive", 3)
    assert (one.finding, one.best, one.steps) == ("may be luck", "not told", "better at step 2")


def test_what_loses_to_the_best_is_not_among_the_best() -> None:
    (lead, *_) = leads(comparisons(), "naive", 3)
    assert lead.best == "yes"
    lost = comparisons().iloc[[0]].assign(reference="theta", difference=0.1, p_adjusted=0.01)
    ahead = lost.assign(model="theta", reference="lstm-direct", difference=-0.1)
    (lead, *_) = leads(pd.concat([comparisons(), lost, ahead]), "naive", 3)
    assert lead.best == "no"


def test_too_few_origins_are_said() -> None:
    one = comparisons().iloc[:1].assign(p_adjusted=np.nan, better_steps="")
    (lead,) = leads(one, "naive", 3)
    assert lead.finding == "too few origins to tell"
    assert lead.steps == "none told apart"


def test_whiskers_share_one_line_that_holds_naive() -> None:
    lead, behind, diverged = leads(comparisons(), "naive", 3)
    assert lead.whisker
    assert behind.whisker
    assert diverged.whisker is None
    assert lead.whisker.zero == behind.whisker.zero == pytest.approx(100 * 0.2 / 0.33)
    assert behind.whisker.low == 0
    assert lead.whisker.high == pytest.approx(100)
    assert behind.whisker.high < behind.whisker.zero < lead.whisker.low < lead.whisker.at


def test_a_metric_without_an_interval_stands_alone() -> None:
    frame = metric_intervals()
    frame.loc[("naive", "mae"), ["lower", "upper"]] = np.nan
    table = luck.intervals(frame, frame.index.unique("model"))
    assert table.head == ["model", "MAE", "RMSE"]
    assert table.rows[0][1].text == "1.000"
    assert table.rows[0][2].text.endswith(")")


def test_coverage_is_told_of_models_that_have_intervals() -> None:
    y = np.zeros((1, 4, 2))
    bare = backtest_of(y, naive=y)
    scale = Scale(np.ones(1), np.ones(1))
    assert reliability.coverage(by_horizon(bare, scale), ["naive"]) is None
    content = plain_content()
    table = by_horizon(content.test, content.scale)
    found = reliability.coverage(table, ["naive", "lstm-direct"])
    assert found
    assert found.table.head == ["step ahead", "naive", "lstm-direct"]
    share = 100 * table.loc[("naive", 1), "coverage_90"]
    assert float(found.table.rows[0][1].text) == pytest.approx(share, abs=0.01)


def test_shares_between_levels_are_beside_what_was_promised() -> None:
    shares = np.full(12, 1 / 12)
    found = reliability.pit({"a": shares, "b": shares}, ["b", "absent"])
    assert found
    assert found.table.head == ["between levels", "promised", "b"]
    assert [row[0].text for row in found.table.rows[:3]] == ["0–5 %", "5–10 %", "10–20 %"]
    (line,) = found_traces(found.data)
    assert line["name"] == "b"
    assert reliability.pit({"a": shares}, ["b"]) is None


def found_traces(data: str) -> list[dict[str, object]]:
    traces: list[dict[str, object]] = json.loads(data)["data"]
    return traces


def test_slices_keep_their_order_and_naive_is_hollow() -> None:
    month, weekday = reliability.slices(sliced(), ["lstm-direct", "naive"], "mm")
    assert [row[0].text for row in weekday.table.rows] == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert month.table.head == ["month", "lstm-direct", "naive"]
    assert [key.kind for key in month.keys] == ["bar", "hollow"]
    assert month.caption == "MAE (mm) by month"


def test_attention_is_told_by_what_is_looked_at_most() -> None:
    weights = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]])
    table = forecasts.attention(weights, "m", "s", pd.Timestamp("2020-01-01"), 2).table
    assert [[cell.text for cell in row[:2]] for row in table.rows] == [["1–2", "0"], ["3–4", "4"]]


def test_a_legend_names_every_line_and_one_line_needs_none() -> None:
    content = plain_content()
    assert content.future
    (one,) = forecasts.fans(content.panel, [content.future], 1, ["naive", "lstm-direct"], "mm")
    assert [key.name for key in one.keys] == [
        *("observed", "naive, 90 % interval", "naive", "lstm-direct")
    ]
    looks = {(key.colour, key.stroke, key.symbol, key.kind) for key in one.keys}
    assert len(looks) == len(one.keys)
    losses = forecasts.losses(plain_content().histories, {"gru-seq2seq": "next step"})
    assert losses
    assert losses.keys == []
    assert "next step only" in losses.caption


def test_a_rule_that_never_traded_has_dashes() -> None:
    test = priced(plain_content().test)
    test.forecasts["naive"] = np.repeat(test.last[:, :, None], test.horizon, axis=2)
    found = trading(test)
    assert found
    table = prices.ratios(found)
    texts = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    assert texts["naive"][:4] == ["–", "–", "–", "0.0 %"]
    assert list(texts)[-1] == HOLD
    assert len(table.head) == len(table.rows[0])


def test_the_glance_says_only_what_there_is() -> None:
    scores = pd.DataFrame(
        {"mae": [1.0, 2.0], "skill_vs_naive": [0.5, 0.0]}, index=["gru-direct", "naive"]
    )
    assert [one.label for one in glance("naive", "lowest validation MAE", scores, "mm", None)] == [
        *("Model to use", "MAE on the test range")
    ]
    lead = glance("gru-direct", "", scores, "mm", None)[-1]
    assert (lead.value, lead.note) == ("+50.0 %", "above 0 is better")
    told = comparisons().assign(model="gru-direct")
    assert "+2.0 % to +13.0 %" in glance("gru-direct", "", scores, "", told)[-1].note


def contrast(a: str, b: str) -> float:
    """W3C, Web Content Accessibility Guidelines 2.2, contrast ratio."""
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return math.fsum(w * p for w, p in zip(LUMINANCE, linear, strict=True))


def test_lines_can_be_seen_on_both_pages() -> None:
    lines = [palette.ACTUAL, *palette.NETWORKS, *palette.GREYS]
    for colour in lines:
        assert contrast(colour, palette.PAPER) >= 3, colour
        assert contrast(palette.DARK[colour], palette.DARK[palette.PAPER]) >= 3, colour
    assert contrast(palette.INK, palette.PAPER) >= 4.5
    assert contrast(palette.DARK[palette.INK], palette.DARK[palette.PAPER]) >= 4.5


def test_colours_are_replaced_one_by_one_without_a_second_replacement() -> None:
    assert not set(palette.DARK) & set(palette.DARK.values())


def test_no_network_is_told_by_its_colour_alone() -> None:
    look = palette.styles([f"network-{k}" for k in range(24)]).values()
    assert len({(style.dash, style.symbol) for style in look}) == 24


def test_every_comparison_is_told_in_words() -> None:
    frame = comparisons().assign(p=0.00001, better_series=2)
    table = luck.all_comparisons(frame, 3)
    assert [cell.text for cell in table.rows[0]] == [
        *("lstm-direct", "naive", "+8.0 %", "+2.0 % to +13.0 %", "<0.001", "<0.001"),
        *("better at every step", "2"),
    ]
    assert not any("_" in name for name in table.head)
