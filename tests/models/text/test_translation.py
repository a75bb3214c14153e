"""The task of a translator: what is learned from, what the loss counts, what is fed."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from features.text.batches import Padded
from features.text.corpus import Pair
from features.text.vocabulary import BEGIN, END, PAD, Vocabulary
from models.text.forcing import always, exponential, inverse_sigmoid, linear
from models.text.translation import Parallel, fed, losses, translation_task
from tests.models.text.pairs import reversals


class Even(nn.Module):
    """Every token alike; would write the number 7 everywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(12))

    def forward(self, source: Padded, target_in: Tensor) -> Tensor:
        favour = torch.nn.functional.one_hot(torch.tensor(7), 12) * 1e-9
        return (self.bias.double() + favour).expand(*target_in.shape, 12)


def test_pairs_become_numbers_between_begin_and_end() -> None:
    pairs = [Pair("a b", "x"), Pair("b q b a", "y y z")]
    read = Vocabulary.words(["a b b"])
    written = Vocabulary.words(["x y y z"])
    parallel = Parallel.of(pairs, read, written, longest=3)
    batch = parallel.batch([1, 0])
    assert batch.source.ids.tolist() == [[4, 1, 4, END], [5, 4, END, PAD]]
    assert batch.target_in.tolist() == [[BEGIN, 4, 4, 6], [BEGIN, 5, END, PAD]]
    assert batch.target_out.tolist() == [[4, 4, 6, END], [5, END, PAD, PAD]]
    assert parallel.target_tokens == 6


def test_the_loss_of_indifference_is_that_of_the_vocabulary() -> None:
    pairs, model = reversals(30), Even()
    task = translation_task(pairs, pairs, 40)
    for batch in task.batches(0, torch.Generator()):
        torch.testing.assert_close(
            task.loss(model, batch).double(), torch.tensor(math.log(12)).double()
        )
    assert math.isclose(task.judge(model), math.log(12), rel_tol=1e-6)
    per_pair = losses(model, pairs, 40)
    expected = torch.tensor(pairs.target.lengths) - 1
    torch.testing.assert_close(per_pair, expected * math.log(12))


def test_an_epoch_has_every_pair_once_and_its_batches_are_those_promised() -> None:
    pairs = reversals(50)
    task = translation_task(pairs, pairs, 40)
    for number in (0, 1):
        batches = list(task.batches(number, torch.Generator().manual_seed(number)))
        assert len(batches) == task.steps
        assert all(one.target_in.numel() <= 40 for one in batches)
        rows = sorted(
            [t for t in row.tolist() if t != PAD] for one in batches for row in one.target_out
        )
        everything = pairs.batch(range(50)).target_out
        assert rows == sorted([t for t in row.tolist() if t != PAD] for row in everything)


def test_smoothing_spreads_the_aim_in_training_alone() -> None:
    pairs, model = reversals(20), Even()
    model.bias.data[5] = 3.0
    plain, smooth = (translation_task(pairs, pairs, 999, share) for share in (0.0, 0.3))
    batch = next(plain.batches(0, torch.Generator()))
    log_p = model(batch.source, batch.target_in).log_softmax(-1)
    own = batch.target_out != PAD
    nll = -log_p.gather(-1, batch.target_out[..., None])[..., 0][own].mean()
    spread = -log_p.mean(-1)[own].mean()
    torch.testing.assert_close(smooth.loss(model, batch).double(), 0.7 * nll + 0.3 * spread)
    assert plain.judge(model) == smooth.judge(model)


def test_the_decoder_is_fed_true_words_with_the_share_asked_for() -> None:
    pairs = reversals(400, longest=9)
    for share in (0.0, 0.4, 1.0):
        torch.manual_seed(0)
        batch = pairs.batch(range(400), share)
        got = fed(Even(), batch)
        assert (got[:, 0] == BEGIN).all()
        assert ((got == PAD) == (batch.target_in == PAD)).all()
        inner = batch.target_in[:, 1:] > END
        kept = got[:, 1:] == batch.target_in[:, 1:]
        assert ((got[:, 1:] == 7) | kept)[inner].all()
        # a word in eight is 7 already
        share_of_kept = float(kept[inner].double().mean())
        assert abs(share_of_kept - (share + (1 - share) / 8)) < 0.03


class Successor(nn.Module):
    """Would write one more than the token before, whatever the source."""

    def forward(self, source: Padded, target_in: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(target_in + 1, 30).float()


def test_what_it_writes_itself_is_fed_one_step_later() -> None:
    batch = reversals(20).batch(range(20), forcing=0.0)
    true, got = batch.target_in, fed(Successor(), batch)
    own = (true != PAD)[:, 1:]
    assert (got[:, 1:] == true[:, :-1] + 1)[own].all()


def test_schedules_fall_from_one() -> None:
    assert [always(k) for k in (0, 9)] == [1.0, 1.0]
    assert [linear(0.25, 4)(k) for k in range(6)] == [1.0, 0.75, 0.5, 0.25, 0.25, 0.25]
    assert [exponential(0.5)(k) for k in range(3)] == [1.0, 0.5, 0.25]
    slow = [inverse_sigmoid(3.0)(k) for k in range(30)]
    assert slow[0] == 0.75
    assert slow == sorted(slow, reverse=True)
    assert slow[-1] < 0.01
    assert inverse_sigmoid(1.0)(10**6) < 1e-300
