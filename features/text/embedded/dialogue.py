"""What one may say to a small chatbot, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from features.text.corpus import Pair
from features.text.embedded.talk import TALK

_CAPITALS = {
    "France": "Paris",
    "Japan": "Tokyo",
    "Italy": "Rome",
    "Spain": "Madrid",
    "Germany": "Berlin",
    "England": "London",
    "Norway": "Oslo",
    "Egypt": "Cairo",
    "Kenya": "Nairobi",
    "Peru": "Lima",
    "Canada": "Ottawa",
    "Greece": "Athens",
    "Portugal": "Lisbon",
    "Austria": "Vienna",
    "Sweden": "Stockholm",
    "Finland": "Helsinki",
}
_OPPOSITES = (
    *(("hot", "cold"), ("big", "small"), ("long", "short"), ("old", "young"), ("fast", "slow")),
    *(("light", "dark"), ("happy", "sad"), ("rich", "poor"), ("early", "late"), ("full", "empty")),
    *(("high", "low"), ("open", "closed"), ("near", "far"), ("hard", "soft"), ("wet", "dry")),
)
_SOUNDS = {
    "dog": "barks",
    "cat": "meows",
    "cow": "moos",
    "horse": "neighs",
    "bee": "buzzes",
    "lion": "roars",
    "duck": "quacks",
    "sheep": "bleats",
    "wolf": "howls",
}
_COLOURS = {
    "the sky": "blue",
    "grass": "green",
    "snow": "white",
    "coal": "black",
    "a lemon": "yellow",
    "a tomato": "red",
    "chocolate": "brown",
    "a carrot": "orange",
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def dialogues() -> list[Pair]:
    """Prompts and answers, as they are written; a prompt has one answer."""
    return [*_talk(), *_knowledge()]


def _talk() -> Iterator[Pair]:
    for prompts, answer in TALK:
        yield from _each(prompts, answer)


def _knowledge() -> Iterator[Pair]:
    for country, city in _CAPITALS.items():
        asked: tuple[str, ...] = (
            f"What is the capital of {country}?",
            f"Which city is the capital of {country}?",
            f"Tell me the capital of {country}.",
            f"Do you know the capital of {country}?",
        )
        yield from _each(asked, f"The capital of {country} is {city}.")
        asked = (f"Where is {city}?", f"In which country is {city}?", f"Where do I find {city}?")
        yield from _each(asked, f"{city} is in {country}.")
    for word, other in (*_OPPOSITES, *(two[::-1] for two in _OPPOSITES)):
        asked = (f"What is the opposite of {word}?", f"What is not {word}?")
        yield from _each(asked, f"The opposite of {word} is {other}.")
    for animal, sound in _SOUNDS.items():
        asked = (f"What does a {animal} do?", f"What sound does a {animal} make?")
        yield from _each(asked, f"A {animal} {sound}.")
    for thing, colour in _COLOURS.items():
        asked = (f"What colour is {thing}?", f"Which colour does {thing} have?")
        yield from _each(asked, f"{thing[0].upper()}{thing[1:]} is {colour}.")
    yield from _days()
    yield from _sums()


def _days() -> Iterator[Pair]:
    for k, day in enumerate(_DAYS):
        after, before = _DAYS[(k + 1) % 7], _DAYS[k - 1]
        asked = (f"Which day comes after {day}?", f"What day follows {day}?")
        yield from _each(asked, f"After {day} comes {after}.")
        asked = (f"Which day comes before {day}?", f"What day precedes {day}?")
        yield from _each(asked, f"Before {day} comes {before}.")


def _sums() -> Iterator[Pair]:
    for one in range(1, 6):
        for other in range(1, 6):
            first, second, total = (_NUMBERS[k] for k in (one, other, one + other))
            asked = (f"What is {first} plus {second}?", f"How much is {first} and {second}?")
            yield from _each(asked, f"{first.capitalize()} plus {second} is {total}.")


def _each(prompts: Sequence[str], answer: str) -> Iterator[Pair]:
    return (Pair(prompt, answer) for prompt in prompts)
