"""Chapter four, attention without training: what scores give and cost, what places are for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import get_args

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from evaluation.text.attention_figures import plot_positions, plot_scores
from features.panel import Floats
from flows.text.bench import Bench
from models.attention import Attention, Score
from models.text.multi_head import MultiHead
from models.text.positions import rotary, sinusoidal


def scores(bench: Bench) -> None:
    """4.1: five scores of the same queries and keys, by their width."""
    rows = [
        (score, width, *measured(score, width, bench))
        for score in get_args(Score)
        for width in bench.pick((8, 32, 128, 512), (8, 32))
    ]
    columns = ["score", "width", "spread", "largest", "slope", "milliseconds", "parameters"]
    table = pd.DataFrame(rows, columns=columns)
    bench.table("4.1-scores", table)
    title = "Unscaled products of wide vectors leave the softmax one key, and little slope"
    bench.figure("4.1-scores", plot_scores(table, title))


def measured(score: Score, width: int, bench: Bench) -> tuple[float, float, float, float, int]:
    """Spread of the scores, largest weight, slope of the softmax, milliseconds, parameters.

    The local score is the general one before its window, so it has no spread or slope of its own.
    """
    torch.manual_seed(bench.seed)
    attention = Attention(width, score)
    query, memory = torch.randn(2, bench.pick(32, 2), 20, width).unbind()
    mask = torch.ones(20, 20, dtype=torch.bool)
    with torch.no_grad():
        keys = attention.key(memory)
        weights = attention(query, keys, memory, mask)[1]
        spread = float(attention.scores(query, keys).std())

    def step() -> None:
        attention(query, attention.key(memory), memory, mask)[0].sum().backward()

    memory.requires_grad_()
    own = score != "local"
    return (
        spread if own else float("nan"),
        float(weights.amax(-1).mean()),
        float(slope(weights).mean()) if own else float("nan"),
        1000 * quickest(step, bench.pick(40, 1)),
        sum(one.numel() for one in attention.parameters()),
    )


def slope(weights: Tensor) -> Tensor:
    """[..., N] → [...] norm of the softmax's derivative diag(w) − w wᵀ (Frobenius)."""
    square, cube = weights.square().sum(-1), weights.pow(3).sum(-1)
    return (square - 2 * cube + square.square()).clamp_min(0).sqrt()


def quickest(step: Callable[[], object], times: int) -> float:
    """Seconds of the quickest of some runs: the one that other work disturbed least."""
    found = []
    for _ in range(times):
        begun = time.perf_counter()
        step()
        found.append(time.perf_counter() - begun)
    return min(found)


def positions(bench: Bench) -> None:
    """4.4: sinusoidal and rotary positions, and what self-attention is without either."""
    torch.manual_seed(bench.seed)
    D, steps = 64, 80
    table = sinusoidal(torch.arange(120 + steps), D)
    word = torch.randn(1, D)
    turned = rotary(word.expand(len(table), D), torch.arange(len(table)))
    starts = (0, 40, 120)
    sums, turns = (
        {start: products(at, start, steps) for start in starts} for at in (word + table, turned)
    )
    moved = {
        "none": order_told(D, "none"),
        "sinusoidal": order_told(D, "sinusoidal"),
        "rotary": order_told(D, "rotary"),
    }
    bench.table("4.4-order", pd.DataFrame(moved.items(), columns=["positions", "distance"]))
    pattern = table[:64].numpy().astype(np.float64)
    bench.figure("4.4-positions", plot_positions(pattern, sums, turns, moved))


def products(at: Tensor, start: int, steps: int) -> Floats:
    """[T, D] → [K] product of the row `start` with the K rows from it on, over that with itself."""
    found = at[start : start + steps] @ at[start]
    return (found / found[0]).numpy().astype(np.float64)


def order_told(width: int, kind: str) -> float:
    """How far the outputs of self-attention are from those of the same words turned round.

    Zero where it sees a bag of words: each word then has the output that it had before.
    """
    torch.manual_seed(0)
    attention = MultiHead(width, 4, turned=kind == "rotary")
    words = torch.randn(1, 12, width)
    places = sinusoidal(torch.arange(12), width) if kind == "sinusoidal" else 0.0

    def read(x: Tensor) -> Tensor:
        x = x + places
        return attention(x, attention.remember(x))

    with torch.no_grad():
        before, after = read(words), read(words.flip(1)).flip(1)
    return float((after - before).norm() / before.norm())
