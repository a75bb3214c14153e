"""The loop itself: resumption, early stopping, best weights."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from features.normalize import Scaling
from models.forecaster import NetworkForecaster
from models.settings import NetworkSettings, TrainingSettings
from models.training import Epoch, Task, TrainingRun, train
from tests.models.panels import NETWORKS, SPLIT, rich_panel

SETTINGS = TrainingSettings(epochs=4, patience=4, batch_rows=16, chunk_origins=8)


class Killed(Exception):
    pass


def forecaster(name: str, run: TrainingRun) -> NetworkForecaster:
    cell, strategy = name.split("-")
    network = NetworkSettings(hidden=8, layers=2, dropout=0.3, look_back=12)
    return NetworkForecaster(cell, strategy, 5, network, SETTINGS, Scaling(), run)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NETWORKS)
def test_continuing_from_a_checkpoint_changes_no_bit(name: str, tmp_path: Path) -> None:
    straight = forecaster(name, TrainingRun())
    straight.fit(rich_panel(), SPLIT)
    kept = TrainingRun(checkpoint=tmp_path / "run.safetensors")

    def kill(epoch: Epoch) -> None:
        if epoch.number == 2:
            raise Killed

    with pytest.raises(Killed):
        forecaster(name, replace(kept, on_epoch=kill)).fit(rich_panel(), SPLIT)
    torch.rand(7)  # whatever else happened to the global generator
    seen: list[int] = []
    resumed = forecaster(name, replace(kept, on_epoch=lambda e: seen.append(e.number)))
    resumed.fit(rich_panel(), SPLIT)
    assert seen == [3, 4]
    losses = [[(e.train_loss, e.validation_loss) for e in f.history] for f in (straight, resumed)]
    assert losses[0] == losses[1]
    assert straight.net is not None
    assert resumed.net is not None
    for a, b in zip(straight.net.parameters(), resumed.net.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_finished_checkpoint_is_not_trained_again(tmp_path: Path) -> None:
    kept = TrainingRun(checkpoint=tmp_path / "run.safetensors")
    first = forecaster("gru-direct", kept)
    first.fit(rich_panel(), SPLIT)
    seen: list[Epoch] = []
    again = forecaster("gru-direct", replace(kept, on_epoch=seen.append))
    again.fit(rich_panel(), SPLIT)
    assert not seen
    assert again.history == first.history
    at = np.array([100])
    np.testing.assert_array_equal(
        again.forecast(rich_panel(), at), first.forecast(rich_panel(), at)
    )


def scripted(losses: list[float]) -> tuple[nn.Linear, Task]:
    """A model whose weight counts its steps, judged by a script."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.zeros_(model.weight)
    script = iter(losses)

    def loss(module: nn.Module, batch: Tensor) -> Tensor:
        return -module(batch).mean()

    def batches(epoch: int, generator: torch.Generator) -> Iterator[Tensor]:
        yield torch.ones(1, 1)

    return model, Task(1, batches, loss, lambda module: next(script))


def test_stops_without_patience_and_returns_the_best_weights() -> None:
    model, task = scripted([3.0, 1.0, 2.0, 2.0, 0.0])
    settings = TrainingSettings(epochs=5, patience=2)
    weights: list[float] = []
    history = train(
        model, task, settings, TrainingRun(on_epoch=lambda e: weights.append(model.weight.item()))
    )
    assert [e.validation_loss for e in history] == [3.0, 1.0, 2.0, 2.0]
    assert model.weight.item() == weights[1]
    assert len(set(weights)) == 4


def test_a_training_that_never_was_finite_fails() -> None:
    model, task = scripted([float("nan")] * 3)
    with pytest.raises(FloatingPointError, match="not finite"):
        train(model, task, TrainingSettings(epochs=3))


def test_seed_decides_everything() -> None:
    def weights(seed: int) -> Tensor:
        f = forecaster("gru-direct", TrainingRun())
        f.training = replace(SETTINGS, epochs=1, seed=seed)
        f.fit(rich_panel(), SPLIT)
        assert f.net is not None
        return torch.cat([p.flatten() for p in f.net.parameters()])

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))
