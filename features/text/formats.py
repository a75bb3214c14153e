"""Files of examples, format by format. Each function reads one file or pair of files."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from features.errors import UserError
from features.text.corpus import Labelled, Pair, Tagged
from features.text.reading import LONGEST_RECORD, blocks, lines, whole


def tab_separated(path: Path) -> list[Pair]:
    """Two columns with a tab between; further columns, as Tatoeba's licences, are left out."""
    pairs = []
    for number, line in enumerate(lines(path), start=1):
        source, *rest = (column.strip() for column in line.split("\t"))
        if not source or not rest or not rest[0]:
            raise UserError(
                f"{path} has one column in line {number}, expected two with a tab between; add "
                "the second"
            )
        pairs.append(Pair(source, rest[0]))
    return pairs


def parallel(source: Path, target: Path) -> list[Pair]:
    """Two files, line by line, as Moses has them."""
    read, written = lines(source), lines(target)
    if len(read) != len(written):
        raise UserError(
            f"{source} has {len(read):,} lines and {target} has {len(written):,}, expected as many "
            "in both; align them"
        )
    return [Pair(*two) for two in zip(read, written, strict=True)]


def one_class(path: Path, label: str) -> list[Labelled]:
    """An example a line, all of one class."""
    return [Labelled(line, label) for line in lines(path)]


def columns_of_classes(path: Path) -> list[Labelled]:
    """A text and its class with a tab between."""
    return [Labelled(*two) for two in tab_separated(path)]


def conll(path: Path) -> list[Tagged]:
    """A token a line, its tag the last column, an empty line between sentences (CoNLL 2003)."""
    sentences = []
    for block in blocks(path):
        rows = [(number, line.split()) for number, line in block]
        rows = [(number, row) for number, row in rows if row[0] != "-DOCSTART-"]
        for number, row in rows:
            if len(row) < 2:
                raise UserError(
                    f"{path} has one column in line {number}, expected a token and its tag; add "
                    "the tag"
                )
        if rows:
            sentences.append(
                Tagged(tuple(row[0] for _, row in rows), tuple(row[-1] for _, row in rows))
            )
    if not sentences:
        raise UserError(f"{path} holds no tagged sentence; name another file")
    return sentences


def records(path: Path, wanted: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """The named fields of each line of JSON.

    Raises:
        UserError: a line that is no JSON object, or lacks a field.
    """
    for number, line in enumerate(lines(path, LONGEST_RECORD), start=1):
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = getattr(error, "msg", None) or str(error)
            raise UserError(
                f"{path} has no JSON in line {number} ({reason}), expected an object in each "
                "line; mend it"
            ) from error
        yield picked(record, wanted, f"{path}, line {number}")


def picked(
    record: object, wanted: Sequence[str], where: str, blank: bool = False
) -> tuple[Any, ...]:
    """Fields of a record, which may be empty if `blank`.

    Raises:
        UserError: it is no record, lacks one, or has nothing in it.
    """
    if not isinstance(record, dict):
        raise UserError(f"{where} is {type(record).__name__}, expected an object of named fields")
    for name in wanted:
        if name not in record:
            there = ", ".join(map(str, record)) or "none"
            raise UserError(
                f"{where} has no field '{name}', its fields are {there}; name the one that is "
                f"meant behind the source, as ?text=NAME"
            )
        if is_empty(record[name]) and not blank:
            raise UserError(
                f"{where} has nothing in its field '{name}', expected something in every record; "
                "take the record out"
            )
    return tuple(record[name] for name in wanted)


def is_empty(value: object) -> bool:
    """Whether a field has nothing in it."""
    return value in (None, []) or (isinstance(value, str) and not value.strip())


def flat(value: object) -> str:
    """A text on one line; a list of sentences becomes one."""
    text = " ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    return " ".join(text.split())


def first(value: object) -> str:
    """A text on one line; of several, the first."""
    return flat(value[0] if isinstance(value, list | tuple) else value)


def chatterbot(path: Path) -> list[Pair]:
    """Dialogues in YAML as ChatterBot has them: what is said answers what was said before it.

    Raises:
        UserError: no YAML, or no list `conversations` of lists of texts.
    """
    import yaml

    try:
        content = yaml.load(whole(path), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date that is none
        reason = " ".join(str(error).split())
        raise UserError(f"{path} is no YAML: {reason}; mend it") from error
    talks = content.get("conversations") if isinstance(content, dict) else None
    if not isinstance(talks, list) or not all(isinstance(talk, list | str) for talk in talks):
        raise UserError(
            f"{path} has no list 'conversations' of lists, expected dialogues as ChatterBot has "
            "them; name such a file"
        )
    answered = (talk for talk in talks if isinstance(talk, list))  # a lone text has no answer
    said = [[flat(one) for one in talk if one is not None] for talk in answered]
    return [Pair(a, b) for talk in said for a, b in pairwise(talk) if a and b]
