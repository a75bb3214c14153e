from typing import Literal

import pytest
import torch
from torch import Tensor, nn

from features.errors import UserError
from features.text.batches import Padded, padded
from models.text.multi_head import MultiHead, watched
from models.text.positions import sinusoidal
from models.text.transformer import Layer, Transformer, TransformerSettings

Positions = Literal["sinusoidal", "rotary"]
KINDS: tuple[Positions, ...] = ("sinusoidal", "rotary")
SOURCES = [[5, 6, 7, 3], [9, 3], [4, 8, 8, 10, 6, 3]]
TARGETS = torch.tensor([[2, 5, 9, 4], [2, 7, 0, 0], [2, 4, 4, 8]])


def made(positions: Positions = "sinusoidal", dropout: float = 0.0) -> Transformer:
    torch.manual_seed(0)
    settings = TransformerSettings(8, 2, 2, 12, dropout, positions)
    model = Transformer(11, 10, settings)
    for one in model.parameters():
        nn.init.normal_(one, std=0.4)  # biases and norms too, so that none is forgotten
    return model.eval()


class Naive:
    """The same Transformer for one pair without padding: a loop over heads, queries and keys."""

    def __init__(self, model: Transformer) -> None:
        self.model = model

    def logits(self, source: list[int], target: Tensor) -> Tensor:
        """[T] → [T, V]."""
        model = self.model
        x = self.embedded(model.source.weight, torch.tensor(source))
        for layer in model.encoder:
            x = self.layer(layer, x, None)
        memory = self.norm(model.encoded, x)
        y = self.embedded(model.target.weight, target)
        for layer in model.decoder:
            y = self.layer(layer, y, memory)
        return self.norm(model.decoded, y) @ model.target.weight.T

    def embedded(self, table: Tensor, ids: Tensor) -> Tensor:
        x = table[ids] * 8**0.5
        sums = self.model.settings.positions == "sinusoidal"
        return x + sinusoidal(torch.arange(len(ids)), 8) if sums else x

    def layer(self, layer: nn.Module, x: Tensor, memory: Tensor | None) -> Tensor:
        assert isinstance(layer, Layer)
        y = self.norm(layer.self_norm, x)
        x = x + self.attend(layer.self_attention, y, y, memory is not None)
        if memory is not None:
            assert layer.cross_norm
            assert layer.cross_attention
            x = x + self.attend(
                layer.cross_attention, self.norm(layer.cross_norm, x), memory, False
            )
        first, _, second = layer.feed_forward
        assert isinstance(first, nn.Linear)
        assert isinstance(second, nn.Linear)
        y = self.norm(layer.feed_norm, x)
        inner = (y @ first.weight.T + first.bias).clamp_min(0)
        return x + inner @ second.weight.T + second.bias

    def norm(self, norm: nn.LayerNorm, x: Tensor) -> Tensor:
        mean = x.mean(-1, keepdim=True)
        spread = ((x - mean) ** 2).mean(-1, keepdim=True)
        return (x - mean) / (spread + 1e-5).sqrt() * norm.weight + norm.bias

    def attend(self, part: MultiHead, x: Tensor, memory: Tensor, causal: bool) -> Tensor:
        q = x @ part.query.weight.T + part.query.bias
        k, v = (memory @ part.key_value.weight.T + part.key_value.bias).split(8, dim=-1)
        out = torch.zeros_like(q)
        for head in (slice(0, 4), slice(4, 8)):
            for t in range(len(q)):
                seen = range(t + 1) if causal else range(len(k))
                powers = []
                for n in seen:
                    a, b = q[t, head], k[n, head]
                    if part.turned:
                        a, b = self.turned(a, t), self.turned(b, n)
                    powers.append(torch.exp(a @ b / 2))
                for n, power in zip(seen, powers, strict=True):
                    out[t, head] += power / sum(powers) * v[n, head]
        return out @ part.out.weight.T + part.out.bias

    def turned(self, x: Tensor, place: int) -> Tensor:
        out = x.clone()
        for i in range(2):
            angle = torch.tensor(place / 10_000 ** (2 * i / 4))
            pair = torch.complex(x[2 * i], x[2 * i + 1]) * torch.polar(torch.tensor(1.0), angle)
            out[2 * i], out[2 * i + 1] = pair.real, pair.imag
        return out


@pytest.mark.parametrize("positions", KINDS)
def test_equals_a_naive_one_for_each_pair_alone(positions: Positions) -> None:
    model = made(positions)
    with torch.no_grad():
        got = model(padded(SOURCES), TARGETS)
        for row, source in enumerate(SOURCES):
            expected = Naive(model).logits(source, TARGETS[row])
            torch.testing.assert_close(got[row], expected, atol=1e-4, rtol=1e-4)
        with watched(model):
            written = model(padded(SOURCES), TARGETS)
    torch.testing.assert_close(written, got, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("positions", KINDS)
def test_its_gradient_is_that_of_a_naive_one(positions: Positions) -> None:
    model, weights = made(positions), torch.randn(3, 4, 10)
    slow = [Naive(model).logits(*pair) for pair in zip(SOURCES, TARGETS, strict=True)]
    grads = [
        torch.autograd.grad((logits * weights).sum(), [*model.parameters()])
        for logits in (model(padded(SOURCES), TARGETS), torch.stack(slow))
    ]
    torch.testing.assert_close(*grads, atol=1e-4, rtol=1e-3)


def test_an_encoder_layer_is_that_of_pytorch() -> None:
    layer = made().encoder[0]
    assert isinstance(layer, Layer)
    theirs = nn.TransformerEncoderLayer(8, 2, 12, 0.0, batch_first=True, norm_first=True)
    own, part = theirs.self_attn, layer.self_attention
    with torch.no_grad():
        own.in_proj_weight.copy_(torch.cat([part.query.weight, part.key_value.weight]))
        own.in_proj_bias.copy_(torch.cat([part.query.bias, part.key_value.bias]))
    own.out_proj.load_state_dict(part.out.state_dict())
    theirs.linear1.load_state_dict(layer.feed_forward[0].state_dict())
    theirs.linear2.load_state_dict(layer.feed_forward[2].state_dict())
    theirs.norm1.load_state_dict(layer.self_norm.state_dict())
    theirs.norm2.load_state_dict(layer.feed_norm.state_dict())
    x = torch.randn(3, 5, 8)
    torch.testing.assert_close(layer(x, None)[0], theirs(x), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("positions", KINDS)
def test_a_later_token_changes_no_earlier_logit(positions: Positions) -> None:
    model, other = made(positions), TARGETS.clone()
    other[:, 2:] = 1
    with torch.no_grad():
        a, b = (model(padded(SOURCES), target) for target in (TARGETS, other))
    torch.testing.assert_close(a[:, :2], b[:, :2])
    assert not torch.allclose(a[:, 2:], b[:, 2:])


@pytest.mark.parametrize("positions", KINDS)
def test_padding_changes_nothing(positions: Positions) -> None:
    model, short = made(positions), padded(SOURCES)
    wide = Padded(nn.functional.pad(short.ids, (0, 5)), short.lengths)
    wild = Padded(wide.ids.where(wide.mask, torch.tensor(9)), short.lengths)
    expected = model(short, TARGETS)
    for source in (wide, wild):
        torch.testing.assert_close(model(source, TARGETS), expected)
    grads = []
    for source in (wide, wild):
        model.zero_grad()
        model(source, TARGETS).square().mean().backward()
        grads.append([p.grad for p in model.parameters()])
    torch.testing.assert_close(*grads)


@pytest.mark.parametrize("positions", KINDS)
def test_steps_with_kept_keys_and_values_equal_the_whole_pass(positions: Positions) -> None:
    model = made(positions)
    with torch.no_grad():
        expected = model(padded(SOURCES), TARGETS).log_softmax(-1)
        state = model.begin(padded(SOURCES))
        for t in range(TARGETS.shape[1]):
            got, state = model.step(TARGETS[:, t], state)
            torch.testing.assert_close(got, expected[:, t], atol=1e-5, rtol=1e-5)


def test_rows_of_a_state_go_on_as_they_would_have() -> None:
    model, rows = made(), torch.tensor([2, 0, 0, 1])
    with torch.no_grad():
        begun = model.rows(model.begin(padded(SOURCES)), rows)
        whole, after = model.step(TARGETS[:, 0], model.begin(padded(SOURCES)))
        torch.testing.assert_close(model.step(TARGETS[rows, 0], begun)[0], whole[rows])
        whole = model.step(TARGETS[:, 1], after)[0]
        picked = model.step(TARGETS[rows, 1], model.rows(after, rows))[0]
    torch.testing.assert_close(picked, whole[rows])


def test_its_alignment_is_a_distribution_over_the_tokens_of_the_source() -> None:
    model, source = made(), padded(SOURCES)
    weights = model.alignment(source, TARGETS)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 4))
    assert ((weights > 0).all(1) == source.mask).all()


def test_all_weights_learn_and_dropout_is_for_training_only() -> None:
    model = made(dropout=0.3)
    torch.testing.assert_close(*(model(padded(SOURCES), TARGETS) for _ in range(2)))
    model.train()
    first, second = (model(padded(SOURCES), TARGETS) for _ in range(2))
    assert not torch.allclose(first, second)
    first.square().mean().backward()
    assert all(one.grad is not None and one.grad.any() for one in model.parameters())


def test_a_width_that_cannot_be_parted_is_refused() -> None:
    with pytest.raises(UserError, match="heads"):
        Transformer(11, 10, TransformerSettings(width=10, heads=4))
    with pytest.raises(UserError, match="layers must be at least 1, got 0"):
        TransformerSettings(layers=0)
