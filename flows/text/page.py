"""The tables of the course's page, made of its registry.

`python -m flows.text.page docs/course.md` renews them in the file.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from flows.text.course import OBJECTIVES, chapter

_PART = re.compile(r"(<!-- chapter (\d) -->\n).*?(<!-- end -->)", re.DOTALL)


def renewed(text: str) -> str:
    """The page with the part of each chapter as the registry has it."""
    return _PART.sub(lambda part: f"{part[1]}{part_of(int(part[2]))}{part[3]}", text)


def part_of(number: int) -> str:
    """What the page says of a chapter: its objectives, and a row an example."""
    return "\n".join(_lines(number)) + "\n"


def _lines(number: int) -> Iterator[str]:
    yield "| Objective | Examples |\n|---|---|"
    for objective, numbers in OBJECTIVES[number].items():
        yield f"| {objective} | {', '.join(numbers)} |"
    yield "\n| | Example | What one learns | Read | Look at |\n|---|---|---|---|---|"
    for one in chapter(number):
        yield f"| {one.number} | {one.title} | {one.learn} | `{_path(one.read)}` | `{one.look}` |"


def _path(module: str) -> str:
    """Of a module or a package in the repository."""
    found = find_spec(module)
    assert found is not None
    return module.replace(".", "/") + ("/" if found.submodule_search_locations else ".py")


if __name__ == "__main__":
    file = Path(sys.argv[1])
    file.write_text(renewed(file.read_text(encoding="utf-8")), encoding="utf-8")
