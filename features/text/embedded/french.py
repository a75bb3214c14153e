"""How a scene is said in French."""

from __future__ import annotations

from features.text.embedded import english
from features.text.embedded.french_words import (
    ADJECTIVES,
    ALLER,
    AT,
    AVOIR,
    BEFORE,
    ETAIT,
    ETRE,
    FEMININE_NAMES,
    MODALS,
    MY,
    NAMES,
    NOUNS,
    PRONOUNS,
    TIMES,
    TO,
    VERBS,
    VOWELS,
    Adjective,
)
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

_ELIDED = {"je", "ne", "de", "que", "le", "la", "parce que", "est-ce que", "qu'est-ce que"}


def say(scene: Scene) -> str:
    """A sentence as it is written, with a space before a question mark."""
    asked = isinstance(scene, Where | What) or getattr(scene, "asked", False)
    words = written(_words(scene))
    return words[0].upper() + words[1:] + (" ?" if asked else ".")


def written(words: list[str]) -> str:
    """Words with what French makes of some that meet: `le arbre` → `l'arbre`, `de le` → `du`."""
    kept: list[str] = []
    for k, word in enumerate(words):
        after = words[k + 1] if k + 1 < len(words) else ""
        if word in _ELIDED and after.startswith(VOWELS):
            kept.append(f"{word[:-1]}'")
        else:
            kept.append(f"{word} ")
    text = "".join(kept).strip()
    return text.replace(" ,", ",")


def _words(scene: Scene) -> list[str]:
    match scene:
        case Act():
            return _act(scene)
        case State():
            return _state(scene)
        case There(phrase, place, negated):
            if negated:
                return ["il", "ne", "y", "a", "pas", *_without(phrase), AT[place]]
            return ["il", "y", "a", *_phrase(phrase), AT[place]]
        case Where(phrase):
            return ["où", "sont" if phrase.plural else "est", *_phrase(phrase)]
        case What(act):
            return ["qu'est-ce que", *_phrase(act.subject), *_verb(act), *_time(act)]
        case But() | BecauseSubject() | BecauseObject() | Then():
            return _two(scene)


def _two(scene: Joined) -> list[str]:
    match scene:
        case But(first, second):
            return [*_act(first), ",", "mais", *_act(second)]
        case BecauseSubject(act, adjective):
            other = Phrase(english.pronoun(act.subject))
            if act.subject.plural:
                other = Phrase("they" if not is_feminine(act.subject) else "they (f)")
            said = _state(State(other, adjective, past=True))
            return [*_act(act), "parce que", *said]
        case BecauseObject(act, adjective):
            assert act.object is not None
            said = _they_were(act.object, adjective)
            return [*_act(act), "parce que", *said]
        case Then(act, verb):
            assert act.object is not None
            return [*_act(act), "et", *_clitic(act, verb)]


def _act(act: Act) -> list[str]:
    subject, verb = _phrase(act.subject), _verb(act)
    where = [(TO if act.verb == "go" else AT)[act.place]] if act.place else []
    said = [*subject, *verb, *_object(act), *where]
    if act.asked:
        return ["est-ce que", *said, *_time(act)]
    if act.time_first:
        return [*_time(act), ",", *said]
    return [*said, *_time(act)]


def _object(act: Act) -> list[str]:
    if act.object is None:
        return []
    bare = act.object.determiner in ("a", "some")
    return _without(act.object) if act.negated and bare else _phrase(act.object)


def _time(act: Act) -> list[str]:
    return [TIMES[act.time]] if act.time else []


def _verb(act: Act) -> list[str]:
    verb, who = VERBS[act.verb], _person(act.subject)
    tail: list[str] = []
    if act.mood != "plain":
        head, tail = MODALS[act.mood][who], [verb.infinitive]
    elif act.tense == "past" and act.verb == "go":
        head, tail = ETRE[who], [f"allé{_ending(act.subject)}"]
    elif act.tense == "past":
        head, tail = AVOIR[who], [verb.participle]
    elif act.tense == "future":
        head = verb.future + ("ai", "as", "a", "ons", "ez", "ont")[who]
    else:
        head = ALLER[who] if act.verb == "go" else verb.present[who]
    return ["ne", head, "pas", *tail] if act.negated else [head, *tail]


def _state(state: State) -> list[str]:
    verb = (ETAIT if state.past else ETRE)[_person(state.subject)]
    how = _said_of(state.subject, state.adjective)
    very = ["très"] if state.very else []
    no = (["ne", verb, "pas"]) if state.negated else [verb]
    return [*_phrase(state.subject), *no, *very, how]


def _they_were(phrase: Phrase, adjective: str) -> list[str]:
    feminine = is_feminine(phrase)
    it = ("elles" if feminine else "ils") if phrase.plural else ("elle" if feminine else "il")
    return [it, ETAIT[5 if phrase.plural else 2], _said_of(phrase, adjective)]


def _said_of(phrase: Phrase, adjective: str) -> str:
    """The adjective behind the verb, where what is new of a thing is `neuf`."""
    if adjective == "new" and phrase.noun not in ("film", "song"):
        adjective = "new (said of a thing)"
    return _agreeing(adjective, is_feminine(phrase), _is_many(phrase))


def _clitic(act: Act, verb: str) -> list[str]:
    """`l'a mangée`: the participle agrees with the object before it."""
    assert act.object is not None
    it = "les" if act.object.plural else "la" if is_feminine(act.object) else "le"
    participle = VERBS[verb].participle + _ending(act.object)
    return [it, AVOIR[_person(act.subject)], participle]


def _phrase(phrase: Phrase) -> list[str]:
    if not phrase.determiner:
        return [NAMES.get(phrase.noun) or PRONOUNS[phrase.noun]]
    noun = _noun(phrase)
    of, that = [], []
    if phrase.determiner[0].isupper() and phrase.determiner != "I":
        of = ["de", NAMES[phrase.determiner]]
    if phrase.bought_by:
        that = ["que", NAMES[phrase.bought_by], "a", f"acheté{_ending(phrase)}"]
    return [*_determiner(phrase, noun), *noun, *of, *that]


def _without(phrase: Phrase) -> list[str]:
    """After a negation: `pas de pomme`."""
    return ["de", *_noun(phrase)]


def _noun(phrase: Phrase) -> list[str]:
    one = NOUNS[phrase.noun]
    noun = one.plural if phrase.plural else one.singular
    if phrase.adjective is None:
        return noun.split()
    before = phrase.adjective in BEFORE
    next_vowel = before and noun.startswith(VOWELS)
    how = _agreeing(phrase.adjective, one.feminine, phrase.plural, next_vowel)
    return [how, *noun.split()] if before else [*noun.split(), how]


def _determiner(phrase: Phrase, noun: list[str]) -> list[str]:
    feminine, many = NOUNS[phrase.noun].feminine, phrase.plural
    vowel = noun[0].startswith(VOWELS)
    match phrase.determiner:
        case "a":
            return ["une" if feminine else "un"]
        case "some":
            return ["de", "la"] if feminine else ["de", "le"] if vowel else ["du"]
        case "this":
            return ["ces" if many else "cette" if feminine else "cet" if vowel else "ce"]
        case "two" | "three":
            return [{"two": "deux", "three": "trois"}[phrase.determiner]]
        case pronoun if pronoun in MY:
            masculine, as_feminine, as_plural = MY[pronoun]
            return [as_plural if many else as_feminine if feminine and not vowel else masculine]
        case _:  # the, a name's, or all of a kind
            return ["les" if many else "la" if feminine else "le"]


def _agreeing(adjective: str, feminine: bool, many: bool, vowel: bool = False) -> str:
    one: Adjective = ADJECTIVES[adjective]
    if feminine:
        return one.feminine + ("s" if many else "")
    if many:
        return one.plural
    return one.before_vowel or one.masculine if vowel else one.masculine


def is_feminine(phrase: Phrase) -> bool:
    """Its gender; `I` and `you` are men in this corpus, as `they` are."""
    if phrase.noun in NOUNS:
        return NOUNS[phrase.noun].feminine
    return phrase.noun in FEMININE_NAMES


def _ending(phrase: Phrase) -> str:
    return ("e" if is_feminine(phrase) else "") + ("s" if _is_many(phrase) else "")


def _is_many(phrase: Phrase) -> bool:
    return phrase.plural or phrase.noun in ("we", "they", "they (f)")


def _person(phrase: Phrase) -> int:
    """Which of the six forms of a verb."""
    persons = {"I": 0, "you": 1, "we": 3, "they": 5, "they (f)": 5}
    return persons.get(phrase.noun, 5 if phrase.plural else 2)
