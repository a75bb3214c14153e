"""How far back a gradient reaches, and how large it grows: measured, not argued.

A loss of the last state, by the state k steps before: for the vanilla network it is a product of k
matrices diag(1 − h²) W_h, which shrinks or grows with the k-th power of something (Hochreiter 1991;
Bengio et al. 1994; Pascanu et al. 2013, arXiv 1211.5063).
"""

from __future__ import annotations

import math
from types import TracebackType
from typing import Any, Literal

import torch
from torch import Tensor, nn

from models.settings import Recurrence
from models.text.language_model import RECURRENCES

Start = Literal["uniform", "xavier", "orthogonal", "identity"]
"""Of the recurrent weights: PyTorch's own ±1/√D; Glorot & Bengio 2010; Saxe et al. 2014; Le et al.
2015, which is the identity."""


def recurrence(
    kind: Recurrence,
    inputs: int,
    hidden: int,
    start: Start = "uniform",
    gain: float = 1.0,
    keep: float = 0.0,
) -> nn.RNNBase:
    """One layer of PyTorch, batch first, its recurrent weights begun as asked, gate by gate.

    Args:
        kind: of the recurrence.
        inputs: width I.
        hidden: width D.
        start: how the recurrent weights begin.
        gain: what they are multiplied by then.
        keep: added to the bias of the gate that keeps the state, the forget gate of an LSTM and the
            update gate of a GRU (Gers et al. 2000; Jozefowicz et al. 2015).
    """
    layer = RECURRENCES[kind](inputs, hidden, batch_first=True)
    with torch.no_grad():
        for gate in layer.get_parameter("weight_hh_l0").split(hidden):
            if start == "xavier":
                nn.init.xavier_uniform_(gate)
            elif start == "orthogonal":
                nn.init.orthogonal_(gate)
            elif start == "identity":
                nn.init.eye_(gate)
            gate.mul_(gain)
        if kind != "rnn":
            layer.get_parameter("bias_ih_l0")[hidden : 2 * hidden].add_(keep)
    return layer


class _Clipped(torch.autograd.Function):
    """The same [1, B, D]; a row's gradient that is longer than `most` is shortened to it."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, most: float) -> Tensor:
        ctx.most = most
        return x.view_as(x)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return grad * (ctx.most / grad.norm(dim=2, keepdim=True)).clamp(max=1), None


def norms_by_distance(
    layer: nn.RNNBase, x: Tensor, clip: float | None = None, seed: int = 0
) -> Tensor:
    """Norm of the gradient of a loss of the last output, by the state k steps before it.

    Args:
        layer: of one layer, batch first.
        x: [B, T, I] inputs.
        clip: most that the gradient by a row's h, and by its c, may have at every step on its way
            back; what is longer is shortened (Graves 2013, arXiv 1308.0850, section 2.1, limits
            each element there).
        seed: of the loss, a random direction of length 1 for each row.

    Returns:
        [T] means over the rows; the first, of the last state itself, is 1. The state of an LSTM is
        (h, c), and the norm is that of both.
    """
    generator = torch.Generator().manual_seed(seed)
    direction = torch.randn(len(x), layer.hidden_size, generator=generator)
    direction = nn.functional.normalize(direction, dim=1).to(x)
    state: tuple[Tensor, ...] | None = None
    passed: list[Tensor] = []
    for step in x.split(1, dim=1):
        last = layer(step, state if state is None or len(state) > 1 else state[0])[1]
        own = last if isinstance(last, tuple) else (last,)
        passed.extend(own)
        state = own if clip is None else tuple(_Clipped.apply(one, clip) for one in own)  # type: ignore[no-untyped-call]
    assert state is not None
    loss = (state[0][0] * direction).sum()
    found = torch.autograd.grad(loss, passed, allow_unused=True, materialize_grads=True)
    joint = torch.cat(found).view(-1, len(state), *direction.shape)
    norms: Tensor = joint.square().sum(dim=(1, 3)).sqrt().mean(dim=1).flip(0)
    return norms


class NormMeter:
    """The norm of all weights' gradient after each backward pass, before anything clips it.

    with NormMeter(model) as meter:
        train(model, …)
    meter.norms
    """

    def __init__(self, model: nn.Module) -> None:
        self.norms: list[float] = []
        self._parameters = [p for p in model.parameters() if p.requires_grad]
        self._squares: list[Tensor] = []

    def __enter__(self) -> NormMeter:
        self._hooks = [p.register_post_accumulate_grad_hook(self._take) for p in self._parameters]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for hook in self._hooks:
            hook.remove()

    def _take(self, parameter: Tensor) -> None:
        assert parameter.grad is not None
        self._squares.append(parameter.grad.detach().square().sum())
        if len(self._squares) == len(self._parameters):
            self.norms.append(math.sqrt(float(torch.stack(self._squares).sum())))
            self._squares = []
