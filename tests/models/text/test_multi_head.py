import pytest
import torch
from torch import nn

from features.errors import UserError
from models.text.multi_head import Heads, MultiHead, watched
from models.text.scaled_dot import fused, weights, written_out


def theirs(ours: MultiHead) -> nn.MultiheadAttention:
    """PyTorch's, with the same weights."""
    width = ours.out.in_features
    other = nn.MultiheadAttention(width, ours.heads, batch_first=True)
    with torch.no_grad():
        other.in_proj_weight.copy_(torch.cat([ours.query.weight, ours.key_value.weight]))
        other.in_proj_bias.copy_(torch.cat([ours.query.bias, ours.key_value.bias]))
    other.out_proj.load_state_dict(ours.out.state_dict())
    return other


@pytest.mark.parametrize("causal", [False, True])
def test_equals_multi_head_attention_of_pytorch(causal: bool) -> None:
    torch.manual_seed(0)
    ours = MultiHead(12, 3)
    for one in ours.parameters():
        nn.init.normal_(one, std=0.3)
    x = torch.randn(2, 5, 12)
    memory = x if causal else torch.randn(2, 7, 12)
    seen = torch.ones(2, memory.shape[1], dtype=torch.bool)
    if not causal:
        seen[1, 4:] = False
    later = torch.ones(5, 5, dtype=torch.bool).triu(1) if causal else None
    expected, shares = theirs(ours)(
        x, memory, memory, key_padding_mask=~seen, attn_mask=later, average_attn_weights=False
    )
    mask = None if causal else seen[:, None, None]
    torch.testing.assert_close(ours(x, ours.remember(memory), mask, causal), expected)
    with watched(ours) as found:
        torch.testing.assert_close(ours(x, ours.remember(memory), mask, causal), expected)
    torch.testing.assert_close(found[""], shares)
    assert ours.kernel is fused


@pytest.mark.parametrize("causal", [False, True])
def test_the_kernel_equals_a_loop_over_queries_and_keys(causal: bool) -> None:
    torch.manual_seed(0)
    q, k, v = torch.randn(2, 2, 3, 4), torch.randn(2, 2, 5, 4), torch.randn(2, 2, 5, 4)
    mask = torch.tensor([[1, 1, 1, 0, 1], [1, 0, 0, 0, 0]], dtype=torch.bool)[:, None, None]
    expected = torch.zeros(2, 2, 3, 4)
    for b in range(2):
        for h in range(2):
            for t in range(3):
                allowed = [n for n in range(t + 1 if causal else 5) if mask[b, 0, 0, n]]
                powers = [torch.exp(q[b, h, t] @ k[b, h, n] / 2) for n in allowed]
                for n, power in zip(allowed, powers, strict=True):
                    expected[b, h, t] += power / sum(powers) * v[b, h, n]
    torch.testing.assert_close(fused(q, k, v, mask, causal), expected)
    torch.testing.assert_close(written_out(q, k, v, mask, causal), expected)


def test_a_masked_key_has_no_weight_and_no_gradient() -> None:
    torch.manual_seed(0)
    mask = torch.tensor([True, True, False])[None, None, None]
    found = []
    for wild in (0.0, 1e9):
        q = torch.randn(1, 2, 4, 6, generator=torch.Generator().manual_seed(1), requires_grad=True)
        k, v = torch.randn(2, 1, 2, 3, 6, generator=torch.Generator().manual_seed(2)).unbind()
        k[..., 2, :], v[..., 2, :] = wild, wild
        k.requires_grad_()
        v.requires_grad_()
        assert (weights(q, k, mask, False)[..., 2] == 0).all()
        out = fused(q, k, v, mask, False)
        grads = torch.autograd.grad(out.square().sum(), (q, k, v))
        assert (grads[1][..., 2, :] == 0).all()
        assert (grads[2][..., 2, :] == 0).all()
        found.append([out, grads[0]])
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b)


def test_turned_heads_see_distances_and_others_see_no_order() -> None:
    torch.manual_seed(0)
    x = torch.randn(1, 6, 8)
    for turned in (False, True):
        one = MultiHead(8, 2, turned)
        there = one(x, one.remember(x, 3), start=3)
        torch.testing.assert_close(one(x, one.remember(x)), there)
        other = one(x.flip(1), one.remember(x.flip(1))).flip(1)
        assert torch.allclose(there, other, atol=1e-5) != turned


def test_heads_that_do_not_part_the_width_are_refused() -> None:
    with pytest.raises(UserError, match="got 3 heads for a width of 8"):
        MultiHead(8, 3)


def test_heads_grow_by_steps_and_are_picked_by_rows() -> None:
    a, b = (Heads(torch.randn(2, 1, n, 4), torch.randn(2, 1, n, 4)) for n in (3, 1))
    both = a.then(b)
    assert torch.equal(both.keys[:, :, 3:], b.keys)
    assert torch.equal(both.rows(torch.tensor([1, 1])).values[0], both.values[1])
