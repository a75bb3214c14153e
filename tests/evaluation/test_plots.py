from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from evaluation.backtest import Backtest, backtest
from evaluation.fans import fan
from evaluation.interactive import attention_figure, loss_figure
from evaluation.leaderboard import by_horizon
from evaluation.metrics import seasonal_scale
from evaluation.palette import styles
from evaluation.plots import (
    attention_title,
    plot_attention,
    plot_error_by_horizon,
    plot_fan,
    plot_losses,
)
from evaluation.protocol import Forecaster
from tests.evaluation.toys import (
    Constant,
    LastPlus,
    Loss,
    panel_of,
    wavy_panel,
    with_half_widths,
)

PANEL = wavy_panel(90, missing=True)
MODELS = ["last-plus", "constant"]


def example(origins: list[int]) -> Backtest:
    forecasters: list[Forecaster] = [Constant(20.0), LastPlus(0.1)]
    judged = backtest(forecasters, PANEL, np.array(origins))
    return with_half_widths(judged, {name: np.full((2, 3), 1.5) for name in judged.models})


def drawn(figure: Figure) -> bytes:
    """The PNG, so that a figure that cannot be drawn fails."""
    file = io.BytesIO()
    figure.savefig(file, dpi=40)
    return file.getvalue()


def texts(figure: Figure) -> set[str]:
    return {text.get_text() for legend in figure.legends for text in legend.get_texts()}


def test_a_fan_of_the_past_shows_what_was_observed() -> None:
    one = fan(example([60, 70]), PANEL, 1, MODELS)
    assert one.origin == PANEL.stamps[70]
    np.testing.assert_array_equal(one.past, PANEL.y[1, 31:71])
    np.testing.assert_array_equal(one.actual, PANEL.y[1, 71:74])
    figure = plot_fan(one, "mm")
    assert drawn(figure).startswith(b"\x89PNG")
    assert texts(figure) == {"observed", *MODELS, "last-plus, 90 % interval"}
    assert figure.axes[0].get_ylabel() == "mm"
    assert figure.get_suptitle() == "season: forecast from 2020-03-11 and what was then observed"


def test_a_fan_of_the_future_goes_on_along_the_calendar() -> None:
    one = fan(example([89]), PANEL, 0, MODELS[1:])
    assert one.stamps.tolist() == list(PANEL.calendar.ahead(3))
    assert np.isnan(one.actual).all()
    assert one.summary == "level: forecast from 2020-03-30"
    assert drawn(plot_fan(one))


def test_a_fan_starts_with_its_series() -> None:
    one = fan(example([25]), PANEL, 0, MODELS)
    assert one.past_stamps[0] == PANEL.stamps[int(PANEL.start[0])]


@pytest.mark.parametrize("freq", ["min", "h", "D", "W-SUN", "MS", "QS", "YS"])
def test_a_fan_has_dates_for_any_step(freq: str) -> None:
    panel = panel_of(np.sin(np.arange(80.0))[None], freq=freq)
    one = fan(backtest([Constant(1.0)], panel, np.array([76])), panel, 0, ["constant"])
    for steps in (14, 45, 50, 70):  # matplotlib warns of a span that it finds no ticks for
        shown = slice(77 - steps, 77)
        past, stamps = panel.y[0, shown], panel.stamps[shown]
        figure = plot_fan(replace(one, past=past, past_stamps=stamps))
        assert drawn(figure)
        assert 3 <= len(figure.axes[0].get_xticks()) <= 11


def test_a_fan_without_intervals_has_no_band() -> None:
    bare = backtest([Constant(1.0)], PANEL, np.array([70]))
    one = fan(bare, PANEL, 0, ["constant"])
    assert one.banded is None
    assert texts(plot_fan(one)) == {"observed", "constant"}


@pytest.mark.parametrize("metric", ["mae", "mape", "mase"])
def test_error_by_horizon_names_metric_and_unit(metric: str) -> None:
    table = by_horizon(example([60, 61]), seasonal_scale(PANEL, range(50), 7))
    figure = plot_error_by_horizon(table, metric, "mm")
    assert drawn(figure)
    label = {"mae": "MAE (mm)", "mape": "MAPE (%)", "mase": "MASE"}[metric]
    assert figure.axes[0].get_ylabel() == label
    assert texts(figure) == set(MODELS)


@pytest.mark.parametrize(
    ("metric", "best", "bottom"), [("mae", "low", 0), ("bias", "low", None), ("direction", "up", 0)]
)
def test_error_by_horizon_lists_the_best_first_whichever_way_is_better(
    metric: str, best: str, bottom: float | None
) -> None:
    steps = pd.RangeIndex(1, 3, name="step")
    found = {"up": [9.0, 8.0], "low": [-0.5, 0.7]}
    tables = {model: pd.DataFrame({metric: found[model]}, index=steps) for model in found}
    figure = plot_error_by_horizon(pd.concat(tables, names=["model"]), metric)
    assert figure.axes[0].lines[0].get_label() == best
    lowest = figure.axes[0].get_ylim()[0]
    assert lowest == bottom if bottom is not None else lowest < -0.5


def test_one_step_ahead_is_still_seen() -> None:
    judged = backtest([Constant(1.0, horizon=1)], PANEL, np.arange(50, 60))
    table = by_horizon(judged, seasonal_scale(PANEL, range(50), 7))
    (line,) = plot_error_by_horizon(table).axes[0].lines
    assert line.get_marker() == "o"


@pytest.mark.parametrize("networks", [1, 2, 4])
def test_losses_mark_the_epoch_that_is_kept(networks: int) -> None:
    epochs = [Loss(1, 3.0, 2.0), Loss(2, 2.0, 1.0), Loss(3, 1.0, 1.5)]
    figure = plot_losses({f"network-{i}": epochs for i in range(networks)})
    assert drawn(figure)
    dot = figure.axes[0].lines[-1]
    np.testing.assert_array_equal(dot.get_xydata(), [[2, 1.0]])
    assert texts(figure) == {"validation", "training", "epoch kept"}
    boxes = {text.get_text(): text.get_window_extent() for text in figure.texts}
    title = boxes.pop("Loss by epoch")
    assert 0 < title.x0 < title.x1 < figure.bbox.x1
    others = [*boxes.values(), figure.legends[0].get_window_extent()]
    assert not any(box.overlaps(title) for box in others)


def test_losses_say_what_a_training_loss_is_of() -> None:
    histories = {"lstm-recursive": [Loss(1, 3.0, 2.0)], "gru-direct": [Loss(1, 3.0, 2.0)]}
    taught = {"lstm-recursive": "next step"}
    figure = plot_losses(histories, taught)
    said = [axes.get_title(loc="right") for axes in figure.axes]
    assert said == ["training: next step only", ""]
    names = {line.name for line in loss_figure(histories, taught).data}
    assert {"lstm-recursive, training (next step only)", "gru-direct, training"} <= names


def test_attention_ends_at_the_origin() -> None:
    title = attention_title("gru-seq2seq", "level", PANEL.stamps[5])
    figure = plot_attention(np.eye(3, 8) / 2, title)
    assert drawn(figure)
    image = figure.axes[0].images[0]
    assert tuple(image.get_extent()) == (-7.5, 0.5, 0.5, 3.5)
    assert figure.get_suptitle() == "What gru-seq2seq attends to: level, forecast from 2020-01-06"


def test_weights_that_are_nearly_even_still_show_their_structure() -> None:
    weights = np.full((2, 50), 0.02)
    weights[1, 3] = 0.0204
    figure = plot_attention(weights, "any")
    assert drawn(figure)
    assert figure.axes[0].images[0].get_clim() == (0.02, 0.0204)
    bar = figure.axes[1]
    assert bar.get_ylabel() == "attention weight (even: 0.0200)"
    ticks = [float(tick.get_text()) for tick in bar.get_yticklabels()]
    assert 0.0202 in ticks
    assert bar.yaxis.get_offset_text().get_text() == ""
    heatmap = attention_figure(weights).data[0]
    assert (heatmap.zmin, heatmap.zmax) == (None, None)
    assert heatmap.colorbar.title.text == bar.get_ylabel()


def test_even_weights_are_drawn() -> None:
    assert drawn(plot_attention(np.full((1, 4), 0.25), "any"))


def test_attention_over_segments_is_told_in_steps() -> None:
    figure = plot_attention(np.eye(2, 4), "gru-seq2seq", segment=6)
    assert tuple(figure.axes[0].images[0].get_extent()) == (-23.5, 0.5, 0.5, 12.5)
    heatmap = attention_figure(np.eye(2, 4), segment=6).data[0]
    assert list(heatmap.x) == [-23.5, -17.5, -11.5, -5.5, 0.5]
    assert list(heatmap.y) == [0.5, 6.5, 12.5]


def test_every_model_has_a_line_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    baselines = tuple(f"rule-{i}" for i in range(8))
    monkeypatch.setattr("evaluation.palette.BASELINES", baselines)
    models = [*baselines, *(f"network-{i}" for i in range(24))]
    look = styles(models)
    assert set(look) == set(models)
    assert len({(style.colour, style.dash) for style in look.values()}) == len(models)


def test_more_models_than_there_are_styles_are_drawn_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    baselines = tuple(f"rule-{i}" for i in range(11))
    monkeypatch.setattr("evaluation.palette.BASELINES", baselines)
    models = [*(f"network-{i}" for i in range(30)), *baselines]
    assert set(styles(models)) == set(models)


def test_evaluation_imports_no_plotting_library() -> None:
    code = (
        "import evaluation.report, evaluation.plots, evaluation.interactive, sys;"
        "sys.exit(bool({'matplotlib', 'plotly', 'jinja2', 'torch'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
