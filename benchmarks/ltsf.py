"""Accuracy on the long-term forecasting benchmark (LTSF).

    python -m benchmarks.ltsf --data DIR --dataset ETTh1 --horizon 96

Protocol (Zhou et al. 2021; Wu et al. 2021): ETTh borders at rows 8640, 11520, 14400, ETTm four
times that, 70/10/20 % for any other CSV; all columns; standardised by the training range; every
test origin is kept; MSE and MAE on the standardised values. Settings are chosen on the validation
range. The test range is read once, after training.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from benchmarks.data import add_data, load
from benchmarks.record import add_json, ending, write
from evaluation.protocol import Forecaster
from features.normalize import Scaling
from features.panel import Panel
from features.splits import Part, Split
from models.forecaster import NetworkForecaster
from models.settings import NetworkSettings, TrainingSettings
from models.training import Epoch, TrainingRun


def score(forecaster: Forecaster, panel: Panel, split: Split, part: Part) -> dict[str, float]:
    """MSE and MAE over every origin of `part`, on values standardised by the training range."""
    train = panel.y[:, split.train.start : split.train.stop]
    scale = np.nanstd(train, axis=1)[:, None, None]
    square = absolute = count = 0.0
    origins = split.origins(part, forecaster.horizon)
    for some in np.array_split(origins, max(1, len(origins) // 1000)):
        steps = some[:, None] + np.arange(1, forecaster.horizon + 1)
        error = (forecaster.forecast(panel, some) - panel.y[:, steps]) / scale
        error = error[np.isfinite(error)]
        square, absolute = square + float((error**2).sum()), absolute + float(np.abs(error).sum())
        count += error.size
    return {"mse": square / count, "mae": absolute / count}


def run(arguments: argparse.Namespace) -> dict[str, Any]:
    """Train once, score once."""
    panel, split = load(arguments.data, arguments.dataset)
    forecaster = NetworkForecaster(
        arguments.cell,
        arguments.strategy,
        arguments.horizon,
        NetworkSettings(
            hidden=arguments.hidden,
            segment=arguments.segment,
            look_back=arguments.look_back,
            dropout=arguments.dropout,
            calendar=False,
        ),
        TrainingSettings(
            epochs=arguments.epochs,
            patience=arguments.patience,
            learning_rate=arguments.learning_rate,
            chunk_origins=arguments.chunk_origins,
            batch_rows=arguments.batch_rows,
            seed=arguments.seed,
        ),
        Scaling(),
        TrainingRun(on_epoch=show),
    )
    begun = time.perf_counter()
    forecaster.fit(panel, split)
    seconds = time.perf_counter() - begun
    validation = score(forecaster, panel, split, "validation")
    begun = time.perf_counter()
    test = score(forecaster, panel, split, "test")
    return {
        "model": forecaster.name,
        "dataset": arguments.dataset,
        "horizon": arguments.horizon,
        "validation": validation,
        "test": test,
        "epochs": len(forecaster.history),
        "training_seconds": seconds,
        "test_seconds": time.perf_counter() - begun,
        "settings": forecaster.parameters(),
    }


def show(epoch: Epoch) -> None:
    """A line an epoch."""
    print(
        f"epoch {epoch.number:3d}  train {epoch.train_loss:.4f}  "
        f"validation {epoch.validation_loss:.4f}  {epoch.seconds:.1f} s",
        flush=True,
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add_data(p)
    p.add_argument("--horizon", type=int, default=96)
    p.add_argument("--cell", default="gru", choices=["gru", "lstm"])
    p.add_argument("--strategy", default="direct", choices=["direct", "recursive", "seq2seq"])
    p.add_argument("--segment", type=int, default=24)
    p.add_argument("--hidden", type=int, default=256)
    p.add_argument("--look-back", type=int, default=96)
    p.add_argument("--dropout", type=float, default=0.3)
    p.add_argument("--epochs", type=int, default=8)
    p.add_argument("--patience", type=int, default=6)
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--chunk-origins", type=int, default=8)
    p.add_argument("--batch-rows", type=int, default=64)
    p.add_argument("--seed", type=int, default=0)
    add_json(p)
    return p


def main() -> None:
    """Print the row."""
    arguments = parser().parse_args()
    row = run(arguments)
    print(
        f"{row['dataset']} {row['horizon']} {row['model']}: "
        f"test MSE {row['test']['mse']:.4f}  MAE {row['test']['mae']:.4f}  "
        f"(validation {row['validation']['mse']:.4f} / {row['validation']['mae']:.4f}; "
        f"{row['epochs']} epochs, trained in {row['training_seconds']:.0f} s, "
        f"tested in {row['test_seconds']:.1f} s)"
    )
    write(arguments.json, row)


if __name__ == "__main__":
    ending(main)
