import torch
from torch import nn

from models.heads import DirectHead, Highway, KnownAhead


def test_pieces_are_one_map_read_at_several_positions() -> None:
    torch.manual_seed(0)
    head = DirectHead(8, 10, 4, series=3, dropout=0.0)
    nn.init.normal_(head.series.weight)
    nn.init.normal_(head.shift)
    state, series = torch.randn(5, 8), torch.tensor([0, 2, 1, 1, 0])
    context = state + torch.relu(head.mix(state) + head.series(series))
    pieces = [head.out(context * a + b) for a, b in zip(head.scale, head.shift, strict=True)]
    expected = torch.cat(pieces, dim=1)[:, :10]  # the third piece reaches past the horizon
    torch.testing.assert_close(head(state, series), expected)


def test_a_series_moves_its_own_forecast_alone() -> None:
    head, state = DirectHead(8, 10, 10, series=2, dropout=0.0), torch.ones(2, 8)
    nn.init.ones_(head.mix.bias)
    with torch.no_grad():
        head.series.weight[1] += 3
    one, other = head(state, torch.tensor([0, 1])), head(state, torch.tensor([0, 0]))
    torch.testing.assert_close(one[0], other[0])
    assert (one[1] != other[1]).any()


def test_known_covariates_start_without_effect_and_act_on_their_own_step() -> None:
    ahead, state, known = KnownAhead(6, 2), torch.randn(3, 6), torch.randn(3, 4, 2)
    assert not ahead(state, known).any()
    nn.init.normal_(ahead.of_known.weight)
    changed = known.clone()
    changed[:, 2] += 1
    moved = ahead(state, changed) != ahead(state, known)
    assert moved.any(dim=0).tolist() == [False, False, True, False]


def test_a_highway_is_one_linear_map_of_the_last_segments() -> None:
    w, C, span, H = 3, 2, 4, 5
    highway = Highway(w, C, span, H)
    changes, flags = torch.randn(2, 6, w, C), torch.ones(2, 6, w, C)
    context = torch.randn(2, 6, 7)
    inputs = torch.cat([torch.cat([changes, flags], dim=-1).flatten(2), context], dim=-1)
    assert not highway(inputs).any()  # starts without effect
    nn.init.normal_(highway.map.weight)
    out = highway(inputs)
    for n in range(6):
        expected = torch.zeros(2, H)
        for k in range(span):
            if n - k >= 0:
                expected += changes[:, n - k].flatten(1) @ highway.map.weight[:, :, span - 1 - k].T
        torch.testing.assert_close(out[:, n], expected, atol=1e-5, rtol=1e-5)
