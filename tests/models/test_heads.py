import pytest
import torch
from torch import nn

from models.heads import DirectHead, KnownAhead
from models.settings import Cell


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_pieces_equal_the_cell_of_torch(cell: Cell) -> None:
    torch.manual_seed(0)
    head = DirectHead(8, 10, 4, series=3, cell=cell, dropout=0.0)
    reference = (nn.LSTMCell if cell == "lstm" else nn.GRUCell)(8, 8)
    with torch.no_grad():
        reference.weight_ih.copy_(head.from_query.weight)
        reference.weight_hh.copy_(head.from_state.weight)
        reference.bias_ih.copy_(head.from_query.bias)
        reference.bias_hh.copy_(head.from_state.bias)
    state, series = torch.randn(5, 8), torch.tensor([0, 2, 1, 1, 0])
    pieces = []
    for position in head.position:
        query = torch.cat([position.expand(5, -1), head.series(series)], dim=-1)
        after = reference(query, (state, state) if cell == "lstm" else state)
        pieces.append(head.out(after[0] if cell == "lstm" else after))
    expected = torch.cat(pieces, dim=1)[:, :10]
    torch.testing.assert_close(head(state, series), expected, atol=1e-6, rtol=1e-5)


def test_one_piece_is_one_linear_map() -> None:
    head = DirectHead(8, 10, 10, series=2, cell="gru", dropout=0.0)
    state, series = torch.randn(3, 8), torch.tensor([0, 1, 1])
    expected = head.out(state + head.from_series(head.series(series)))
    torch.testing.assert_close(head(state, series), expected)


def test_known_covariates_start_without_effect_and_act_on_their_own_step() -> None:
    ahead, state, known = KnownAhead(6, 2), torch.randn(3, 6), torch.randn(3, 4, 2)
    assert not ahead(state, known).any()
    nn.init.normal_(ahead.of_known.weight)
    changed = known.clone()
    changed[:, 2] += 1
    moved = ahead(state, changed) != ahead(state, known)
    assert moved.any(dim=0).tolist() == [False, False, True, False]
