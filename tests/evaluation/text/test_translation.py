"""BLEU, chrF and ROUGE are those of the papers, and bands of length share no sentence."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.text.summaries import lead, likeness, rouge, sentences
from evaluation.text.translation import bands, bleu, by_length, chrf, length_ratio


def test_bleu_is_that_of_the_formula() -> None:
    # 5, 3 and 1 of 6, 5 and 4 n-grams are met, none of the three longest: sacrebleu smooths it
    written = "the cat sat on the mat"
    reference = "the cat is on the mat"
    precisions = [5 / 6, 3 / 5, 1 / 4, 1 / (2 * 3)]
    expected = 100 * math.exp(sum(map(math.log, precisions)) / 4)
    assert bleu([written], [reference], "none") == pytest.approx(expected)


def test_a_translation_cut_short_is_punished() -> None:
    reference = "a b c d e f g h"
    assert bleu(["a b c d e f g h"], [reference], "none") == pytest.approx(100)
    assert bleu(["a b c d"], [reference], "none") == pytest.approx(100 * math.exp(1 - 8 / 4))
    assert length_ratio(["a b c d"], [reference]) == 0.5


def test_the_corpus_s_tokens_are_left_as_they_are() -> None:
    written, reference = ["it 's a cat. really ?"], ["it 's a cat . really ?"]
    assert bleu(written, reference, "13a") == pytest.approx(100)
    assert bleu(written, reference, "none") < 50


def test_chrf_is_of_characters() -> None:
    assert chrf(["abc def"], ["abc def"]) == pytest.approx(100)
    assert chrf(["abcd ef"], ["abc def"]) == pytest.approx(100)
    assert 0 < chrf(["abc dxf"], ["abc def"]) < 100


@given(st.lists(st.integers(1, 40), min_size=1, max_size=60), st.integers(1, 8))
def test_every_length_is_in_one_band(lengths: list[int], wanted: int) -> None:
    found = bands(lengths, wanted)
    assert 1 <= len(found) <= wanted
    for length in lengths:
        assert sum(low <= length <= high for low, high in found) == 1


def test_scores_by_length_are_those_of_the_sentences_of_the_band() -> None:
    lengths = [2, 2, 9, 9]
    references = ["a b c d", "e f g h", "i j k l", "m n o p"]
    written = {"good": references, "short": [*references[:2], "x y z", "x y z"]}
    losses = {"good": np.zeros(4), "short": np.array([1.0, 2.0, 3.0, 5.0])}
    table = by_length(lengths, written, references, losses, 2, "none")
    rows = table.set_index(["model", "from"])
    assert list(table["sentences"]) == [2, 2, 2, 2]
    assert rows.loc[("good", 3), "bleu"] == pytest.approx(100)
    assert rows.loc[("short", 2), "bleu"] == pytest.approx(100)
    assert rows.loc[("short", 3), "bleu"] == pytest.approx(0)
    assert rows.loc[("short", 2), "loss"] == 1.5
    assert rows.loc[("short", 3), ["loss", "length", "to"]].tolist() == [4.0, 9.0, 9.0]


def test_rouge_counts_words_pairs_and_the_longest_common_part() -> None:
    # 3 of 4 words on both sides; the pairs "a b" only; "a b d" in order
    found = rouge(["a b x d"], [["a b c d"]])
    assert found["ROUGE-1"] == pytest.approx(75)
    assert found["ROUGE-2"] == pytest.approx(100 / 3)
    assert found["ROUGE-L"] == pytest.approx(75)


def test_of_several_references_the_nearest_counts_and_summaries_are_averaged() -> None:
    found = rouge(["a b", "c d"], [["x y", "a b"], ["x y"]])
    assert set(found.values()) == {50.0}


def test_how_much_of_a_summary_is_in_a_sentence() -> None:
    of = likeness()
    assert of("the runs of a dog", "the runs of a dog") == pytest.approx(100)
    assert of("dogs", "cats") == 0
    assert of("b a", "a b") == pytest.approx(50)


def test_the_lead_is_the_first_sentence() -> None:
    text = "We ask why. Is 3.5 enough? Yes!"
    assert sentences(text) == ["We ask why.", "Is 3.5 enough?", "Yes!"]
    assert lead(text) == "We ask why."
    assert lead("no end") == "no end"
