"""Training passes, samplers and stored forecasters."""

from pathlib import Path

import numpy as np
import pytest
import torch

from features.errors import UserError
from features.normalize import Scaling
from features.panel import Panel
from features.signal import Rows, Signal
from features.splits import Split
from models.forecaster import NetworkForecaster
from models.network import Batch
from models.origins import RowSampler, forecast_all, locate
from models.registry import MODELS, Recipe, build, load, save
from models.seq2seq import Seq2Seq
from models.settings import NetworkSettings, TrainingSettings
from tests.models.panels import HORIZON, NETWORKS, SPLIT, STEPS, fitted, rich_panel


def network_of(name: str, segment: int = 1) -> tuple[NetworkForecaster, Signal]:
    forecaster = fitted(name, segment=segment)
    assert isinstance(forecaster, NetworkForecaster)
    assert forecaster.lens is not None
    return forecaster, forecaster.lens.signal(rich_panel())


@pytest.mark.parametrize("segment", [1, 3])
@pytest.mark.parametrize("name", [n for n in NETWORKS if "recursive" not in n])
def test_training_pass_forecasts_what_a_forecast_does(name: str, segment: int) -> None:
    """Every origin of a row that begins with its series, in both passes."""
    forecaster, signal = network_of(name, segment)
    net = forecaster.net
    assert net is not None
    series = torch.arange(3)
    rows = Rows(series, signal.start, 110 // segment - 7)
    with torch.no_grad():
        trained = net(Batch(signal, rows, STEPS, forcing=1.0)).forecast
        for s in series:
            ends = rows.ends(segment)[s, net.lead :]
            np.testing.assert_array_equal(
                ends, signal.start[s] + torch.arange(net.lead + 1, rows.count + 1) * segment - 1
            )
            # a row that begins with the series has the phase of the encoding from its beginning
            alone = forecast_all(net, signal, ends)[s]
            torch.testing.assert_close(trained[s], alone, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("segment", [1, 3])
@pytest.mark.parametrize("name", [n for n in NETWORKS if "recursive" in n])
def test_recursion_starts_with_what_training_predicts(name: str, segment: int) -> None:
    forecaster, signal = network_of(name, segment)
    net = forecaster.net
    assert net is not None
    rows = Rows(torch.arange(3), signal.start, 90 // segment)
    with torch.no_grad():
        trained = net(Batch(signal, rows, STEPS, forcing=0.0)).forecast[..., 0]  # [R, O, w]
        for s in range(3):
            ends = rows.ends(segment)[s, net.lead : -1]
            rolled = forecast_all(net, signal, ends)[s, :, :segment]
            torch.testing.assert_close(trained[s], rolled, atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("name", ["lstm-recursive", "gru-recursive"])
def test_recursion_equals_encoding_its_own_predictions(name: str) -> None:
    """Rolling from an origin = appending each prediction to the history and encoding it again."""
    forecaster, signal = network_of(name)
    net = forecaster.net
    assert net is not None
    origin, series = 80, torch.tensor([0])
    expected = forecast_all(net, signal, torch.tensor([origin]))[0, 0]
    anchor, reach = signal.anchor[0, origin, 0].clone(), signal.reach[0, 0]
    for h in range(HORIZON):
        rows, row, step = locate(signal, net, series, torch.tensor([origin + h]))
        with torch.no_grad():
            inputs = net.inputs(signal, rows)
            state = net.encoder(inputs)[row[0], step[0]][:, None]
            known = net.known_ahead(signal, series, torch.tensor([[origin + h]]), 1)
            change = net._next(state, known)[0, 0, 0]  # type: ignore[operator]
        after = origin + h + 1
        for c in range(2):
            value = signal.anchor[0, after - 1, c] + change[c] * signal.reach[0, c]
            signal.values[0, after, c] = signal.anchor[0, after, c] = value
            signal.observed[0, after, c] = 1
        got = (signal.values[0, after, 0] - anchor) / reach
        torch.testing.assert_close(got, expected[h], atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize("forcing", [0.0, 1.0])
def test_teacher_forcing_feeds_the_truth_to_the_next_piece_only(forcing: float) -> None:
    forecaster, signal = network_of("gru-seq2seq")
    net = forecaster.net
    assert isinstance(net, Seq2Seq)
    rows = Rows(torch.tensor([0]), torch.tensor([10]), 20)
    with torch.no_grad():
        net.train()
        net.encoder.dropout.p = net.dropout.p = 0.0
        before = net(Batch(signal, rows, STEPS, forcing)).forecast
        signal.values[0, 32] += 1.0  # past every origin of the row but a target of most
        after = net(Batch(signal, rows, STEPS, forcing)).forecast
        net.eval()
        net.encoder.dropout.p = net.dropout.p = 0.2
    # origin 29 (the last): step 3 is the changed target, so steps 4 and 5 are fed otherwise
    assert ((before != after)[0, -1]).tolist() == [False] * 3 + [forcing == 1.0] * 2


@pytest.mark.parametrize("segment", [1, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_training_rows_stay_in_the_training_range(name: str, segment: int) -> None:
    """Rows begin after their series does; no target after the range counts."""
    forecaster, signal = network_of(name, segment)
    net = forecaster.net
    assert net is not None
    sampler = RowSampler.over(signal, net, SPLIT.train, forecaster.training)
    generator = torch.Generator().manual_seed(1)
    counted = set()
    for rows in sampler.draw(generator):
        assert (rows.first >= signal.start[rows.series]).all()
        first_origin = rows.ends(segment)[:, net.lead]
        assert (first_origin + HORIZON < SPLIT.train.stop).all()
        ends = rows.ends(segment)[:, net.lead :]
        _, seen = net.targets(Batch(signal, rows, SPLIT.train.stop, 0.0), ends)
        steps = ends[..., None] + torch.arange(1, HORIZON + 1)
        assert (steps[seen > 0] < SPLIT.train.stop).all()
        counted |= set(first_origin.tolist())
    assert len(counted) > 10


@pytest.mark.parametrize("name", MODELS)
def test_stored_forecaster_forecasts_the_same(name: str, tmp_path: Path) -> None:
    origins = np.array([60, 110])
    save(fitted(name), tmp_path)
    again = load(tmp_path)
    assert again.parameters() == fitted(name).parameters()
    expected = fitted(name).forecast(rich_panel(), origins)
    np.testing.assert_array_equal(again.forecast(rich_panel(), origins), expected)


def test_attention_map_is_a_distribution_over_the_look_back() -> None:
    for segment, span in ((1, 12), (3, 4)):
        forecaster, _ = network_of("gru-seq2seq", segment)
        weights = forecaster.attention_map(rich_panel(), 80)
        assert weights is not None
        assert weights.shape == (3, -(-HORIZON // segment), span)
        np.testing.assert_allclose(weights.sum(axis=-1), 1, atol=1e-5)
    assert network_of("gru-direct")[0].attention_map(rich_panel(), 80) is None


def test_additive_attention_trains_and_forecasts() -> None:
    forecaster = fitted("lstm-seq2seq", attention="additive")
    assert np.isfinite(forecaster.forecast(rich_panel(), np.array([80]))).all()


def test_training_learns_a_sine() -> None:
    """A network that learned nothing would forecast the last value."""
    panel = rich_panel()
    y = np.tile(np.sin(np.arange(STEPS) * 2 * np.pi / 12), (3, 1)) * [[1.0], [5.0], [100.0]]
    panel = type(panel)(
        panel.ids,
        panel.calendar,
        y,
        np.zeros((3, STEPS, 0)),
        np.zeros((3, STEPS, 0)),
        np.zeros((3, 0)),
    )
    training = TrainingSettings(epochs=12, learning_rate=1e-2, batch_rows=2, chunk_origins=8)
    network = NetworkSettings(hidden=16, look_back=12, dropout=0.0)
    origins = SPLIT.origins("test", HORIZON)
    truth = y[:, origins[:, None] + np.arange(1, HORIZON + 1)]
    naive = np.abs(build("naive", Recipe(HORIZON)).forecast(panel, origins) - truth).mean(
        axis=(1, 2)
    )
    for name in NETWORKS:
        forecaster = build(name, Recipe(HORIZON, 1, network, training))
        forecaster.fit(panel, SPLIT)
        error = np.abs(forecaster.forecast(panel, origins) - truth).mean(axis=(1, 2))
        assert (error < 0.35 * naive).all(), name


@pytest.mark.parametrize(
    ("name", "recipe", "split", "words"),
    [
        ("gru-direkt", Recipe(5), SPLIT, "did you mean 'gru-direct'"),
        ("gru-direct", Recipe(0), SPLIT, "horizon must be at least 1"),
        (
            "gru-direct",
            Recipe(5, network=NetworkSettings(look_back=96)),
            SPLIT,
            "fewer than the 102",
        ),
        (
            "gru-direct",
            Recipe(30, network=NetworkSettings(look_back=9)),
            SPLIT,
            "validation range has 20",
        ),
        (
            "gru-direct",
            Recipe(5, network=NetworkSettings(look_back=2)),
            Split(range(0, 10), range(10, 60), range(60, 130)),
            "fewer than two observations in the training range",
        ),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(
    name: str, recipe: Recipe, split: Split, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        build(name, recipe).fit(rich_panel(), split)


def test_missing_known_covariates_are_refused_at_the_origin() -> None:
    with pytest.raises(UserError, match="promotion do not reach 5 steps past 2020-05-09"):
        fitted("gru-direct").forecast(_without_future(), np.array([STEPS - 1]))


def test_other_series_are_refused() -> None:
    panel = rich_panel()
    other = type(panel)(
        ("x", "b", "c"),
        panel.calendar,
        panel.y,
        panel.past,
        panel.future,
        panel.static,
        panel.covariates,
    )
    with pytest.raises(UserError, match="was trained on the series a, b, c and got x, b, c"):
        fitted("gru-direct").forecast(other, np.array([80]))


def _without_future() -> Panel:
    panel = rich_panel()
    return type(panel)(
        panel.ids,
        panel.calendar,
        panel.y,
        panel.past,
        panel.future[:, :STEPS],
        panel.static,
        panel.covariates,
    )


def test_scaling_is_part_of_what_is_stored(tmp_path: Path) -> None:
    scaling = Scaling("robust", log=True, difference=True)
    save(fitted("gru-direct", scaling), tmp_path)
    again = load(tmp_path)
    assert isinstance(again, NetworkForecaster)
    assert again.scaling == scaling
