"""Sentences and labels as numbers."""

from __future__ import annotations

import pytest
import torch

from features.errors import UserError
from features.text.corpus import Labelled, Tagged
from features.text.examples import labelled, names, tagged
from features.text.vocabulary import UNKNOWN, Vocabulary

WORDS = Vocabulary.words(["a good film", "a bad film"])


def test_sentences_and_classes() -> None:
    examples = [Labelled("a good film", "pos"), Labelled("a dull film", "neg")]
    classes = names(one.label for one in examples)
    assert classes == ("neg", "pos")
    ids, labels, pieces = labelled(examples, WORDS, classes)
    assert pieces is None
    assert labels == [1, 0]
    assert ids == WORDS.encode(["a good film", "a dull film"])
    assert ids[1][1] == UNKNOWN


def test_a_sentence_without_words_is_an_unknown_word() -> None:
    assert labelled([Labelled("", "pos")], WORDS, ("pos",)).ids == [[UNKNOWN]]


def test_a_class_that_was_not_learned_is_refused() -> None:
    with pytest.raises(UserError, match="the label 'odd' is in no training example"):
        labelled([Labelled("a film", "odd")], WORDS, ("neg", "pos"))


def test_tokens_and_tags_stay_aligned() -> None:
    one = Tagged(("a", "New York", "film"), ("O", "B-LOC", "O"))
    ids, labels, _ = tagged([one], WORDS, ("B-LOC", "O"))
    assert [len(ids[0]), labels[0]] == [3, [1, 0, 1]]
    assert ids[0][1] == UNKNOWN


@pytest.mark.parametrize("one", [Tagged(("a", "film"), ("O",)), Tagged((), ())])
def test_misaligned_tags_are_refused(one: Tagged) -> None:
    with pytest.raises(UserError, match="a tag for each"):
        tagged([one], WORDS, ("O",))


def test_a_batch_pads_words_and_their_spelling_alike() -> None:
    examples = [Labelled("a good film", "pos"), Labelled("dull", "neg")]
    sentences = labelled(examples, WORDS, ("neg", "pos"), buckets=50)
    text, pieces = sentences.batch([1, 0])
    assert text.lengths.tolist() == [1, 3]
    assert pieces is not None
    assert sentences.pieces is not None
    assert torch.equal(pieces[0, :1], sentences.pieces[1])
    assert torch.equal(pieces[1], sentences.pieces[0])
    assert not pieces[0, 1:].any()
