"""Lines of a text file; what is wrong with one is said in a sentence."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from features.errors import UserError

LONGEST = 20_000
"""Characters of a line of examples; a longer one is a file of another kind."""
LONGEST_RECORD = 2_000_000
"""Characters of a line of JSON."""


def whole(path: Path) -> str:
    """A file's text, with the line ends of Unix.

    Raises:
        UserError: no such file, one that cannot be read or is empty, or no UTF-8.
    """
    content = _bytes(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path} has the byte 0x{content[error.start]:02X} in line {line}, which is no UTF-8; "
            "convert the file, as with `iconv -f LATIN1 -t UTF-8`"
        ) from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        raise UserError(f"{path} has a zero byte in line {line}, expected text; name a text file")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise UserError(f"{path} is empty, expected text; name another file")
    return text


def lines(path: Path, longest: int = LONGEST) -> list[str]:
    """The lines of a file, stripped of white space, none of them empty.

    Args:
        path: of the file; compressed where its name ends in `.gz`.
        longest: characters that a line may have.

    Raises:
        UserError: as `whole`, an empty line, or one that is too long.
    """
    found = [line.strip() for line in whole(path).rstrip().split("\n")]
    for number, line in enumerate(found, start=1):
        if not line:
            raise UserError(
                f"{path} has nothing in line {number} of {len(found)}, expected an example in "
                "each; remove the line"
            )
        require_length(line, path, number, longest)
    return found


def require_length(line: str, path: Path, number: int, longest: int = LONGEST) -> None:
    """Refuse a line that is too long to be an example.

    Raises:
        UserError: it is.
    """
    if len(line) > longest:
        raise UserError(
            f"{path} has {len(line):,} characters in line {number}, expected at most {longest:,}; "
            "break the line, or name a file of examples"
        )


def blocks(path: Path) -> Iterator[list[tuple[int, str]]]:
    """Runs of lines between empty ones, each line with its number."""
    block: list[tuple[int, str]] = []
    for number, line in enumerate(whole(path).split("\n"), start=1):
        if line.strip():
            require_length(line, path, number)
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _bytes(path: Path) -> bytes:
    try:
        if not path.exists():
            raise UserError(f"there is no file {path}; name one that is there")
        content = path.read_bytes()
        return gzip.decompress(content) if path.suffix == ".gz" else content
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UserError(f"{path} cannot be read: {why}; name another file") from error
