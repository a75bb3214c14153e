"""Norms by distance are those of the product of the steps' derivatives; a meter reads them all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from models.settings import Recurrence, TrainingSettings
from models.text.gated_cells import GatedCell, GRUCell, LSTMCell
from models.text.gradients import NormMeter, Start, norms_by_distance, recurrence
from models.training import Task, train

B, T, I, D = 3, 7, 4, 6
KINDS: tuple[Recurrence, ...] = ("rnn", "lstm", "gru")


def inputs() -> Tensor:
    return torch.randn(B, T, I, generator=torch.Generator().manual_seed(0))


def test_of_a_vanilla_network_it_is_the_product_of_its_jacobians() -> None:
    torch.manual_seed(0)
    layer, x = recurrence("rnn", I, D, "orthogonal"), inputs()
    direction = torch.randn(B, D, generator=torch.Generator().manual_seed(5))
    states = layer(x)[0].detach()
    gradient = direction / direction.norm(dim=1, keepdim=True)
    expected = [gradient.norm(dim=1).mean()]
    for t in range(T - 1, 0, -1):
        gradient = (gradient * (1 - states[:, t] ** 2)) @ layer.get_parameter(
            "weight_hh_l0"
        ).detach()
        expected.append(gradient.norm(dim=1).mean())
    torch.testing.assert_close(norms_by_distance(layer, x, seed=5), torch.stack(expected))


@pytest.mark.parametrize(("kind", "kept"), [("lstm", ("hidden", "cell")), ("gru", ("hidden",))])
def test_of_a_gated_cell_it_is_that_of_the_cell_by_hand(
    kind: Recurrence, kept: tuple[str, ...]
) -> None:
    torch.manual_seed(0)
    layer, x = recurrence(kind, I, D, "xavier", gain=2.0), inputs()
    cell: GatedCell[Any] = LSTMCell(I, D) if kind == "lstm" else GRUCell(I, D)
    cell.load(layer)
    step, passed = cell.start(x), []
    for t in range(T):
        step = cell.step(x[:, t], step)
        step = type(step)(*(part.clone() for part in step))  # h and c as two, each handed on
        passed += [getattr(step, name) for name in kept]
    direction = torch.randn(B, D, generator=torch.Generator().manual_seed(5))
    loss = (step.hidden * nn.functional.normalize(direction, dim=1)).sum()
    found = torch.autograd.grad(loss, passed, allow_unused=True, materialize_grads=True)
    joint = torch.stack(found).view(T, len(kept), B, D)
    expected = joint.square().sum(dim=(1, 3)).sqrt().mean(dim=1).flip(0)
    torch.testing.assert_close(norms_by_distance(layer, x, seed=5), expected)


@pytest.mark.parametrize("kind", KINDS)
def test_it_begins_with_one_and_has_every_step(kind: Recurrence) -> None:
    torch.manual_seed(0)
    norms = norms_by_distance(recurrence(kind, I, D), inputs())
    assert norms.shape == (T,)
    assert norms[0] == pytest.approx(1)
    assert (norms[1:] > 0).all()


def test_the_cell_of_an_lstm_carries_what_its_output_does_not() -> None:
    """With every gate open or shut for good, c hands the gradient on whole."""
    layer = nn.LSTM(I, D, batch_first=True)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.zero_()
        bias = layer.get_parameter("bias_ih_l0")
        bias[D : 2 * D] = 30  # forget nothing
        bias[3 * D :] = 30  # say everything
    norms = norms_by_distance(layer, inputs())
    torch.testing.assert_close(norms[1:], torch.ones(T - 1))


def test_what_is_clipped_never_exceeds_its_limit() -> None:
    torch.manual_seed(0)
    layer, x = recurrence("rnn", I, D, "orthogonal", gain=3.0), torch.zeros(B, T, I)
    with torch.no_grad():
        layer.get_parameter("bias_ih_l0").zero_()
        layer.get_parameter("bias_hh_l0").zero_()
    free, held = norms_by_distance(layer, x), norms_by_distance(layer, x, clip=0.5)
    torch.testing.assert_close(free, 3.0 ** torch.arange(T))  # tanh has a slope of 1 at 0
    assert held.max() <= 0.5 + 1e-6
    torch.testing.assert_close(norms_by_distance(layer, x, clip=1e6), free)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("start", ["xavier", "orthogonal", "identity"])
def test_each_gate_begins_as_asked(kind: Recurrence, start: Start) -> None:
    layer = recurrence(kind, I, D, start, gain=0.5)
    for gate in layer.get_parameter("weight_hh_l0").detach().split(D):
        if start == "xavier":
            assert gate.abs().max() <= 0.5 * (6 / (2 * D)) ** 0.5
        else:
            torch.testing.assert_close(gate @ gate.T, 0.25 * torch.eye(D))
        if start == "identity":
            torch.testing.assert_close(gate, 0.5 * torch.eye(D))


@pytest.mark.parametrize("kind", KINDS)
def test_a_gate_that_keeps_hands_the_gradient_on(kind: Recurrence) -> None:
    found = []
    for keep in (0.0, 5.0):
        torch.manual_seed(0)
        found.append(norms_by_distance(recurrence(kind, I, D, keep=keep), inputs())[-1])
    assert (found[1] > 3 * found[0]) if kind != "rnn" else torch.equal(*found)


def test_a_meter_reads_every_step_before_it_is_clipped() -> None:
    torch.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1)), torch.randn(5, 3)
    expected: list[float] = []

    def loss(module: nn.Module, batch: Tensor) -> Tensor:
        found = module(batch).square().sum()
        gradients = torch.autograd.grad(found, list(module.parameters()), retain_graph=True)
        expected.append(float(torch.cat([g.flatten() for g in gradients]).norm()))
        return found

    def batches(epoch: int, generator: torch.Generator) -> Iterator[Tensor]:
        yield from (x, x)

    task = Task(2, batches, loss, lambda module: 0.0)
    settings = TrainingSettings(epochs=2, gradient_clip=1e-3, device="cpu")
    with NormMeter(model) as meter:
        train(model, task, settings)
    assert meter.norms == pytest.approx(expected)
    train(model, task, settings)
    assert len(meter.norms) == 4  # it reads no more
