"""How a scene is said in English."""

from __future__ import annotations

from features.text.embedded.scenes import (
    PRONOUNS,
    Act,
    BecauseObject,
    BecauseSubject,
    But,
    Joined,
    Phrase,
    Scene,
    State,
    Then,
    There,
    What,
    Where,
)

_PLURALS = {
    "child": "children",
    "woman": "women",
    "man": "men",
    "story": "stories",
    "box": "boxes",
    "watch": "watches",
    "bus": "buses",
}
_PAST = {
    "eat": "ate",
    "drink": "drank",
    "buy": "bought",
    "sell": "sold",
    "read": "read",
    "write": "wrote",
    "see": "saw",
    "find": "found",
    "draw": "drew",
    "make": "made",
    "carry": "carried",
    "lose": "lost",
    "sing": "sang",
    "sleep": "slept",
    "run": "ran",
    "swim": "swam",
    "go": "went",
    "have": "had",
}
_DOUBLED = {"run": "running", "swim": "swimming"}
_THIRD = {"have": "has", "go": "goes", "carry": "carries"}
_IN = {"garden", "kitchen", "park", "office"}
_ON = {"beach"}
_MINE = {"I": "my", "you": "your", "he": "his", "she": "her", "we": "our", "they": "their"}


def say(scene: Scene) -> str:
    """A sentence as it is written."""
    words = _words(scene).replace(" ,", ",")
    mark = "?" if isinstance(scene, Where | What) or getattr(scene, "asked", False) else "."
    return words[0].upper() + words[1:] + mark


def pronoun(phrase: Phrase) -> str:
    """What stands for a person later in the sentence."""
    if phrase.noun in PRONOUNS:
        return phrase.noun
    if phrase.plural:
        return "they"
    female = ("Mary", "Anna", "Julia", "mother", "grandmother", "younger sister", "girl", "woman")
    return "she" if phrase.noun in female else "he"


def _words(scene: Scene) -> str:
    match scene:
        case Act():
            return _act(scene)
        case State():
            return _state(scene)
        case There(phrase, place, negated):
            verb = "are" if phrase.plural else "is"
            if negated:
                return f"there is no {_noun(phrase)} {_at(place)}"
            return f"there {verb} {_phrase(phrase)} {_at(place)}"
        case Where(phrase):
            return f"where {'are' if phrase.plural else 'is'} {_phrase(phrase)}"
        case What(act):
            return _joined("what did", _phrase(act.subject), act.verb, act.time)
        case But() | BecauseSubject() | BecauseObject() | Then():
            return _two(scene)


def _two(scene: Joined) -> str:
    match scene:
        case But(first, second):
            return f"{_act(first)}, but {_act(second)}"
        case BecauseSubject(act, adjective):
            other = Phrase(pronoun(act.subject))
            return f"{_act(act)} because {_state(State(other, adjective, past=True))}"
        case BecauseObject(act, adjective):
            assert act.object is not None
            were = "they were" if act.object.plural else "it was"
            return f"{_act(act)} because {were} {adjective}"
        case Then(act, verb):
            assert act.object is not None
            return f"{_act(act)} and {_past(verb)} {'them' if act.object.plural else 'it'}"


def _act(act: Act) -> str:
    subject = _phrase(act.subject)
    rest = _joined(
        _phrase(act.object) if act.object else None,
        (_to(act.place) if act.verb == "go" else _at(act.place)) if act.place else None,
        None if act.time_first else act.time,
    )
    first, verb = _verb(act)
    if act.asked:
        return _joined(first, subject, verb, rest)
    before = f"{act.time}," if act.time_first else None
    return _joined(before, subject, first, verb, rest)


def _verb(act: Act) -> tuple[str | None, str]:
    """What stands before the subject in a question, and the rest."""
    one, no = is_third(act.subject), "not " if act.negated else ""
    stays = not act.negated and not act.asked
    do = "does" if one else "do"
    if act.mood == "want":
        if stays:
            return None, f"{'wants' if one else 'want'} to {act.verb}"
        return do, f"{no}want to {act.verb}"
    if act.mood == "can":
        return ("cannot", act.verb) if act.negated else ("can", act.verb)
    if act.mood == "must":
        return "must", f"{no}{act.verb}"
    if act.tense == "future":
        return "will", f"{no}{act.verb}"
    if act.tense == "now":
        return _be(act.subject), f"{no}{_ing(act.verb)}"
    if act.tense == "past":
        return (None, _past(act.verb)) if stays else ("did", f"{no}{act.verb}")
    if stays:
        return None, _third(act.verb) if one else act.verb
    return do, f"{no}{act.verb}"


def _state(state: State) -> str:
    be = _was(state.subject) if state.past else _be(state.subject)
    no, very = "not" if state.negated else None, "very" if state.very else None
    return _joined(_phrase(state.subject), be, no, very, state.adjective)


def _phrase(phrase: Phrase) -> str:
    if not phrase.determiner:
        return phrase.noun
    noun = _noun(phrase)
    relative = f"that {phrase.bought_by} bought" if phrase.bought_by else None
    return _joined(_determiner(phrase, noun), noun, relative)


def _noun(phrase: Phrase) -> str:
    noun = phrase.noun
    if phrase.plural:
        noun = _PLURALS.get(noun, f"{noun}s")
    return _joined(phrase.adjective, noun)


def _determiner(phrase: Phrase, after: str) -> str | None:
    match phrase.determiner:
        case "a":
            return "an" if after[0] in "aeiou" else "a"
        case "some" | "all":
            return None
        case "this":
            return "these" if phrase.plural else "this"
        case pronoun if pronoun in _MINE:
            return _MINE[pronoun]
        case name if name[0].isupper():
            return f"{name}'s"
        case other:
            return other


def is_third(phrase: Phrase) -> bool:
    """Whether the verb takes the ending of the third person singular."""
    return not phrase.plural and phrase.noun not in ("I", "you", "we", "they")


def _be(phrase: Phrase) -> str:
    return "am" if phrase.noun == "I" else "is" if is_third(phrase) else "are"


def _was(phrase: Phrase) -> str:
    return "was" if phrase.noun == "I" or is_third(phrase) else "were"


def _third(verb: str) -> str:
    first, *particle = verb.split()
    third = _THIRD.get(first, f"{first}es" if first.endswith(("sh", "ch")) else f"{first}s")
    return _joined(third, *particle)


def _ing(verb: str) -> str:
    first, *particle = verb.split()
    stem = first.removesuffix("e") if first != "see" else first
    return _joined(_DOUBLED.get(first, f"{stem}ing"), *particle)


def _past(verb: str) -> str:
    first, *particle = verb.split()
    return _joined(_PAST.get(first, f"{first.removesuffix('e')}ed"), *particle)


def _at(place: str) -> str:
    return f"{'in' if place in _IN else 'on' if place in _ON else 'at'} the {place}"


def _to(place: str) -> str:
    return f"to the {place}"


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
