"""Origins a second of a side, and the rate of the machine itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch
from torch import nn

from benchmarks.sides import HIDDEN, HORIZON, LAYERS, OnePass, Side, Watch, settle

WARM_UP = 2
"""Steps of a training that are not counted."""


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def training_rate(side: Side, steps: int) -> float:
    """Origins a second, by the median step."""
    watch = Watch()
    side.train(1e-3, WARM_UP + steps, watch)
    return side.origins / median(watch.seconds[WARM_UP:])


def backtest_rate(side: Side) -> float:
    """Origins a second of the network trained last."""
    begun = time.perf_counter()
    return side.backtest() / (time.perf_counter() - begun)


def matmul_rate(device: str = "cpu", precision: str = "32-true") -> float:
    """GFLOP/s of a square product in training's precision, 2048 wide, 8192 on a card."""
    n = 2048 if device == "cpu" else 8192
    kind = torch.bfloat16 if precision == "bf16-mixed" else torch.float32
    a, b = (torch.randn(n, n, device=device, dtype=kind) for _ in range(2))

    def product() -> None:
        a @ b
        settle()

    product()
    return 2 * n**3 / median(timed(product) for _ in range(7)) / 1e9


def gflop_per_origin(side: OnePass) -> float:
    """Products of a training step (forward, and twice that backward) for one origin."""
    net, rows = side.net, next(side.batches()).rows
    gates = 4 if net.cell == "lstm" else 3
    first = net.encoder.layers[0]
    assert isinstance(first, nn.LSTM | nn.GRU)
    inputs = first.input_size
    layers = gates * HIDDEN * (inputs + HIDDEN) + (LAYERS - 1) * gates * HIDDEN * 2 * HIDDEN
    steps = len(rows.series) * rows.count / side.origins
    return float(3 * 2 * (layers * steps + HIDDEN * HORIZON) / 1e9)
