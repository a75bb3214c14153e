"""A conversation with the chatbot of example 3.7: a sentence a line."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from features.errors import UserError
from flows.files import intact
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
        UserError: nothing has learned to chat yet, or not with this version.
    """
    machine = _machine(home / "text" / NAME)
    for line in _typed() if lines is None else lines:
        if not line.strip():
            return
        say(answer(machine, line) or "…")


def _machine(path: Path) -> Machine:
    advice = "train one with `forecastle text --examples 3.7`"
    if not path.is_file():
        raise UserError(f"there is no chatbot at {path}; {advice}")
    try:
        if intact(path):
            return Machine.kept(path)
    except (KeyError, TypeError, RuntimeError):  # other settings or weights than these have
        pass
    raise UserError(f"{path} is cut short, or of another version; {advice}")


def answer(machine: Machine, line: str) -> str:
    """What is answered to a line."""
    return machine.translate([plain(line)])[0]


def plain(line: str) -> str:
    """Lower case, marks apart from the words: `Who's there?` → `who 's there ?`."""
    return " ".join(re.sub(r"('|[.,;:!?])", r" \1", line.lower()).split())


def _typed() -> Iterator[str]:
    """Lines of the standard input, asked for where someone types them."""
    ask = "> " if sys.stdin.isatty() else ""
    while True:
        try:
            yield input(ask)
        except EOFError:
            return
