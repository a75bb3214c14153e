"""A conversation with the chatbot of example 3.7: a sentence a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from features.errors import UserError
from flows.text.translating import Machine

NAME = "chat.safetensors"


def chat(
    home: Path, lines: Iterable[str] | None = None, say: Callable[[str], None] = print
) -> None:
    """Answer each line, until there is none or an empty one.

    Args:
        home: the user's folder; `text/chat.safetensors` is in it.
        lines: what is said; the standard input without it.
        say: what shows an answer.

    Raises:
        UserError: nothing has learned to chat yet.
    """
    path = home / "text" / NAME
    if not path.is_file():
        raise UserError(
            f"there is no chatbot at {path}; train one with `forecastle text --chapters 3`"
        )
    machine = Machine.kept(path)
    for line in _typed() if lines is None else lines:
        if not line.strip():
            return
        say(answer(machine, line))


def answer(machine: Machine, line: str) -> str:
    """What is answered to a line."""
    return machine.translate([plain(line)])[0]


def plain(line: str) -> str:
    """Lower case, marks apart from the words: `Who's there?` → `who 's there ?`."""
    return " ".join(re.sub(r"('|[.,;:!?])", r" \1", line.lower()).split())


def _typed() -> Iterator[str]:
    """Lines of the standard input, asked for where someone types them."""
    while True:
        try:
            yield input("> ")
        except EOFError:
            return
