"""Short reports of matches, markets and the weather, each with its summary of one sentence.

The fact that the summary tells stands anywhere in the report, but never as its first sentence.
"""

from __future__ import annotations

import random

from features.text.corpus import Pair
from features.text.embedded.drawing import drawn

REPORTS = 2000
_TOWNS = (
    *("Ashford", "Bexley", "Corby", "Dover", "Exeter", "Falmouth", "Grimsby", "Hull", "Ipswich"),
    *("Jarrow", "Kendal", "Leeds", "Maldon", "Norwich", "Oxford", "Poole", "Reading", "York"),
)
_PLAYERS = ("Adams", "Baker", "Clark", "Davis", "Evans", "Foster", "Green", "Hughes", "Irwin")
_FIRMS = (
    *("Northwind", "Bluebird", "Helix", "Orion", "Nova Foods", "Silver Rail", "Delta Bank"),
    *("Red Lion", "Harbour Steel", "Green Valley", "Atlas Motors", "Polar Air"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DEGREES = {"snow": (-9, 1), "frost": (-12, -1), "sunshine": (-9, 35)}
_GOODS = ("cars", "lamps", "shoes", "bicycles", "books", "chairs", "coffee", "engines")


def reports() -> list[Pair]:
    """Reports and summaries, in tokens with spaces between."""
    return drawn(lambda draw: draw.choice((_match, _market, _weather))(draw), REPORTS)


def _told(draw: random.Random, opening: str, fact: str, rest: list[str], most: int) -> str:
    """The opening, then the fact among some of the rest, in any order."""
    body = [fact, *draw.sample(rest, draw.randint(2, most))]
    draw.shuffle(body)
    return " ".join([opening, *body])


def _match(draw: random.Random) -> Pair:
    home, away = draw.sample(_TOWNS, 2)
    day, player, other = draw.choice(_DAYS), *draw.sample(_PLAYERS, 2)
    ours, theirs = draw.randint(0, 5), draw.randint(0, 5)
    opening = draw.choice(
        (
            f"{home} played at home against {away} on {day} .",
            f"On {day} {home} received {away} .",
            f"{draw.randint(2, 40)} thousand people saw {home} against {away} on {day} .",
        )
    )
    if ours == theirs:
        fact = draw.choice(
            (f"After ninety minutes it was {ours} : {theirs} .", f"It ended {ours} : {theirs} .")
        )
        summary = f"{home} and {away} drew {ours} : {theirs} ."
    else:
        winner, loser = (home, away) if ours > theirs else (away, home)
        score = f"{max(ours, theirs)} : {min(ours, theirs)}"
        fact = draw.choice(
            (
                f"In the end {winner} won {score} .",
                f"{loser} lost {score} .",
                f"{winner} left the field as winners , {score} .",
            )
        )
        summary = f"{winner} beat {loser} {score} ."
    rest = [
        f"{player} was the best player on the field .",
        f"{other} had to leave with an injury .",
        f"It rained during the whole of the {draw.choice(('first', 'second'))} half .",
        f"The referee showed {draw.choice(('two', 'three', 'four'))} yellow cards .",
        f"{player} hit the post after {draw.randint(5, 40)} minutes .",
        f"The supporters of {away} sang until the end .",
    ]
    return Pair(_told(draw, opening, fact, rest, 4), summary)


def _market(draw: random.Random) -> Pair:
    firm, day = draw.choice(_FIRMS), draw.choice(_DAYS[:5])
    percent, goods = draw.randint(2, 30), draw.choice(_GOODS)
    rises = draw.random() < 0.5
    opening = draw.choice(
        (
            f"{firm} held its yearly meeting on {day} .",
            f"On {day} {firm} told investors about its year .",
            f"The board of {firm} met in {draw.choice(_TOWNS)} on {day} .",
        )
    )
    up = ("rose by", "grew by", "went up by") if rises else ("fell by", "sank by", "went down by")
    fact = f"Profits {draw.choice(up)} {percent} percent ."
    summary = f"Profits of {firm} {'rose' if rises else 'fell'} by {percent} percent ."
    rest = [
        f"The firm makes {goods} in {draw.choice(_TOWNS)} .",
        f"It has {draw.randint(2, 90)} thousand workers .",
        f"The chairman , {draw.choice(_PLAYERS)} , thanked the staff .",
        f"A new factory is to open in {draw.choice(_TOWNS)} .",
        "Nothing was said about next year .",
        f"Its rival {draw.choice([f for f in _FIRMS if f != firm])} reports next week .",
    ]
    return Pair(_told(draw, opening, fact, rest, 4), summary)


def _weather(draw: random.Random) -> Pair:
    town, day = draw.choice(_TOWNS), draw.choice(_DAYS)
    weather = draw.choice(("snow", "rain", "fog", "storms", "sunshine", "frost"))
    degrees = draw.randint(*_DEGREES.get(weather, (2, 30)))
    opening = draw.choice(
        (
            f"The people of {town} were surprised on {day} .",
            f"It was an unusual {day} in {town} .",
            f"{town} will remember this {day} .",
        )
    )
    fact = draw.choice(
        (
            f"There was {weather} from morning to evening .",
            f"The whole day brought {weather} .",
            f"The forecasters had not expected {weather} .",
        )
    ).replace("was storms", "were storms")
    summary = f"{town} had {weather} on {day} ."
    rest = [
        f"At noon the thermometer showed {degrees} degrees .",
        f"Schools closed {draw.choice(('early', 'late', 'at noon'))} .",
        f"{draw.choice(_PLAYERS)} , a farmer , spoke of a difficult year .",
        f"Trains to {draw.choice([t for t in _TOWNS if t != town])} were late .",
        f"The wind came from the {draw.choice(('north', 'south', 'east', 'west'))} .",
        "In the evening the streets were empty .",
    ]
    return Pair(_told(draw, opening, fact, rest, 4), summary)
