"""The two sides of the speed comparison, each as it would really be run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, count, islice
from statistics import mean

import torch
from torch import Tensor, nn

from benchmarks.bare import Bare, Windows, forecast
from features.signal import Signal
from features.splits import Split
from models.direct import Direct
from models.forecaster import LOSSES, forecasting_task
from models.network import Batch, Shape
from models.origins import forecast_all
from models.settings import Cell, NetworkSettings, TrainingSettings

LOOK_BACK, HORIZON, HIDDEN, LAYERS = 96, 24, 64, 2
BARE_BACKTEST_SHARE = 8
"""The bare loop forecasts every eighth origin: its rate does not depend on how many there are."""


@dataclass(frozen=True)
class Side:
    """One of the two: a fresh model, its endless batches, what a batch costs and teaches."""

    make: Callable[[], nn.Module]
    batches: Callable[[], Iterator[object]]
    loss: Callable[[nn.Module, object], Tensor]
    origins: float
    """Forecast origins in a batch, counted: those with every target in the training range."""
    backtest: Callable[[nn.Module], int]
    """Forecast from every origin of the series; how many they were."""
    judge: Callable[[nn.Module], float]
    """Validation MAE on standardised values."""


def one_pass(signal: Signal, split: Split, cell: Cell, rows: int, chunk: int) -> Side:
    """Forecastle's network and task, as `forecaster.fit` makes them."""
    network = NetworkSettings(layers=LAYERS, hidden=HIDDEN, dropout=0.0, look_back=LOOK_BACK)
    training = TrainingSettings(batch_rows=rows, chunk_origins=chunk)
    shape = Shape(HORIZON, len(signal.values), 1, signal.known.shape[2], 0)
    everything = torch.arange(LOOK_BACK - 1, signal.values.shape[1] - HORIZON)

    task = forecasting_task(Direct(shape, network, cell), signal, split, training)

    def batches() -> Iterator[Batch]:
        return chain.from_iterable(
            task.batches(0, torch.Generator().manual_seed(epoch)) for epoch in count()
        )

    def origins(batch: Batch) -> int:
        ends = batch.rows.ends(network.segment)[:, LOOK_BACK - 1 :]
        return int((ends + HORIZON < split.train.stop).sum())

    @torch.no_grad()
    def backtest(model: nn.Module) -> int:
        assert isinstance(model, Direct)
        return len(forecast_all(model.eval(), signal, everything).flatten()) // HORIZON

    @torch.no_grad()
    def judge(model: nn.Module) -> float:
        assert isinstance(model, Direct)
        origins = torch.as_tensor(split.origins("validation", HORIZON))
        out = forecast_all(model.eval(), signal, origins) * signal.reach[:, :, None]
        steps = origins[:, None] + torch.arange(1, HORIZON + 1)
        truth = signal.values[:, steps, 0] - signal.anchor[:, origins, :]
        return float((out - truth).abs().mean())

    return Side(
        lambda: Direct(shape, network, cell),
        batches,
        task.loss,
        mean(map(origins, islice(batches(), 20))),
        backtest,
        judge,
    )


def bare(signal: Signal, split: Split, cell: Cell, batch: int) -> Side:
    """The hand-written loop."""
    windows = Windows(signal.values[..., 0], LOOK_BACK, HORIZON)

    def batches() -> Iterator[object]:
        drawn = (
            windows.epoch(split.train, batch, torch.Generator().manual_seed(e)) for e in count()
        )
        return (pairs for pairs in chain.from_iterable(drawn) if len(pairs) == batch)

    def loss(model: nn.Module, pairs: object) -> Tensor:
        assert isinstance(pairs, Tensor)
        inputs, targets = windows.cut(*pairs.unbind(1))
        return LOSSES["mae"](model(inputs), targets)

    def backtest(model: nn.Module) -> int:
        assert isinstance(model, Bare)
        pairs = windows.pairs(range(signal.values.shape[1]))[::BARE_BACKTEST_SHARE]
        return len(forecast(model, windows, pairs, 1024))

    def judge(model: nn.Module) -> float:
        assert isinstance(model, Bare)
        first = split.validation.start - LOOK_BACK
        pairs = windows.pairs(range(first, split.validation.stop))
        targets = windows.cut(*pairs.unbind(1))[1]
        return float((forecast(model, windows, pairs, 1024) - targets).abs().mean())

    def make() -> nn.Module:
        return Bare(cell, HIDDEN, LAYERS, HORIZON)

    return Side(make, batches, loss, batch, backtest, judge)
