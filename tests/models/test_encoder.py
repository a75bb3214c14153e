import pytest
import torch
from torch import Tensor, nn

from models.encoder import Encoder
from models.settings import Cell


def encoder(cell: Cell, embed: bool = False) -> Encoder:
    torch.manual_seed(0)
    return Encoder(3, 5, 2, 0.3, cell, embed).eval()


@pytest.mark.parametrize("embed", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_states_of_every_step_equal_a_walk_step_by_step(cell: Cell, embed: bool) -> None:
    model, x = encoder(cell, embed), torch.randn(4, 9, 3)
    all_at_once = model.states(x)
    state = [tuple(torch.zeros(4, 5) for _ in layer) for layer in all_at_once]
    outputs = []
    for t in range(9):
        top, state = model.step(x[:, t : t + 1], state)
        outputs.append(top)
        for layer, held in zip(all_at_once, state, strict=True):
            for part, expected in zip(layer, held, strict=True):
                torch.testing.assert_close(part[:, t], expected, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(model(x), torch.stack(outputs, dim=1), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_layers_are_the_stacked_recurrence_of_torch(cell: Cell) -> None:
    model, x = encoder(cell), torch.randn(2, 7, 3)
    stacked = (nn.LSTM if cell == "lstm" else nn.GRU)(3, 5, num_layers=2, batch_first=True)
    with torch.no_grad():
        for i, layer in enumerate(model.layers):
            for name, weight in layer.named_parameters():
                getattr(stacked, name.replace("_l0", f"_l{i}")).copy_(weight)
    torch.testing.assert_close(model(x), stacked(x)[0])


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_gradient_reaches_no_later_step(cell: Cell) -> None:
    model, x = encoder(cell, embed=True), torch.randn(2, 7, 3, requires_grad=True)
    (gradient,) = torch.autograd.grad(model(x)[:, 4].sum(), x)
    reached: Tensor = gradient.abs().sum(dim=(0, 2)) > 0
    assert reached.tolist() == [True] * 5 + [False] * 2


@pytest.mark.parametrize("rows", [2, 40])
def test_a_forecast_leaves_the_number_of_threads_as_it_was(rows: int) -> None:
    before = torch.get_num_threads()
    encoder("lstm")(torch.randn(rows, 7, 3))
    with pytest.raises(RuntimeError):
        encoder("lstm")(torch.randn(rows, 7, 4))
    assert torch.get_num_threads() == before
