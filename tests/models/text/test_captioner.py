import math
from dataclasses import replace

import pytest
import torch

from features.errors import UserError
from features.text.scenes import scenes
from features.text.vocabulary import BEGIN, END, PAD, Vocabulary
from models.settings import TrainingSettings
from models.text.beam import beam, greedy
from models.text.captioner import Captioner, CaptionerSettings
from models.text.captioning import Captioned, caption_task, naming_task
from models.training import train

CORPUS = scenes(24, 6)
WORDS = Vocabulary.words(scene.caption for scene in CORPUS.train)
TRAIN, VALIDATION = (Captioned.of(part, WORDS) for part in (CORPUS.train, CORPUS.validation))


def made(dropout: float = 0.0) -> Captioner:
    torch.manual_seed(0)
    return Captioner(len(WORDS), CaptionerSettings(hidden=16, channels=4, dropout=dropout)).eval()


def test_captions_begin_and_end_and_are_padded_behind() -> None:
    for row, scene in zip(TRAIN.captions, CORPUS.train, strict=True):
        assert row[0] == BEGIN
        assert WORDS.decode(row.tolist()) == scene.caption
        end = row.tolist().index(END)
        assert (row[end + 1 :] == PAD).all()
    batch = TRAIN.batch(torch.tensor([0, 5]), torch.device("cpu"))
    assert (batch.target_in[:, 1:] == batch.target_out[:, :-1]).all()
    assert (batch.target_out != PAD).any(0).all()


def test_steps_equal_the_whole_pass() -> None:
    model, batch = made(), TRAIN.batch(torch.arange(5), torch.device("cpu"))
    with torch.no_grad():
        expected = model(batch.images, batch.target_in).log_softmax(-1)
        state = model.begin(batch.images)
        for t, tokens in enumerate(batch.target_in.unbind(1)):
            got, state = model.step(tokens, state)
            torch.testing.assert_close(got, expected[:, t], atol=1e-5, rtol=1e-5)
        rows = torch.tensor([3, 3, 0])
        picked = model.step(tokens[rows], model.rows(state, rows))[0]
    torch.testing.assert_close(picked, model.step(tokens, state)[0][rows])


def test_a_later_word_changes_no_earlier_one_and_an_image_no_other() -> None:
    model, batch = made(), TRAIN.batch(torch.arange(4), torch.device("cpu"))
    words, images = batch.target_in.clone(), batch.images.clone()
    words[:, 3:] = END
    images[2:] = 1 - images[2:]
    with torch.no_grad():
        expected = model(batch.images, batch.target_in)
        torch.testing.assert_close(model(batch.images, words)[:, :3], expected[:, :3])
        other = model(images, batch.target_in)
    torch.testing.assert_close(other[:2], expected[:2], atol=1e-5, rtol=1e-5)
    assert not torch.allclose(other[2:], expected[2:], atol=1e-3)


def test_weights_are_a_distribution_over_regions() -> None:
    weights = made().attended(TRAIN.images[:3], TRAIN.captions[:3, :5])[1]
    assert weights.shape == (3, 5, 64)
    torch.testing.assert_close(weights.sum(-1), torch.ones(3, 5))


def test_regions_know_where_they_are_by_their_places_alone() -> None:
    model, image = made(), torch.zeros(1, 32, 32)
    image[0, 10:18, 10:18] = 1
    found = []
    for places in (torch.randn_like(model.regions.places), torch.zeros_like(model.regions.places)):
        model.regions.places.data = places
        with torch.no_grad():
            here, there = (model.regions(one).view(8, 8, -1) for one in (image, image.roll(4, 2)))
        # the same ink one region further right, too far inside to see the edge
        found.append(torch.allclose(here[3, 3], there[3, 4], atol=1e-6))
    assert found == [False, True]


def test_greedy_and_beam_search_write_with_it() -> None:
    model, longest = made(), torch.tensor([5, 7, 6])
    state = model.begin(TRAIN.images[:3])
    for one in (
        greedy(model, state, longest),
        [found[0] for found in beam(model, state, longest, 3)],
    ):
        assert [len(h.ids) < n for h, n in zip(one, longest.tolist(), strict=True)] == [True] * 3


def test_the_losses_are_of_the_words_alone() -> None:
    model, rows = made(), torch.arange(6)
    batch = TRAIN.batch(rows, torch.device("cpu"))
    with torch.no_grad():
        log_p = model(batch.images, batch.target_in).log_softmax(-1)
        named = model.named(batch.images).sigmoid()
        spoken, unnamed, count = 0.0, 0.0, 0
        for b, words in enumerate(batch.target_out.tolist()):
            for t, word in enumerate(words):
                if word != PAD:
                    spoken, count = spoken - float(log_p[b, t, word]), count + 1
            for word in range(1, len(WORDS)):
                p = float(named[b, word])
                unnamed -= math.log(p if word in words else 1 - p)
        assert float(caption_task(TRAIN, VALIDATION).loss(model, rows)) == pytest.approx(
            spoken / count, rel=1e-4
        )
        assert float(naming_task(TRAIN, VALIDATION).loss(model, rows)) == pytest.approx(
            unnamed / 6, rel=1e-4
        )
        for task in (caption_task, naming_task):
            judged = [task(TRAIN, TRAIN, size).judge(model) for size in (2, 50)]
            assert judged[0] == pytest.approx(judged[1], rel=1e-5)


def test_it_learns_to_name_and_to_describe_a_handful_of_scenes() -> None:
    few, model = Captioned(TRAIN.images[:4], TRAIN.captions[:4]), made()
    settings = TrainingSettings(epochs=40, patience=40, learning_rate=1e-2, device="cpu")
    before = naming_task(few, few).judge(model)
    train(model, naming_task(few, few), settings)
    assert naming_task(few, few).judge(model) < before / 3
    train(model, caption_task(few, few), replace(settings, epochs=60, patience=60))
    found = greedy(model, model.begin(few.images), torch.full((4,), 14))
    assert [WORDS.decode(one.ids) for one in found] == [s.caption for s in CORPUS.train[:4]]


def test_every_weight_learns() -> None:
    model = made(0.1).train()
    caption_task(TRAIN, VALIDATION).loss(model, torch.arange(8)).backward()
    unmoved = [n for n, p in model.named_parameters() if p.grad is None or not p.grad.any()]
    assert not unmoved


def test_a_side_of_broken_regions_is_refused() -> None:
    with pytest.raises(UserError, match="side must be a multiple of 4 pixels, got 30"):
        CaptionerSettings(side=30)
