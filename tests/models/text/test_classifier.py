"""Classifier and tagger: padding and companions change nothing, and both learn."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from features.errors import UserError
from features.text.batches import Padded, padded
from features.text.examples import Sentences
from features.text.vocabulary import UNKNOWN
from models.settings import Recurrence, TrainingSettings
from models.text import classifier, tagger
from models.text.classifier import Classifier, ClassifierSettings, classification
from models.text.pooling import Pool
from models.text.reader import Reader, ReaderSettings
from models.text.stack import LAYERS, StackSettings
from models.text.tagger import NONE, Tagger, masked_loss, tagging
from models.training import train

WORDS, CLASSES = 12, 3
SENTENCES = st.lists(
    st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=7), min_size=1, max_size=5
)


def reader(
    cell: Recurrence = "gru", layers: int = 2, dropout: float = 0, word_dropout: float = 0
) -> ReaderSettings:
    return ReaderSettings(5, word_dropout, dropout, stack=StackSettings(cell, 4, layers))


def build(cell: Recurrence, pool: Pool | None) -> nn.Module:
    torch.manual_seed(0)
    if pool is None:
        return Tagger(WORDS, CLASSES, reader(cell, dropout=0.2, word_dropout=0.2)).eval()
    shape = ClassifierSettings(reader(cell, dropout=0.2, word_dropout=0.2), pool)
    return Classifier(WORDS, CLASSES, shape).eval()


def with_more_padding(text: Padded, value: int) -> Padded:
    """Three columns more, and `value` wherever no token is."""
    more = torch.cat([text.ids, torch.zeros(len(text.ids), 3, dtype=torch.long)], dim=1)
    longer = Padded(more, text.lengths)
    return longer._replace(ids=more.masked_fill(~longer.mask, value))


KINDS: list[tuple[Recurrence, Pool | None]] = [
    (cell, pool) for cell in LAYERS for pool in (*get_args(Pool), None)
]


@pytest.mark.parametrize(("cell", "pool"), KINDS)
@settings(max_examples=8)
@given(sentences=SENTENCES, value=st.integers(0, WORDS - 1))
def test_neither_padding_nor_companions_change_what_is_said(
    cell: Recurrence, pool: Pool | None, sentences: list[list[int]], value: int
) -> None:
    model, text = build(cell, pool), padded(sentences)
    together = model(text)
    assert torch.equal(model(with_more_padding(text, value)), together)
    for row, one in zip(together, sentences, strict=True):
        alone = model(padded([one]))[0]
        torch.testing.assert_close(row if pool else row[: len(one)], alone)


@pytest.mark.parametrize(("cell", "pool"), KINDS)
def test_padding_changes_no_gradient(cell: Recurrence, pool: Pool | None) -> None:
    model, text = build(cell, pool), padded([[4, 5, 6, 7], [8], [9, 10]])
    found: list[list[Tensor]] = []
    for one in (text, with_more_padding(text, 11)):
        model.zero_grad()
        out = model(one)
        (out if pool else out[text.mask]).square().sum().backward()
        found.append([p.grad.clone() for p in model.parameters() if p.grad is not None])
    assert len(found[0]) == len(list(model.parameters()))
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_words_are_dropped_only_while_it_learns() -> None:
    torch.manual_seed(0)
    model = Reader(WORDS, reader(word_dropout=0.4))
    ids = torch.full((100, 100), 7)
    heard = model.train().heard(ids)
    assert set(heard.unique().tolist()) == {UNKNOWN, 7}
    assert float((heard == UNKNOWN).float().mean()) == pytest.approx(0.4, abs=0.02)
    assert torch.equal(model.eval().heard(ids), ids)


def test_words_are_read_by_their_spelling_too() -> None:
    torch.manual_seed(0)
    spelled = ReaderSettings(5, buckets=20, stack=StackSettings("gru", 4))
    model = Reader(WORDS, spelled).eval()
    assert model.spelling is not None
    text, pieces = padded([[UNKNOWN, 4], [UNKNOWN]]), torch.randint(1, 21, (2, 2, 6))
    pieces[0, 1, 2:] = 0
    first = model.words(text.ids)[0, 1] + model.spelling.weight[pieces[0, 1, :2]].sum(0) / 2**0.5
    seen: list[Tensor] = []
    model.stack.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    states, _ = model(text, pieces)
    torch.testing.assert_close(seen[0][0, 1], first)
    wild = pieces.clone()
    wild[1, 1] = 7  # behind the end of the second sentence
    assert torch.equal(model(text, wild)[0], states)
    wild[1, 0, 0] = 20 if pieces[1, 0, 0] != 20 else 1
    assert not torch.equal(model(text, wild)[0][1], states[1])
    with pytest.raises(ValueError, match="has buckets"):
        model(text)


def test_impossible_shares_are_refused() -> None:
    with pytest.raises(UserError, match="word_dropout must be below 1, got 1"):
        ReaderSettings(word_dropout=1)


def test_the_masked_loss_is_a_mean_over_tokens() -> None:
    torch.manual_seed(0)
    logits, tags = torch.randn(2, 3, CLASSES), torch.tensor([[0, 1, 2], [2, NONE, NONE]])
    said = logits.log_softmax(-1)
    own = [said[0, 0, 0], said[0, 1, 1], said[0, 2, 2], said[1, 0, 2]]
    torch.testing.assert_close(masked_loss(logits, tags), -torch.stack(own).mean())


def sorted_out(many: int, seed: int) -> list[list[int]]:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, 8, (many,), generator=generator).tolist()
    return [torch.randint(4, WORDS, (n,), generator=generator).tolist() for n in lengths]


def test_judges_and_scores_are_means_in_the_order_of_the_examples() -> None:
    ids = sorted_out(20, 0)
    plain, tags = build("gru", "mean"), build("gru", None)
    labels, many = [sum(one) % CLASSES for one in ids], [[w % CLASSES for w in one] for one in ids]
    with torch.no_grad():
        said = [plain(padded([one])).log_softmax(-1)[0] for one in ids]
        told = [tags(padded([one])).log_softmax(-1)[0] for one in ids]
    for a, b in zip(classifier.log_probabilities(plain, Sentences(ids, []), 30), said, strict=True):
        torch.testing.assert_close(a, b)
    for a, b in zip(tagger.log_probabilities(tags, Sentences(ids, []), 30), told, strict=True):
        torch.testing.assert_close(a, b)
    mean = -sum(float(one[label]) for one, label in zip(said, labels, strict=True)) / len(ids)
    found = classification(Sentences(ids, labels), Sentences(ids, labels)).judge(plain)
    assert found == pytest.approx(mean, rel=1e-5)
    own = [
        float(row[k])
        for one, ks in zip(told, many, strict=True)
        for row, k in zip(one, ks, strict=True)
    ]
    found = tagging(Sentences(ids, many), Sentences(ids, many)).judge(tags)
    assert found == pytest.approx(-sum(own) / len(own), rel=1e-5)


def test_an_epoch_reads_every_sentence_once() -> None:
    ids = sorted_out(30, 1)
    examples = Sentences(ids, [k % CLASSES for k in range(30)])
    task = classification(examples, examples, tokens=40)
    batches = list(task.batches(0, torch.Generator().manual_seed(0)))
    assert len(batches) == task.steps
    rows = [
        (tuple(row[:length]), label)
        for (text, _), labels in batches
        for row, length, label in zip(*(part.tolist() for part in (*text, labels)), strict=True)
    ]
    assert sorted(rows) == sorted(zip(map(tuple, ids), examples.labels, strict=True))


@pytest.mark.parametrize("cell", LAYERS)
def test_a_classifier_learns_whether_a_word_is_there(cell: Recurrence) -> None:
    ids = sorted_out(300, 2)
    examples = Sentences(ids, [int(5 in one) for one in ids])
    torch.manual_seed(0)
    model = Classifier(WORDS, 2, ClassifierSettings(reader(cell, layers=1)))
    task = classification(examples, examples, tokens=100)
    history = train(model, task, TrainingSettings(epochs=8, learning_rate=0.02, device="cpu"))
    assert history[0].validation_loss > history[-1].validation_loss
    said = classifier.log_probabilities(model, examples).argmax(1).tolist()
    assert sum(a == b for a, b in zip(said, examples.labels, strict=True)) > 0.95 * len(ids)


def test_a_tagger_learns_from_both_sides() -> None:
    """The tag of a token says whether 5 comes before it, and whether 6 comes after it."""
    ids = sorted_out(300, 3)
    tags = [[2 * (5 in one[:k]) + (6 in one[k + 1 :]) for k in range(len(one))] for one in ids]
    examples = Sentences(ids, tags)
    torch.manual_seed(0)
    model = Tagger(WORDS, 4, ReaderSettings(8, stack=StackSettings("gru", 12, 1)))
    task = tagging(examples, examples, tokens=100)
    history = train(model, task, TrainingSettings(epochs=12, learning_rate=0.03, device="cpu"))
    assert history[-1].validation_loss < 0.1 * math.log(4)
    said = [one.argmax(1).tolist() for one in tagger.log_probabilities(model, examples)]
    right = [a == b for x, y in zip(said, tags, strict=True) for a, b in zip(x, y, strict=True)]
    assert sum(right) > 0.97 * len(right)
