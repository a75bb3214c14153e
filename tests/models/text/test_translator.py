"""Steps and whole sequences agree, padding changes nothing, and no step sees a later word."""

from __future__ import annotations

import pytest
import torch

from features.text.batches import Padded, padded
from features.text.vocabulary import BEGIN
from models.settings import TrainingSettings
from models.text.translation import translation_task
from models.text.translator import Translator, TranslatorSettings
from models.training import train
from tests.models.text.pairs import reversals

SHAPES = [
    TranslatorSettings("gru", 8, 1, True, "dot", 0.0),
    TranslatorSettings("gru", 8, 2, False, None, 0.0),
    TranslatorSettings("lstm", 8, 2, True, "additive", 0.0),
    TranslatorSettings("lstm", 8, 1, False, None, 0.0),
]
WRITTEN = torch.tensor([[BEGIN, 5, 6, 7], [BEGIN, 9, 4, 4]])


def translator(settings: TranslatorSettings) -> Translator:
    torch.manual_seed(0)
    return Translator(12, 14, settings).eval()


def source() -> Padded:
    return padded([[5, 6, 7, 3], [8, 3]])


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_steps_give_what_the_whole_sequence_gives(settings: TranslatorSettings) -> None:
    model = translator(settings)
    whole = model(source(), WRITTEN).log_softmax(-1)
    assert whole.shape == (2, 4, 14)
    state = model.begin(source())
    for t in range(4):
        step, state = model.step(WRITTEN[:, t], state)
        torch.testing.assert_close(step, whole[:, t])


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_padding_of_the_source_changes_nothing(settings: TranslatorSettings) -> None:
    model = translator(settings)
    together = model(source(), WRITTEN)
    alone = model(padded([[8, 3]]), WRITTEN[1:])
    torch.testing.assert_close(together[1:], alone)


@pytest.mark.parametrize("settings", SHAPES, ids=str)
def test_a_later_word_changes_no_step_before_it(settings: TranslatorSettings) -> None:
    model, other = translator(settings), WRITTEN.clone()
    other[:, 2] = 11
    before, after = model(source(), WRITTEN), model(source(), other)
    assert torch.equal(before[:, :2], after[:, :2])
    assert not torch.allclose(before[:, 2], after[:, 2])


def test_rows_are_picked_as_often_as_they_are_named() -> None:
    model = translator(SHAPES[0])
    state = model.begin(source())
    picked = model.rows(state, torch.tensor([1, 1, 0]))
    tokens = torch.tensor([BEGIN, BEGIN, BEGIN])
    log_p = model.step(tokens, picked)[0]
    torch.testing.assert_close(log_p, model.step(tokens[:2], state)[0][[1, 1, 0]])


def test_attention_looks_at_the_words_of_the_source_only() -> None:
    model = translator(TranslatorSettings(hidden=8, attention="dot", dropout=0.0))
    weights = model.alignment(source(), WRITTEN)
    assert weights.shape == (2, 4, 4)
    assert (weights[1, :, 2:] == 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, 4))


def test_tied_embeddings_are_one_matrix() -> None:
    tied, apart = (Translator(12, 14, TranslatorSettings(hidden=8, tied=t)) for t in (True, False))
    count = [sum(p.numel() for p in one.parameters()) for one in (tied, apart)]
    assert count[1] - count[0] == 14 * 8


def test_it_learns_to_turn_sentences_round() -> None:
    torch.manual_seed(0)
    model = Translator(12, 12, TranslatorSettings(hidden=32, dropout=0.0))
    task = translation_task(reversals(300), reversals(40, seed=1), 256)
    settings = TrainingSettings(epochs=14, learning_rate=1e-2, device="cpu", patience=14)
    history = train(model, task, settings)
    assert history[0].validation_loss > 1.5
    assert min(one.validation_loss for one in history) < 0.8
