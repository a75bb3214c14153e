"""Rows turned round by their lengths are what PyTorch packs."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from models.settings import Cell
from models.text.layer import BothWays, Layer, picked, turned


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_both_ways_is_pytorch_on_packed_rows(cell: Cell) -> None:
    torch.manual_seed(0)
    ours = BothWays(cell, 3, 5)
    theirs = (nn.GRU if cell == "gru" else nn.LSTM)(3, 5, batch_first=True, bidirectional=True)
    ahead = ours.ahead.run.state_dict()
    back = {f"{name}_reverse": part for name, part in ours.back.run.state_dict().items()}
    theirs.load_state_dict({**ahead, **back})
    lengths = torch.tensor([4, 7, 1, 7])
    x = torch.randn(4, 7, 3)
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    out, last = theirs(packed)
    h = last if cell == "gru" else last[0]
    expected = pad_packed_sequence(out, batch_first=True)[0]
    states, ends = ours(x, lengths)
    own = torch.arange(7) < lengths[:, None]
    torch.testing.assert_close(states[own], expected[own])
    torch.testing.assert_close(ends, torch.cat([h[0], h[1]], -1))


def test_a_row_turned_twice_is_itself() -> None:
    turn = turned(torch.tensor([3, 5, 1]), 5)
    assert turn.tolist() == [[2, 1, 0, 3, 4], [4, 3, 2, 1, 0], [0, 1, 2, 3, 4]]
    x = torch.randn(3, 5, 2)
    assert torch.equal(picked(picked(x, turn), turn), x)


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_a_run_cut_in_two_goes_on_from_its_state(cell: Cell) -> None:
    layer, x = Layer(cell, 3, 4), torch.randn(2, 6, 3)
    whole, last = layer(x)
    first, state = layer(x[:, :2])
    second, after = layer(x[:, 2:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)
    torch.testing.assert_close(after, last)
    assert after.shape == (2, layer.parts, 4)
