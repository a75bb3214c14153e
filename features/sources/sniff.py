"""A look at the first bytes of a file, to refuse what is no table before reading all of it."""

from __future__ import annotations

import codecs
import csv
from pathlib import Path

from features.dates import looks_like_date
from features.errors import UserError

HEAD = 1 << 16
LINES = 100
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
CONTROLS = {code for code in range(32) if chr(code) not in "\t\n\r\f"}


def read_head(path: Path) -> bytes:
    """The first bytes of a file.

    Raises:
        UserError: if there is no such file, or it is no file, unreadable or empty.
    """
    try:
        path.stat()
        if path.is_dir():
            raise UserError("it is a folder, expected a CSV or Parquet file; name a file in it")
        if not path.is_file():
            raise UserError("it is no regular file, expected a CSV or Parquet file; name another")
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError as error:
        raise UserError("there is no such file; check the name and the folder") from error
    except OSError as error:
        raise UserError(f"the system says {error.strerror!r}; check name and rights") from error
    if not head.strip():
        raise UserError("it is empty, expected a header line and rows; check how it was written")
    return head


def sniff_delimiter(head: bytes) -> str:
    """The delimiter of a CSV file with a header, from its first bytes.

    Raises:
        UserError: for binary data, another encoding than UTF-8, no lines, no columns, lines of
            different width, no header, or a name that two columns share.
    """
    lines = _lines(_text(head), whole=len(head) < HEAD)
    tables = {mark: list(csv.reader(lines, delimiter=mark)) for mark in DELIMITERS}
    mark = max(tables, key=lambda mark: _fitness(tables[mark]))
    table = tables[mark]
    width = len(table[0])
    if width == 1:
        raise UserError(
            f"its first line {_short(lines[0])} holds no delimiter "
            f"({', '.join(DELIMITERS.values())}), expected a header with at least a date column "
            "and a number column; check that it is a CSV file"
        )
    for number, fields in enumerate(table, 1):
        if len(fields) != width:
            raise UserError(
                f"line {number} has {len(fields)} fields and the header has {width} "
                f"(delimiter {DELIMITERS[mark]}), expected the same; correct the line"
            )
    _check_header(table[0])
    if len(table) == 1:
        raise UserError("it has a header but no rows, expected one row a date; add them")
    return mark


def _fitness(table: list[list[str]]) -> tuple[bool, int]:
    """A delimiter that cuts all lines into as many fields is better, then the one with most."""
    width = len(table[0])
    return width > 1 and all(len(fields) == width for fields in table), width


def _text(head: bytes) -> str:
    bad = next((at for at, byte in enumerate(head) if byte in CONTROLS), None)
    if bad is not None:
        raise UserError(
            f"byte {bad} is 0x{head[bad]:02x}, so it is binary and not CSV, "
            "expected UTF-8 text or Parquet; convert it"
        )
    try:
        return codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError as error:
        raise UserError(
            f"byte {error.start} is 0x{head[error.start]:02x}, which is not UTF-8, "
            "expected UTF-8 text or Parquet; save it as UTF-8"
        ) from error


def _lines(text: str, whole: bool) -> list[str]:
    """The first lines that are not blank, without one that the head cuts off."""
    lines = text.splitlines() if whole else text.splitlines()[:-1]
    if not lines:
        raise UserError(
            f"its first {HEAD} bytes hold no line break, expected a CSV file with a header line; "
            "check how it was written"
        )
    return [line for line in lines if line.strip()][:LINES]


def _check_header(names: list[str]) -> None:
    if any(looks_like_date(name) for name in names) or all(map(_is_number, names)):
        raise UserError(
            f"its first line {_short(','.join(names))} holds values, expected a header with "
            "column names; add one"
        )
    twice = [name for at, name in enumerate(names) if name in names[:at]]
    if twice:
        raise UserError(
            f"two columns are called {twice[0]!r}, expected different names; rename one"
        )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _short(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:40] + "…")
