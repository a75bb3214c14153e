"""How a scene is said in Japanese, with a space between tokens, in the polite form."""

from __future__ import annotations

from features.text.embedded.japanese_words import (
    ADJECTIVES,
    COUNTERS,
    NAMES,
    NOUNS,
    NUMBERS,
    PLACES,
    PRONOUNS,
    TIMES,
    VERBS,
    Adjective,
    Verb,
)
from features.text.embedded.lexicon import ANIMALS, KIN, PEOPLE
from features.text.embedded.scenes import (
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


def say(scene: Scene) -> str:
    """A sentence in tokens."""
    asked = isinstance(scene, Where | What) or getattr(scene, "asked", False)
    return f"{_words(scene)} {'か 。' if asked else '。'}"


def _words(scene: Scene) -> str:
    match scene:
        case Act():
            return _act(scene)
        case State():
            return f"{_phrase(scene.subject)} は {_so(scene)}"
        case There(phrase, place, negated):
            verb = "い" if is_alive(phrase) else "あり"
            if negated:
                return f"{PLACES[place]} に {_phrase(phrase)} は {verb} ませ ん"
            return _joined(PLACES[place], "に", _phrase(phrase), "が", _count(phrase), verb, "ます")
        case Where(phrase):
            verb = "い" if is_alive(phrase) else "あり"
            return f"{_phrase(phrase)} は どこ に {verb} ます"
        case What(act):
            time = TIMES[act.time] if act.time else None
            verb = VERBS[act.verb].stem
            return _joined(_phrase(act.subject), "は", time, "何 を", verb, "まし た")
        case But() | BecauseSubject() | BecauseObject() | Then():
            return _two(scene)


def _two(scene: Joined) -> str:
    match scene:
        case But(first, second):
            return f"{_act(first)} が 、 {_act(second)}"
        case BecauseSubject(act, adjective):
            why = _so(State(act.subject, adjective, past=True))
            return f"{_phrase(act.subject)} は {why} から 、 {_predicate(act)}"
        case BecauseObject(act, adjective):
            assert act.object is not None
            why = _so(State(act.object, adjective, past=True))
            verb = VERBS[act.verb].stem
            what, who = _phrase(act.object), _phrase(act.subject)
            return f"{what} が {why} から 、 {who} は それ を {verb} まし た"
        case Then(act, verb):
            before = _joined(_phrase(act.subject), "は", _adverbs(act), _object(act))
            return f"{before} {VERBS[act.verb].te} 、 {VERBS[verb].stem} まし た"


def _act(act: Act) -> str:
    if act.time_first:
        assert act.time is not None
        return f"{TIMES[act.time]} 、 {_phrase(act.subject)} は {_predicate(act, timed=False)}"
    return f"{_phrase(act.subject)} は {_predicate(act)}"


def _predicate(act: Act, timed: bool = True) -> str:
    if act.verb == "like":
        assert act.object is not None
        end = "で は あり ませ ん" if act.negated else "です"
        return f"{_phrase(act.object)} が 好き {end}"
    return _joined(_adverbs(act, timed), _object(act), _verb(act))


def _adverbs(act: Act, timed: bool = True) -> str:
    time = TIMES[act.time] if act.time and timed else None
    particle = "に" if act.verb == "go" else "で"
    place = f"{PLACES[act.place]} {particle}" if act.place else None
    return _joined(time, place)


def _object(act: Act) -> str:
    if act.object is None:
        return ""
    return _joined(_phrase(act.object), "を", _count(act.object))


def _verb(act: Act) -> str:
    verb = VERBS[act.verb]
    if act.verb == "have":
        kept = act.object is not None and act.object.noun in ANIMALS
        return f"{'飼っ' if kept else '持っ'} て い {'ませ ん' if act.negated else 'ます'}"
    match act.mood:
        case "want":
            return _want(act, verb)
        case "can":
            return f"{verb.plain} こと が でき {'ませ ん' if act.negated else 'ます'}"
        case "must" if act.negated:
            return f"{verb.te} は いけ ませ ん"
        case "must":
            return f"{verb.negative} なけれ ば なり ませ ん"
    stem = f"{verb.te} い" if act.tense == "now" else verb.stem
    if act.tense == "past":
        return f"{stem} {'ませ ん でし た' if act.negated else 'まし た'}"
    return f"{stem} {'ませ ん' if act.negated else 'ます'}"


def _want(act: Act, verb: Verb) -> str:
    """One says `たい` of oneself, or asks it; of others one says that they show it."""
    if act.subject.noun in ("I", "we") or (act.asked and act.subject.noun == "you"):
        return f"{verb.stem} {'たく ない' if act.negated else 'たい'} です"
    return f"{verb.stem} たがっ て い {'ませ ん' if act.negated else 'ます'}"


def _so(state: State) -> str:
    one: Adjective = ADJECTIVES[state.adjective]
    very = "とても " if state.very else ""
    return very + one.ends[state.past * 2 + state.negated]


def _phrase(phrase: Phrase) -> str:
    if not phrase.determiner:
        return NAMES.get(phrase.noun) or PRONOUNS[phrase.noun]
    whose = _whose(phrase.determiner)
    bought = f"{NAMES[phrase.bought_by]} が 買っ た" if phrase.bought_by else None
    how = ADJECTIVES[phrase.adjective].before if phrase.adjective else None
    noun = NOUNS[phrase.noun]
    counted = phrase.determiner in NUMBERS
    many = "たち" if phrase.plural and phrase.noun in PEOPLE and not counted else None
    return _joined(bought, whose, how, noun, many)


def _whose(determiner: str) -> str | None:
    if determiner == "this":
        return "この"
    owner = NAMES.get(determiner) or PRONOUNS.get(determiner)
    return f"{owner} の" if owner else None


def _count(phrase: Phrase) -> str | None:
    if phrase.determiner not in NUMBERS:
        return None
    default = "人" if phrase.noun in PEOPLE else "つ"
    return f"{NUMBERS[phrase.determiner]} {COUNTERS.get(phrase.noun, default)}"


def is_alive(phrase: Phrase) -> bool:
    """Whether it `い ます` rather than `あり ます`."""
    return phrase.noun in (*ANIMALS, *PEOPLE, *KIN)


def _joined(*parts: str | None) -> str:
    return " ".join(part for part in parts if part)
