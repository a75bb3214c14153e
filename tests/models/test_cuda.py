"""What only a CUDA device can show."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

from features.lens import Lens
from features.normalize import Scaling
from models.forecaster import NetworkForecaster, forecasting_task
from models.settings import Cell, NetworkSettings, TrainingSettings
from tests.models.panels import HORIZON, SPLIT, rich_panel

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")

SMALL = NetworkSettings(hidden=16, segment=2, look_back=8)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_it_trains_in_bfloat16_and_forecasts_as_on_the_cpu(cell: Cell) -> None:
    panel, split = rich_panel(), SPLIT
    training = TrainingSettings(epochs=2, device="cuda", precision="bf16-mixed")
    forecaster = NetworkForecaster(cell, "direct", HORIZON, SMALL, training)
    forecaster.fit(panel, split)
    assert all(np.isfinite(epoch.validation_loss) for epoch in forecaster.history)
    assert forecaster.net is not None
    assert next(forecaster.net.parameters()).dtype == torch.float32
    origins = split.origins("test", HORIZON)
    on_cpu = forecaster.forecast(panel, origins)
    assert np.isfinite(on_cpu).all()


@pytest.mark.parametrize("strategy", ["direct", "recursive", "seq2seq"])
def test_a_training_step_never_waits_for_the_device(strategy: str) -> None:
    panel, split = rich_panel(), SPLIT
    training = TrainingSettings(device="cuda")
    forecaster = NetworkForecaster("gru", strategy, HORIZON, SMALL, training)  # type: ignore[arg-type]
    signal = Lens.fit(panel, split.train, Scaling(), HORIZON).signal(panel, "cuda")
    net = forecaster.make(signal).to("cuda")
    task = forecasting_task(net, signal, split, training)
    batches = list(islice(task.batches(0, torch.Generator()), 3))
    task.loss(net, batches[0]).backward()
    torch.cuda.set_sync_debug_mode("error")
    try:
        for batch in batches[1:]:
            task.loss(net, batch).backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
