"""The pointer learns what is worth most, and a text's scores are its own."""

from __future__ import annotations

import random

import torch

from models.settings import TrainingSettings
from models.text.chooser import Choices, Chooser, ChooserSettings, choosing, chosen
from models.training import train

CUE = 5


def texts(rows: int, seed: int) -> Choices:
    """Texts of one to five sentences, of which the one with the cue is worth 60, others 10."""
    draw = random.Random(seed)
    found, worth = [], []
    for _ in range(rows):
        size = draw.randint(1, 5)
        good = draw.randrange(size)
        text = [[draw.randint(6, 15) for _ in range(draw.randint(1, 4))] for _ in range(size)]
        text[good][draw.randrange(len(text[good]))] = CUE
        found.append(text)
        worth.append([60.0 if k == good else 10.0 for k in range(size)])
    return Choices.of(found, worth)


def test_scores_of_a_text_are_alike_alone_and_in_company() -> None:
    torch.manual_seed(0)
    model, four = Chooser(16, ChooserSettings(8)).eval(), texts(4, 0)
    together = model(four.documents([2, 0, 3, 1]))
    assert together.shape == (4, max(four.counts))
    for place, row in enumerate([2, 0, 3, 1]):
        alone = model(four.documents([row]))[0]
        torch.testing.assert_close(together[place, : four.counts[row]], alone)
        assert (together[place, four.counts[row] :] == -torch.inf).all()


def test_it_learns_to_point_at_the_cue() -> None:
    torch.manual_seed(0)
    model, held = Chooser(16, ChooserSettings(16, 0.0)), texts(60, 1)
    task = choosing(texts(200, 0), held, size=60)
    before = task.judge(model)
    settings = TrainingSettings(epochs=5, learning_rate=2e-2, device="cpu")
    history = train(model, task, settings)
    assert history[-1].train_loss < 0.5
    right = [w[k] == 60 for w, k in zip(held.worth, chosen(model, held), strict=True)]
    assert sum(right) >= 57
    assert task.judge(model) == -(60 * sum(right) + 10 * (60 - sum(right))) / 60 < before


def test_the_loss_is_that_of_the_aim() -> None:
    two = Choices.of([[[6], [7]]], [[16.0, 0.0]])
    task = choosing(two, two, temperature=8.0)
    (batch,) = task.batches(0, torch.Generator())
    torch.testing.assert_close(batch[1], torch.tensor([[2.0, 0.0]]).softmax(-1))
    model = Chooser(9, ChooserSettings(4)).eval()
    log_p = model(two.documents([0])).log_softmax(-1)
    torch.testing.assert_close(task.loss(model, batch), -(batch[1] * log_p).sum())


def test_a_batch_follows_the_model_to_its_device() -> None:
    few = texts(3, 0)
    task, model = choosing(few, few), Chooser(16, ChooserSettings(8)).to("meta")
    (batch,) = task.batches(0, torch.Generator())
    assert task.loss(model, batch).is_meta
