"""Chapter two, the cells: by hand, and what their gates do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from evaluation.text.gates import plot_gates, plot_retention, plot_settling
from features.panel import Floats
from flows.text.bench import Bench
from flows.text.sentiment import Sentiment, prepared, trained
from models.text.classifier import Classifier, ClassifierSettings
from models.text.gated_cells import GatedCell, GRUCell, GRUStep, LSTMCell, LSTMStep
from models.text.reader import ReaderSettings
from models.text.stack import StackSettings

HIDDEN = (8, 32, 128)
TELLING = ("but", "not")
"""A sentence with these has something to forget."""


def lstm(bench: Bench) -> None:
    """2.1: the LSTM by hand is PyTorch's; what its forget gate keeps, forward and backward."""
    table = [_difference("lstm", nn.LSTM(16, D, batch_first=True), LSTMCell(16, D)) for D in HIDDEN]
    bench.table("2.1-equal", pd.DataFrame(table))
    steps = bench.pick(60, 20)
    kept, slopes = {}, {}
    for bias in (-1.0, 0.0, 1.0, 2.0, 4.0):
        kept[bias] = _kept(bias, steps)
        slopes[bias] = _slopes(bias, steps, bench.seed)
    bench.figure("2.1-lstm", plot_retention(kept, slopes))


def gru(bench: Bench) -> None:
    """2.2: the GRU by hand is PyTorch's; how its update gate sets the pace."""
    table = [_difference("gru", nn.GRU(16, D, batch_first=True), GRUCell(16, D)) for D in HIDDEN]
    bench.table("2.2-equal", pd.DataFrame(table))
    signs = torch.tensor([1.0] * 20 + [-1.0] * 20 + [1.0] * 5 + [-1.0] * 5 + [1.0] * 10)
    walks = {bias: _settling(bias, signs) for bias in (-2.0, 0.0, 1.0, 2.0, 3.0)}
    answers = {bias: walk.hidden[0, :, 0].numpy() for bias, walk in walks.items()}
    bench.figure("2.2-gru", plot_settling(answers, walks[0.0].candidate[0, :, 0].numpy()))


def gates(bench: Bench) -> None:
    """2.3: gates and cell state of a trained LSTM over a sentence of the test part."""
    data = prepared(bench)
    shape = ClassifierSettings(
        ReaderSettings(32, stack=StackSettings("lstm", 16, both=False)), "last"
    )
    model, _ = trained(bench, data, "lstm-16", shape, bench.seed, bench.pick(6, 1))
    row = _telling(data, model)
    with torch.no_grad():
        walk, said = _walk(model.cpu(), data.test.ids[row])
    positive = len(data.classes) - 1
    parts = {name: getattr(walk, name)[0].numpy() for name in ("input", "forget", "output", "cell")}
    claim = f"P({data.classes[positive]})"
    title = "What an LSTM keeps and forgets while it reads"
    tokens = data.texts[row].text.split()
    bench.figure("2.3-gates", plot_gates(tokens, parts, said[:, positive].numpy(), title, claim))


def _difference(
    name: str, layer: nn.RNNBase, cell: GatedCell[LSTMStep] | GatedCell[GRUStep]
) -> dict[str, object]:
    """The greatest differences between a layer of PyTorch and the cell by hand."""
    cell.load(layer)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8, 20, layer.input_size, generator=generator)
    outs = layer(x)[0], cell(x).hidden
    for out in outs:
        out.square().sum().backward()
    pairs = zip(layer.parameters(), cell.parameters(), strict=True)
    return {
        "cell": name,
        "hidden": layer.hidden_size,
        "parameters": sum(one.numel() for one in cell.parameters()),
        "states": float((outs[0] - outs[1]).detach().abs().max()),
        "gradients": max(float((_slope(a) - _slope(b)).abs().max()) for a, b in pairs),
    }


def _slope(weight: Tensor) -> Tensor:
    if weight.grad is None:
        raise ValueError("a weight has no gradient")
    return weight.grad


@torch.no_grad()
def _kept(bias: float, steps: int) -> Floats:
    """The cell state that began at 1, with the input gate closed: [T]."""
    cell = LSTMCell(1, 1)
    for weight in cell.parameters():
        weight.zero_()
    cell.bias_ih.copy_(torch.tensor([-40.0, bias, 0.0, 0.0]))
    x = torch.zeros(1, steps, 1)
    walk = cell(x, cell.start(x)._replace(cell=torch.ones(1, 1)))
    found: Floats = walk.cell[0, :, 0].numpy()
    return found


def _slopes(bias: float, steps: int, seed: int, hidden: int = 32) -> Floats:
    """‖∂(u·c_T)/∂c_{T−k}‖ of k = 1 … T, u of length 1; weights and inputs are random: [T]."""
    torch.manual_seed(seed)
    cell = LSTMCell(8, hidden)
    with torch.no_grad():
        cell.bias_ih[hidden : 2 * hidden] = bias
        cell.bias_hh[hidden : 2 * hidden] = 0
    x, u = torch.randn(1, steps, 8), nn.functional.normalize(torch.randn(hidden), dim=0)
    now = cell.start(x)
    now = now._replace(cell=now.cell.clone().requires_grad_())
    cells = [now.cell]
    for t in range(steps):
        now = cell.step(x[:, t], now)
        cells.append(now.cell)
    found = torch.autograd.grad((cells[-1] @ u).sum(), cells[:-1])
    return np.array([float(one.norm()) for one in reversed(found)])


@torch.no_grad()
def _settling(bias: float, signs: Tensor) -> GRUStep:
    """A GRU of one unit whose candidate follows signs [T]."""
    cell = GRUCell(1, 1)
    for weight in cell.parameters():
        weight.zero_()
    cell.weight_ih[2] = 2.0
    cell.bias_ih[1] = bias
    walk: GRUStep = cell(signs.view(1, -1, 1))
    return walk


def _telling(data: Sentiment, model: Classifier) -> int:
    """A test sentence with a turn in it, the longest there is; without one, the longest of all."""
    words = [one.text.split() for one in data.texts]
    return max(
        range(len(words)), key=lambda k: (any(w in TELLING for w in words[k]), len(words[k]))
    )


def _walk(model: Classifier, ids: Sequence[int]) -> tuple[LSTMStep, Tensor]:
    """Every gate, and [T, K] probabilities of the classes if the sentence ended at each token."""
    (layer,) = model.reader.stack.layers
    if not isinstance(layer, nn.LSTM):
        raise TypeError("only an LSTM has these gates")
    cell = LSTMCell(layer.input_size, layer.hidden_size)
    cell.load(layer)
    walk = cell(model.reader.words(torch.tensor([[*ids]])))
    return walk, model.head(walk.hidden[0]).softmax(-1)
