"""What is known of a corpus is known from its training part."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from features.text.corpora import Corpora
from features.text.corpus import Corpus, Labelled, Pair
from features.text.profile import profile
from features.text.vocabulary import Vocabulary

texts = st.lists(st.text("abc ", min_size=1).filter(str.strip), min_size=1, max_size=8)


def corpus(train: list[str], validation: list[str], test: list[str]) -> Corpus[Labelled]:
    parts = ([Labelled(text, "x") for text in part] for part in (train, validation, test))
    return Corpus("any", *parts)


@given(train=texts, one=texts, other=texts)
def test_what_is_held_out_changes_no_statistic(
    train: list[str], one: list[str], other: list[str]
) -> None:
    found, again = (profile(corpus(train, part, part)) for part in (one, other))
    for name in ("train", "tokens", "mean_length", "vocabulary"):
        assert found[name] == again[name]


@given(train=texts, held=st.lists(st.text("xyz", min_size=1), min_size=1))
def test_a_vocabulary_of_the_training_part_knows_no_word_of_another(
    train: list[str], held: list[str]
) -> None:
    made = corpus(train, held, held)
    known = Vocabulary.words(one.text for one in made.train)
    assert len(known) == 4 + profile(made)["vocabulary"]
    assert profile(made)["unseen_share"] == 1
    assert {number for ids in known.encode(held) for number in ids} == {1}


def test_pairs_count_on_both_sides_and_a_text_by_character() -> None:
    pairs = [Pair("a b", "c")]
    assert profile(Corpus("pairs", pairs, pairs, [Pair("a d", "c e")])) == {
        "train": 1,
        "validation": 1,
        "test": 1,
        "tokens": 3,
        "mean_length": 3.0,
        "vocabulary": 3,
        "unseen_share": 0.5,
    }
    assert profile(Corpus("text", "abab", "a", "c"))["vocabulary"] == 2


@given(seed=st.integers(0, 50))
def test_the_parts_of_an_embedded_corpus_share_nothing(seed: int) -> None:
    made = Corpora(seed=seed).dialogues()
    parts = [set(made.train), set(made.validation), set(made.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))
