"""Accuracy, F1 and entities, by hand and against a slow reading of the rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from evaluation.text.labels import Span, accuracy, entities, entity_score, macro_f1

TAGS = st.lists(st.sampled_from(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"]), max_size=8)


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", []),
        ("O O", []),
        ("B-PER I-PER O", [Span("PER", 0, 2)]),
        ("B-PER B-PER", [Span("PER", 0, 1), Span("PER", 1, 2)]),
        ("I-PER I-PER O I-PER", [Span("PER", 0, 2), Span("PER", 3, 4)]),
        ("B-PER I-LOC I-LOC", [Span("PER", 0, 1), Span("LOC", 1, 3)]),
        ("O B-LOC", [Span("LOC", 1, 2)]),
        ("I-LOC B-LOC I-LOC", [Span("LOC", 0, 1), Span("LOC", 1, 3)]),
    ],
)
def test_entities_are_those_of_conlleval(tags: str, expected: list[Span]) -> None:
    assert entities(tags.split()) == expected


@given(TAGS)
def test_entities_hold_every_tagged_token_once(tags: list[str]) -> None:
    places = [k for span in entities(tags) for k in range(span.begin, span.end)]
    assert places == [k for k, tag in enumerate(tags) if tag != "O"]
    for span in entities(tags):
        assert {tag[2:] for tag in tags[span.begin : span.end]} == {span.kind}
        assert not any(tag.startswith("B") for tag in tags[span.begin + 1 : span.end])


TRUTH = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-LOC", "I-LOC"]]
SAID = [["B-PER", "I-PER", "O", "B-PER"], ["B-LOC", "B-LOC", "I-LOC"]]


def test_entity_score_by_hand() -> None:
    """Three entities, four claimed, two right: a wrong kind and a false alarm."""
    score = entity_score(TRUTH, SAID)
    assert score == pytest.approx((2 / 4, 2 / 3, 4 / 7))
    assert entity_score(TRUTH, SAID, "PER") == pytest.approx((1 / 2, 1, 2 / 3))
    assert entity_score(TRUTH, SAID, "LOC") == pytest.approx((1 / 2, 1 / 2, 1 / 2))


def test_half_an_entity_is_wrong() -> None:
    assert entity_score([["B-PER", "I-PER"]], [["B-PER", "O"]]) == (0, 0, 0)


def test_the_same_place_in_another_sentence_is_another_entity() -> None:
    assert entity_score([["B-PER"], ["O"]], [["O"], ["B-PER"]]).f1 == 0


def test_scores_without_entities_are_zero() -> None:
    assert entity_score([["O"]], [["O"]]) == (0, 0, 0)
    assert entity_score([["B-PER"]], [["O"]]) == (0, 0, 0)


def test_sentences_of_unlike_length_are_refused() -> None:
    with pytest.raises(ValueError, match="has 1 tags and is given 2"):
        entity_score([["O"]], [["O", "O"]])


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("abc")), min_size=1))
def test_accuracy_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    truth, said = zip(*pairs, strict=True)
    assert accuracy(truth, said) == pytest.approx(accuracy_score(truth, said))


def test_macro_f1_counts_each_class_the_same() -> None:
    truth, said = [*"aaab"], [*"aaaa"]
    assert macro_f1(truth, said) == pytest.approx((6 / 7 + 0) / 2)
    assert accuracy(truth, said) == 0.75
