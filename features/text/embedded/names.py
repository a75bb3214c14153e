"""Sentences with the names of people, places, organisations and other things tagged.

Many names are of more than one kind, as `Lincoln`, `Amazon` or `Georgia` are: what stands around
them tells which. Tags are those of CoNLL 2003 (Tjong Kim Sang and De Meulder 2003): `B-` begins a
name, `I-` goes on with it, `O` is none.
"""

from __future__ import annotations

import random
import re

from features.text.corpus import Tagged
from features.text.embedded.drawing import drawn

SENTENCES = 3000
_FIRST = (
    *("Anna", "Paul", "Maria", "John", "Sofia", "David", "Emma", "Peter", "Laura", "Ahmed"),
    *("Yuki", "Carlos", "Nina", "Omar", "Grace", "Ivan", "Ruth", "Louis", "Mei", "Samuel"),
    *("Georgia", "Virginia", "Jordan", "Florence", "Sydney", "Austin", "Chelsea", "Paris"),
)
_LAST = (
    *("Lincoln", "Washington", "Houston", "Jackson", "Hamilton", "Ford", "Disney", "Morgan"),
    *("Smith", "Garcia", "Tanaka", "Müller", "Rossi", "Novak", "Silva", "Kim", "Haddad", "Okafor"),
    *("Larsen", "Dubois", "Kowalski", "Singh", "Moreau", "Petrov", "Lopez", "Nielsen"),
)
_PLACES = (
    *("Lincoln", "Washington", "Houston", "Jackson", "Hamilton", "Amazon", "Georgia", "Virginia"),
    *("Jordan", "Florence", "Sydney", "Austin", "Chelsea", "Paris", "Victoria", "Phoenix"),
    *("Berlin", "Tokyo", "Kenya", "Norway", "Lima", "Cairo", "New York", "New Zealand"),
    *("Buenos Aires", "Sri Lanka", "South Korea", "Los Angeles", "Cape Town", "San Marino"),
)
_FIRMS = (
    *("Ford", "Disney", "Amazon", "Morgan", "Chelsea", "Phoenix", "Victoria", "Oxford"),
    *("Northwind", "Bluebird", "Delta Bank", "Red Lion", "Silver Rail", "Orion", "Helix", "Nova"),
)
_ORGANISATIONS = (
    *("University of <L>", "Bank of <L>", "<L> United", "<L> Times", "<F> Motors"),
    *("<F> and <F>", "<L> City Council", "Institute of <L>", "<F> Foundation", "<P> Ltd"),
)
_PEOPLES = ("French", "Japanese", "Kenyan", "Norwegian", "Chinese", "Brazilian", "Swiss", "Thai")
_EVENTS = (
    *("World Cup", "Olympic Games", "Davis Cup", "Tour de France", "Paris Marathon"),
    *("Berlin Film Festival", "Lincoln Prize", "Washington Open"),
)
_PATTERNS = (
    "<PER> was born in <LOC> .",
    "<PER> moved from <LOC> to <LOC> in 1998 .",
    "<PER> , who lives in <LOC> , works for <ORG> .",
    "<PER> and <PER> met in <LOC> last summer .",
    "<PER> said on Monday that <ORG> would close its office in <LOC> .",
    "<ORG> opened a new factory near <LOC> .",
    "<ORG> said that profits rose by ten percent .",
    "<ORG> bought <ORG> for three million dollars .",
    "<ORG> appointed <PER> as its director .",
    "Shares of <ORG> fell after <PER> resigned .",
    "The director of <ORG> , <PER> , flew to <LOC> .",
    "The capital of <LOC> is far from <LOC> .",
    "Heavy rain fell over <LOC> and <LOC> on Tuesday .",
    "The train from <LOC> to <LOC> was late again .",
    "In <LOC> , <PER> spoke with students of <ORG> .",
    "The <NAT> singer <PER> gave a concert in <LOC> .",
    "<PER> won the <EVENT> in <LOC> .",
    "The <NAT> minister visited <LOC> with <PER> .",
    "After the <EVENT> , <PER> returned to <LOC> .",
    "<ORG> will sponsor the <EVENT> next year .",
    "Many <NAT> tourists came to <LOC> this spring .",
    "My neighbour <PER> reads the <NAT> papers every day .",
    "Doctor <PER> wrote a book about <LOC> .",
    '" <LOC> is beautiful , " said <PER> .',
    "Police in <LOC> arrested a man on Friday .",
    "The river flows through <LOC> into the sea .",
    "<PER> never answered the letter .",
    "Workers at <ORG> went on strike .",
    "A spokesman for <ORG> did not comment .",
    "Nobody was hurt , the police said .",
    "The weather was fine and the harvest good .",
)


def sentences() -> list[Tagged]:
    """Sentences with a tag for each token."""
    return drawn(_sentence, SENTENCES)


def _sentence(draw: random.Random) -> Tagged:
    tokens: list[str] = []
    tags: list[str] = []
    for word in draw.choice(_PATTERNS).split():
        kind = re.fullmatch("<([A-Z]+)>", word)
        if not kind:
            tokens.append(word)
            tags.append("O")
            continue
        name = _name(draw, kind[1]).split()
        tokens += name
        tag = {"NAT": "MISC", "EVENT": "MISC"}.get(kind[1], kind[1])
        tags += [f"{'I' if k else 'B'}-{tag}" for k in range(len(name))]
    return Tagged(tuple(tokens), tuple(tags))


def _name(draw: random.Random, kind: str) -> str:
    if kind == "PER":
        first, last = draw.choice(_FIRST), draw.choice(_LAST)
        return draw.choice((f"{first} {last}", f"{first} {last}", first, last))
    if kind == "LOC":
        return draw.choice(_PLACES)
    if kind in ("NAT", "EVENT"):
        return draw.choice(_PEOPLES if kind == "NAT" else _EVENTS)
    if draw.random() < 0.5:
        return draw.choice(_FIRMS)
    parts = {"L": _PLACES, "F": _LAST, "P": _FIRMS}
    return re.sub("<(.)>", lambda one: draw.choice(parts[one[1]]), draw.choice(_ORGANISATIONS))
