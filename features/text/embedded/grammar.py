"""Scenes drawn at random, as far as they make sense."""

from __future__ import annotations

import random
from collections.abc import Callable

from features.text.embedded import lexicon
from features.text.embedded.scenes import (
    NAMES,
    PRONOUNS,
    Act,
    BecauseObject,
    BecauseSubject,
    But,
    Mood,
    Phrase,
    Scene,
    State,
    Then,
    There,
    What,
    Where,
)

_COUNTING = ("buy", "sell", "see", "find", "draw", "eat", "read", "write", "have", "carry")
"""Verbs of whose objects there may be two."""
_KEPT = ("book", "key", "bag", "umbrella", "hat", "watch", "cat", "dog", "letter")


def scene(draw: random.Random) -> Scene:
    """Any scene: most are acts."""
    makers: dict[Callable[[random.Random], Scene], int] = {
        act: 10,
        state: 4,
        there: 2,
        where: 1,
        what: 1,
        but: 3,
        because_subject: 2,
        because_object: 2,
        then: 3,
    }
    (make,) = draw.choices(list(makers), list(makers.values()))
    return make(draw)


def act(draw: random.Random) -> Act:
    """Someone does something, does not, or is asked."""
    verb = draw.choice(list(lexicon.OBJECTS))
    subject = _someone(draw)
    mood: Mood = "plain"
    if verb not in lexicon.NO_MOOD and draw.random() < 0.25:
        mood = draw.choice(("want", "can", "must"))
    tense = draw.choice(lexicon.TENSES.get(verb, ("habit", "now", "past", "future")))
    if mood != "plain":
        tense = "habit"
    negated = draw.random() < 0.25
    asked = not negated and mood != "must" and subject.noun != "I" and draw.random() < 0.15
    if mood == "want" and subject.noun == "you" and not asked:
        subject = Phrase("I")
    time = None
    if mood == "plain" and verb not in ("like", "have"):
        time = draw.choice(lexicon.TIMES[tense])
    time_first = time is not None and not asked and draw.random() < 0.3
    what = _object(draw, verb, negated or asked)
    place = _place(draw, verb, what)
    return Act(subject, verb, what, place, time, time_first, tense, mood, negated, asked)


def state(draw: random.Random) -> State:
    """Someone or something is so, was so, or is not so."""
    negated, past = draw.random() < 0.25, draw.random() < 0.3
    if draw.random() < 0.4:
        subject = _someone(draw)
        how = draw.choice((*lexicon.MOODS_OF_PEOPLE, *lexicon.TRAITS))
        past = past and how in lexicon.MOODS_OF_PEOPLE
    else:
        how = draw.choice([a for a in lexicon.ADJECTIVES if a not in lexicon.TRAITS])
        noun = draw.choice(lexicon.ADJECTIVES[how])
        bought = noun in lexicon.OBJECTS["buy"] and draw.random() < 0.25
        if bought:
            subject = Phrase(noun, "the", bought_by=draw.choice(NAMES))
        else:
            plural = noun not in lexicon.MASS and draw.random() < 0.25
            subject = Phrase(noun, _owner(draw, noun), plural=plural)
    very = not negated and how not in lexicon.NOT_VERY and draw.random() < 0.3
    return State(subject, how, very, past, negated)


def there(draw: random.Random) -> There:
    """There is something somewhere, or not."""
    noun = draw.choice((*lexicon.ANIMALS, *lexicon.LOST, "box", "chair", "car", "bicycle", "tree"))
    place = draw.choice(lexicon.PLACES)
    adjective = _adjective(draw, noun)
    if draw.random() < 0.25:
        return There(Phrase(noun, "a", adjective), place, negated=True)
    if draw.random() < 0.35:
        return There(Phrase(noun, draw.choice(("two", "three")), adjective, plural=True), place)
    return There(Phrase(noun, "a", adjective), place)


def where(draw: random.Random) -> Where:
    """Where something is."""
    noun = draw.choice(_KEPT)
    adjective = _adjective(draw, noun)
    return Where(Phrase(noun, _owner(draw, noun), adjective, plural=draw.random() < 0.3))


def what(draw: random.Random) -> What:
    """What someone did."""
    verb = draw.choice(("buy", "eat", "drink", "read", "write", "see", "find", "draw", "lose"))
    subject = _someone(draw)
    while subject.noun == "I":
        subject = _someone(draw)
    return What(Act(subject, verb, time=draw.choice(lexicon.TIMES["past"]), tense="past"))


def but(draw: random.Random) -> But:
    """Two who like different things, or one who does and one who does not."""
    first, second = _someone(draw), _someone(draw)
    while second.noun == first.noun:
        second = _someone(draw)
    one, other = draw.sample(lexicon.OBJECTS["like"], 2)
    if draw.random() < 0.4:
        return But(_likes(first, one), _likes(second, one, negated=True))
    return But(_likes(first, one), _likes(second, other))


def because_subject(draw: random.Random) -> BecauseSubject:
    """What someone did, and how they were."""
    how = draw.choice(lexicon.MOODS_OF_PEOPLE)
    verbs, negated = {
        "tired": (("sleep",), False),
        "happy": (("sing", "dance"), False),
        "ill": (("work", "eat", "go"), True),
        "busy": (("sleep", "go", "dance"), True),
    }[how]
    verb = draw.choice(verbs)
    thing = _object(draw, verb, definite=True) if verb == "sing" else None
    place = draw.choice(lexicon.PLACES[2:]) if verb == "go" else None
    time = draw.choice(lexicon.TIMES["past"])
    done = Act(_someone(draw), verb, thing, place, time, tense="past", negated=negated)
    return BecauseSubject(done, how)


def because_object(draw: random.Random) -> BecauseObject:
    """What someone did with a thing, and how it was."""
    verb = draw.choice(("buy", "sell", "draw", "read", "wash"))
    noun = draw.choice([n for n in lexicon.OBJECTS[verb] if n not in lexicon.MASS])
    how = draw.choice(lexicon.adjectives_of(noun))
    thing = Phrase(noun, draw.choice(("a", "the", "this")))
    return BecauseObject(Act(_someone(draw), verb, thing, tense="past"), how)


def then(draw: random.Random) -> Then:
    """What someone bought, and what became of it."""
    verb = draw.choice(list(lexicon.AFTER_BUYING))
    noun = draw.choice(lexicon.AFTER_BUYING[verb])
    if noun in lexicon.MASS:
        thing = Phrase(noun, "some", _adjective(draw, noun))
    elif draw.random() < 0.3:
        thing = Phrase(noun, draw.choice(("two", "three")), _adjective(draw, noun), plural=True)
    else:
        thing = Phrase(noun, "a", _adjective(draw, noun))
    time = draw.choice(lexicon.TIMES["past"])
    return Then(Act(_someone(draw), "buy", thing, time=time, tense="past"), verb)


def _likes(subject: Phrase, noun: str, negated: bool = False) -> Act:
    return Act(subject, "like", _kind(noun), negated=negated)


def _kind(noun: str) -> Phrase:
    return Phrase(noun, "all", plural=noun not in lexicon.MASS)


def _someone(draw: random.Random) -> Phrase:
    kind = draw.random()
    if kind < 0.4:
        return Phrase(draw.choice(PRONOUNS))
    if kind < 0.65:
        return Phrase(draw.choice(NAMES))
    if kind < 0.8:
        return Phrase(draw.choice(lexicon.KIN), draw.choice((*PRONOUNS, *NAMES)))
    noun = draw.choice(lexicon.PEOPLE)
    determiner = draw.choice(("the", "the", "this"))
    adjective = _adjective(draw, noun) if draw.random() < 0.6 else None
    return Phrase(noun, determiner, adjective, plural=draw.random() < 0.3)


def _object(draw: random.Random, verb: str, definite: bool = False) -> Phrase | None:
    """What the verb takes; `definite` leaves numbers out."""
    nouns = lexicon.OBJECTS[verb]
    if not nouns:
        return None
    noun = draw.choice(nouns)
    if verb == "like" and draw.random() < 0.7:
        return _kind(noun)
    adjective = _adjective(draw, noun)
    if noun in lexicon.MASS:
        determiner = "some" if verb != "like" and draw.random() < 0.7 else "this"
        return Phrase(noun, determiner, adjective)
    if verb in _COUNTING and not definite and draw.random() < 0.2:
        return Phrase(noun, draw.choice(("two", "three")), adjective, plural=True)
    if verb == "have" or not (verb == "like" or noun in lexicon.PEOPLE or draw.random() < 0.5):
        return Phrase(noun, "a", adjective)
    return Phrase(noun, _owner(draw, noun), adjective, plural=draw.random() < 0.2)


def _owner(draw: random.Random, noun: str) -> str:
    """`the`, `this`, or whose it is."""
    if noun in (*lexicon.PEOPLE, "bus", "tree") or draw.random() < 0.6:
        return draw.choice(("the", "the", "this"))
    return draw.choice((*PRONOUNS, *NAMES))


def _adjective(draw: random.Random, noun: str) -> str | None:
    found = lexicon.adjectives_of(noun)
    return draw.choice(found) if found and draw.random() < 0.4 else None


def _place(draw: random.Random, verb: str, what: Phrase | None) -> str | None:
    if verb == "go":
        return draw.choice(lexicon.PLACES[2:])
    if verb in ("like", "have") or (what and what.noun in ("house", "bus", "tree", "door")):
        return None
    places = lexicon.PLACES_OF.get(verb, lexicon.PLACES)
    return draw.choice(places) if places and draw.random() < 0.3 else None
