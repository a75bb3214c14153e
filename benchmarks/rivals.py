"""neuralforecast and darts as sides: their own models, loaders and Lightning loops.

Both are told to draw no bars, to log nothing and to write no checkpoints. Loaders have no workers.
"""

from __future__ import annotations

import logging
import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from benchmarks.sides import (
    HIDDEN,
    HORIZON,
    INFERENCE_BATCH,
    LAYERS,
    LOOK_BACK,
    Watch,
    Windowed,
)
from features.panel import Panel
from features.splits import Split
from models.settings import Cell


class Peer(Windowed):
    """A library that trains with Lightning."""

    module: Any
    """What the library trains, a copy of what it was given."""


class NeuralForecastSide(Peer):
    """`neuralforecast.models.LSTM` or `GRU`; a training step samples `batch` windows."""

    name = "neuralforecast"
    libraries = ("neuralforecast", "neuralforecast.models")

    def __init__(self, panel: Panel, split: Split, cell: Cell, batch: int) -> None:
        super().__init__(panel, split, cell, batch)
        quiet()
        S, T = panel.y.shape
        self.frame = pd.DataFrame(
            {
                "unique_id": np.repeat(np.arange(S), T),
                "ds": np.tile(np.arange(T), S),
                "y": panel.y.astype(np.float32).ravel(),
            }
        )

    def train(self, rate: float, steps: int, watch: Watch) -> None:  # noqa: D102
        from neuralforecast import NeuralForecast
        from neuralforecast.losses.pytorch import MAE
        from neuralforecast.models import GRU, LSTM

        kind = LSTM if self.cell == "lstm" else GRU
        model = kind(
            h=HORIZON,
            input_size=LOOK_BACK,
            encoder_n_layers=LAYERS,
            encoder_hidden_size=HIDDEN,
            decoder_layers=1,
            recurrent=False,
            loss=MAE(),
            max_steps=steps,
            learning_rate=rate,
            windows_batch_size=self.batch,
            inference_windows_batch_size=INFERENCE_BATCH,
            scaler_type="identity",
            val_check_steps=steps,
            random_seed=0,
            callbacks=[ticking(watch, self)],
            **lightning(),
        )
        self.library = NeuralForecast([model], freq=1)
        self.library.fit(self.frame[self.frame.ds < self.split.train.stop])

    def backtest(self) -> int:  # noqa: D102
        steps = self.windows.values.shape[1] - LOOK_BACK
        done = self.library.cross_validation(
            self.frame, n_windows=None, test_size=steps, step_size=1, use_fitted=True
        )
        return len(done) // HORIZON

    def network(self, windows: Tensor) -> Tensor:  # noqa: D102
        nothing = dict.fromkeys(("futr_exog", "hist_exog", "stat_exog"))
        out: Tensor = self.module({"insample_y": windows.unsqueeze(-1), **nothing})[..., 0]
        return out


class DartsSide(Peer):
    """`darts.models.BlockRNNModel`."""

    name = "darts"
    libraries = ("darts", "darts.models", "pytorch_lightning")

    def __init__(self, panel: Panel, split: Split, cell: Cell, batch: int) -> None:
        super().__init__(panel, split, cell, batch)
        quiet()
        from darts import TimeSeries

        self.series = [TimeSeries.from_values(y.astype(np.float32)) for y in panel.y]

    def train(self, rate: float, steps: int, watch: Watch) -> None:  # noqa: D102
        from darts.models import BlockRNNModel

        self.library = BlockRNNModel(
            input_chunk_length=LOOK_BACK,
            output_chunk_length=HORIZON,
            model=self.cell.upper(),
            hidden_dim=HIDDEN,
            n_rnn_layers=LAYERS,
            batch_size=self.batch,
            n_epochs=steps,  # max_steps comes first
            loss_fn=torch.nn.L1Loss(),
            optimizer_kwargs={"lr": rate},
            random_state=0,
            pl_trainer_kwargs={
                "max_steps": steps,
                "callbacks": [ticking(watch, self)],
                **lightning(),
            },
        )
        self.library.fit([s[: self.split.train.stop] for s in self.series], verbose=False)

    def backtest(self) -> int:  # noqa: D102
        done = self.library.historical_forecasts(
            self.series,
            forecast_horizon=HORIZON,
            retrain=False,
            last_points_only=False,
            verbose=False,
            predict_kwargs={"batch_size": INFERENCE_BATCH},
        )
        return sum(map(len, done))

    def network(self, windows: Tensor) -> Tensor:  # noqa: D102
        from darts.utils.data.torch_datasets.utils import PLModuleInput

        out: Tensor = self.module(PLModuleInput(windows.unsqueeze(-1))).prediction
        return out[:, :, 0, 0]


RIVALS: dict[str, type[Peer]] = {s.name: s for s in (NeuralForecastSide, DartsSide)}


def lightning() -> dict[str, Any]:
    """Arguments of Lightning's trainer: train, and nothing beside."""
    return {
        "accelerator": "cpu",
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "enable_checkpointing": False,
    }


def ticking(watch: Watch, side: Peer) -> Any:
    """A callback that tells `watch` of every step, loader and loop included."""
    from pytorch_lightning import Callback

    class Ticking(Callback):  # type: ignore[misc]
        def on_train_start(self, _: object, module: torch.nn.Module) -> None:
            side.module = module
            watch.start()

        def on_train_batch_end(self, *_: object) -> None:
            watch.step()
            if watch.due:
                side.module.eval()
                watch.judged(side.judge())
                side.module.train()

    return Ticking()


def quiet() -> None:
    """Say nothing of seeds, devices, workers and other products."""
    import pytorch_lightning

    for library in (pytorch_lightning.__name__, "lightning_fabric"):
        logging.getLogger(library).setLevel(logging.ERROR)  # which they set themselves at import
    warnings.filterwarnings(
        "ignore", module="pytorch_lightning|neuralforecast|darts|torch.utils.data"
    )
