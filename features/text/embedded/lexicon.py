"""What goes with what: who can do which things to which, and how they can be."""

from __future__ import annotations

from features.text.embedded.scenes import Tense

KIN = ("mother", "father", "grandmother", "grandfather", "older brother", "younger sister")
PEOPLE = ("teacher", "doctor", "student", "child", "girl", "boy", "woman", "man")
COUNTED_FOOD = ("apple", "orange", "egg", "cake")
FOOD = ("bread", "cheese", "rice", "soup", "fish", "meat")
DRINKS = ("water", "coffee", "tea", "milk", "wine")
TEXTS = ("book", "letter", "newspaper", "poem", "story")
CARRIED = ("bag", "box", "umbrella", "chair")
LOST = ("key", "bag", "watch", "umbrella", "hat")
THINGS = ("car", "bicycle", "hat", "watch", "bag", "umbrella", "chair", "painting", "box", "lamp")
CLOTHES = ("hat", "shirt")
ANIMALS = ("cat", "dog", "bird", "horse", "rabbit")
MASS = (*FOOD, *DRINKS, "music")

OBJECTS: dict[str, tuple[str, ...]] = {
    "eat": (*COUNTED_FOOD, *FOOD),
    "drink": DRINKS,
    "buy": (*COUNTED_FOOD, *FOOD, *DRINKS, *THINGS, "shirt", "book", "newspaper", "house"),
    "sell": ("apple", "cake", "cheese", "fish", *THINGS, "book", "house"),
    "read": TEXTS,
    "write": ("book", "letter", "poem", "story"),
    "see": (*ANIMALS, "tree", "house", "car", "film"),
    "watch": ("film",),
    "look for": (*LOST, "cat", "dog", "book", "letter", "shirt"),
    "find": (*LOST, "cat", "dog", "book", "letter"),
    "open": ("door", "window", "box", "letter"),
    "close": ("door", "window", "box"),
    "wash": ("car", "shirt", "dog", "apple"),
    "draw": (*ANIMALS, "house", "tree"),
    "make": ("cake", "soup", "bread", "cheese", "chair"),
    "carry": CARRIED,
    "lose": LOST,
    "help": PEOPLE,
    "wait for": (*PEOPLE, "bus"),
    "listen to": ("music", "song", "story"),
    "sing": ("song",),
    "clean": ("kitchen", "room", "house"),
    "like": (*COUNTED_FOOD, *FOOD, *DRINKS, *ANIMALS, "book", "poem", "song", "film", "music"),
    "have": (*THINGS, *ANIMALS, "shirt", "book", "house", "key"),
    "sleep": (),
    "work": (),
    "run": (),
    "swim": (),
    "dance": (),
    "go": (),
}
"""What each verb takes."""

TENSES: dict[str, tuple[Tense, ...]] = {
    "see": ("habit", "past", "future"),
    "find": ("past", "future"),
    "lose": ("past",),
    "like": ("habit",),
    "have": ("habit",),
    "go": ("habit", "past", "future"),
}
"""Of verbs that do not go with every tense."""

NO_MOOD = ("like", "have", "lose", "see")
"""Verbs that one says neither want, can nor must with."""

TIMES: dict[Tense, tuple[str | None, ...]] = {
    "habit": (None, "every day", "every morning", "on Sundays"),
    "now": (None, "now"),
    "past": (None, "yesterday", "this morning", "last week"),
    "future": (None, "tomorrow", "this evening", "next week"),
}

PLACES = (
    *("garden", "kitchen", "park", "school", "station", "market"),
    *("library", "hotel", "hospital", "office", "beach", "restaurant"),
)
PLACES_OF = {"swim": (), "run": ("garden", "park", "beach"), "clean": (), "lose": PLACES[2:]}
"""Of verbs that do not go with every place."""

ADJECTIVES: dict[str, tuple[str, ...]] = {
    "red": ("apple", "car", "bicycle", "hat", "bag", "umbrella", "chair", "box", "shirt", "door"),
    "blue": ("car", "bicycle", "hat", "bag", "umbrella", "chair", "box", "shirt", "door", "bird"),
    "white": ("car", "hat", "bag", "chair", "shirt", "house", "cat", "dog", "horse", "rabbit"),
    "black": ("car", "hat", "bag", "umbrella", "chair", "shirt", "cat", "dog", "horse", "bird"),
    "big": (*THINGS, *ANIMALS, "apple", "egg", "cake", "house", "tree", "key", "room"),
    "small": (*THINGS, *ANIMALS, "apple", "egg", "cake", "house", "tree", "key", "room"),
    "new": (*THINGS, "shirt", "book", "house", "key", "film", "song"),
    "old": (*THINGS, "shirt", "book", "letter", "house", "tree", "film", "song"),
    "beautiful": ("painting", "house", "song", "poem", "story", "bird", "horse", "tree"),
    "expensive": (*THINGS, "shirt", "house", "wine", "cheese", "meat"),
    "heavy": ("bag", "box", "chair", "lamp", "book"),
    "interesting": ("book", "newspaper", "story", "film", "letter"),
    "long": ("letter", "story", "poem", "film", "book", "song"),
    "delicious": (*COUNTED_FOOD, "bread", "cheese", "soup", "fish", "meat"),
    "hot": ("soup", "coffee", "tea", "milk"),
    "cold": ("water", "milk", "tea", "soup"),
    "fresh": ("fish", "milk", "egg"),
    "young": ("teacher", "doctor", "woman", "man"),
    "kind": ("teacher", "doctor", "woman", "girl", "boy", "man"),
    "famous": ("teacher", "doctor", "woman", "man"),
}
"""What each adjective is said of."""

MOODS_OF_PEOPLE = ("tired", "happy", "ill", "busy")
"""How people are for a while."""
NOT_VERY = ("red", "blue", "white", "black", "new", "delicious", "ill")
"""Adjectives that one does not strengthen."""
TRAITS = ("tall", "kind", "young", "famous")
"""How people are."""

AFTER_BUYING = {
    "eat": (*COUNTED_FOOD, *FOOD),
    "drink": DRINKS,
    "read": ("book", "newspaper"),
    "sell": ("car", "bicycle", "painting", "house", "watch"),
    "wash": ("car", "shirt", "apple"),
    "lose": LOST[1:],
}
"""What one does with what one has bought."""


def adjectives_of(noun: str) -> list[str]:
    """What can be said of a noun."""
    return [adjective for adjective, nouns in ADJECTIVES.items() if noun in nouns]
