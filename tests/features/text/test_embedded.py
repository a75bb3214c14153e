"""The embedded corpora: right sentences, each with one translation, and enough to learn from."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict

import pytest

from features.text.corpora import Corpora
from features.text.embedded import english, french, japanese
from features.text.embedded.grammar import scene
from features.text.embedded.lexicon import OBJECTS
from features.text.embedded.scenes import Act, BecauseObject, Phrase, Scene, State, Then, There

SCENES: list[tuple[Scene, str, str, str]] = [
    (
        Act(Phrase("she"), "eat", Phrase("apple", "a", "red"), negated=True),
        "She does not eat a red apple.",
        "Elle ne mange pas de pomme rouge.",
        "彼女 は 赤い りんご を 食べ ませ ん 。",
    ),
    (
        Act(Phrase("I"), "buy", Phrase("egg", "three", plural=True), tense="past"),
        "I bought three eggs.",
        "J'ai acheté trois œufs.",
        "私 は 卵 を 三 つ 買い まし た 。",
    ),
    (
        Act(Phrase("Anna"), "drink", Phrase("water", "some"), time="now", tense="now"),
        "Anna is drinking water now.",
        "Anna boit de l'eau maintenant.",
        "アンナ は 今 水 を 飲ん で い ます 。",
    ),
    (
        Act(Phrase("girl", "the", plural=True), "go", place="school", tense="past"),
        "The girls went to the school.",
        "Les filles sont allées à l'école.",
        "女の子 たち は 学校 に 行き まし た 。",
    ),
    (
        Act(Phrase("you"), "read", Phrase("newspaper", "this"), mood="want", asked=True),
        "Do you want to read this newspaper?",
        "Est-ce que tu veux lire ce journal ?",
        "あなた は この 新聞 を 読み たい です か 。",
    ),
    (
        Act(Phrase("he"), "see", Phrase("tree", "a", "old"), time="yesterday", tense="past"),
        "He saw an old tree yesterday.",
        "Il a vu un vieil arbre hier.",
        "彼 は 昨日 古い 木 を 見 まし た 。",
    ),
    (
        State(Phrase("letter", "the", bought_by="Anna"), "long", past=True),
        "The letter that Anna bought was long.",
        "La lettre qu'Anna a achetée était longue.",
        "アンナ が 買っ た 手紙 は 長かっ た です 。",
    ),
    (
        There(Phrase("horse", "two", "white", plural=True), "park"),
        "There are two white horses in the park.",
        "Il y a deux chevaux blancs dans le parc.",
        "公園 に 白い 馬 が 二 頭 い ます 。",
    ),
    (
        BecauseObject(Act(Phrase("Paul"), "sell", Phrase("car", "she"), tense="past"), "new"),
        "Paul sold her car because it was new.",
        "Paul a vendu sa voiture parce qu'elle était neuve.",
        "彼女 の 車 が 新しかっ た です から 、 ポール は それ を 売り まし た 。",
    ),
    (
        Then(Act(Phrase("we"), "buy", Phrase("orange", "a"), tense="past"), "eat"),
        "We bought an orange and ate it.",
        "Nous avons acheté une orange et l'avons mangée.",
        "私 たち は オレンジ を 買っ て 、 食べ まし た 。",
    ),
]


@pytest.mark.parametrize(("said", "en", "fr", "ja"), SCENES, ids=lambda one: str(one)[:30])
def test_a_scene_in_three_languages(said: Scene, en: str, fr: str, ja: str) -> None:
    assert (english.say(said), french.say(said), japanese.say(said)) == (en, fr, ja)


def test_no_vowel_meets_a_word_that_loses_its_own() -> None:
    draw = random.Random(1)
    unelided = re.compile(r"\b(je|ne|de|que|le|la|ce) [aàâeéèêiouyhœ]", re.IGNORECASE)
    uncontracted = re.compile(r"\b(de|à) les?\b")
    for _ in range(3000):
        said = french.say(scene(draw))
        assert not unelided.search(said), said
        assert not uncontracted.search(said), said
        assert "  " not in said


def test_no_english_article_clashes() -> None:
    draw = random.Random(2)
    for _ in range(3000):
        said = english.say(scene(draw))
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", said), said


@pytest.mark.parametrize("language", ["fr", "ja"])
def test_a_sentence_has_one_translation(language: str) -> None:
    corpus = Corpora().pairs(language)
    found = defaultdict(set)
    for pair in (*corpus.train, *corpus.validation, *corpus.test):
        found[pair.source].add(pair.target)
    assert {source: targets for source, targets in found.items() if len(targets) > 1} == {}
    assert len(found) > 4000


@pytest.mark.parametrize("language", ["fr", "ja"])
def test_what_is_judged_holds_few_words_that_were_not_learned(language: str) -> None:
    corpus = Corpora().pairs(language)
    for side in (0, 1):
        known = {word for pair in corpus.train for word in pair[side].split()}
        words = [word for pair in corpus.test for word in pair[side].split()]
        assert sum(word not in known for word in words) < 0.02 * len(words)


def test_sentences_are_of_many_lengths() -> None:
    lengths = Counter(len(pair.target.split()) for pair in Corpora().pairs("ja").train)
    assert sum(lengths[n] >= 20 for n in range(4, 22)) >= 15


def test_every_verb_and_object_is_said() -> None:
    draw = random.Random(3)
    seen = {one.verb for one in (scene(draw) for _ in range(3000)) if isinstance(one, Act)}
    assert seen == set(OBJECTS)


def test_words_alone_do_not_tell_the_sentiment() -> None:
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    corpus = Corpora().labelled()
    words = CountVectorizer(token_pattern=r"\S+")
    model = LogisticRegression(max_iter=1000)
    model.fit(
        words.fit_transform([one.text for one in corpus.train]), [o.label for o in corpus.train]
    )
    share = model.score(
        words.transform([o.text for o in corpus.test]), [o.label for o in corpus.test]
    )
    assert share < 0.7
    assert Counter(one.label for one in corpus.train).most_common()[-1][1] > 0.45 * len(
        corpus.train
    )


def test_tags_are_well_formed() -> None:
    corpus = Corpora().tagged()
    kinds = set()
    for one in corpus.train:
        assert len(one.tokens) == len(one.tags)
        for before, tag in zip(("O", *one.tags), one.tags, strict=False):
            kinds.add(tag)
            if tag.startswith("I-"):
                assert before in (tag, f"B-{tag[2:]}")
    names = {f"{place}-{kind}" for place in "BI" for kind in ("PER", "LOC", "ORG", "MISC")}
    assert kinds == names | {"O"}


def test_a_name_alone_does_not_tell_its_kind() -> None:
    kinds = defaultdict(set)
    for one in Corpora().tagged().train:
        for token, tag in zip(one.tokens, one.tags, strict=True):
            kinds[token].add(tag[2:])
    assert sum(len(found - {""}) > 1 for found in kinds.values()) > 20


def test_a_summary_is_neither_first_nor_any_sentence_of_its_report() -> None:
    corpus = Corpora().summarised()
    assert len(corpus.train) > 1000
    for one in corpus.train:
        assert one.target not in one.source
        assert len(one.target.split()) < len(one.source.split()) / 2


def test_a_prompt_has_one_answer() -> None:
    corpus = Corpora().dialogues()
    prompts = [one.source for one in (*corpus.train, *corpus.validation, *corpus.test)]
    assert len(prompts) == len(set(prompts)) > 400


def test_the_characters_are_of_python() -> None:
    corpus = Corpora().text()
    assert "lambda" in corpus.train
    assert len(corpus.train) > 200_000
    assert corpus.name == "python-topics"
