"""The course: seven examples a chapter, each of which runs and leaves what it says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from features.errors import UserError
from flows.text.bench import Bench
from flows.text.course import _WORDS, CHAPTERS, OBJECTIVES, chapter, example
from flows.text.example import Example
from flows.text.page import part_of
from models.training import Epoch

ROOT = Path(__file__).parents[3]
THERE = [n for n in CHAPTERS if find_spec(f"flows.text.chapter_{_WORDS[n - 1]}")]
EXAMPLES = [one for number in THERE for one in chapter(number)]


class Watch:
    """A record that notes what it is told of, and when."""

    def __init__(self) -> None:
        self.begun: Counter[str] = Counter()
        self.told: set[str] = set()

    def params(self, name: str, params: Mapping[str, Any]) -> None:
        self.begun[name] += 1

    def epoch(self, name: str, epoch: Epoch) -> None:
        assert name in self.begun

    def metrics(self, name: str, metrics: Mapping[str, float]) -> None:
        assert all(isinstance(float(value), float) for value in metrics.values())
        self.told.add(name)


@pytest.fixture(scope="session")
def trained() -> dict[str, str]:
    """Names of the models of each chapter, and the example that trained each."""
    return {}


@pytest.mark.parametrize("number", THERE)
def test_a_chapter_has_seven_examples_in_order(number: int) -> None:
    assert [one.number for one in chapter(number)] == [f"{number}.{k}" for k in range(1, 8)]
    assert len({one.look for one in chapter(number)}) == 7


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.number)
def test_what_an_example_names_is_there(one: Example) -> None:
    assert find_spec(one.read) is not None
    assert one.look.startswith(f"{one.number}-")
    assert one.learn[0].isupper()
    assert one.learn.endswith(".")
    assert "\n" not in one.learn + one.title
    assert "|" not in one.learn + one.title


@pytest.mark.parametrize("one", EXAMPLES, ids=lambda one: one.number)
def test_an_example_runs_and_leaves_its_figure(
    one: Example, tmp_path: Path, trained: dict[str, str]
) -> None:
    record = Watch()
    bench = Bench(tmp_path / "left", size="small", device="cpu", record=record)
    one.run(bench)
    left = {path.name for path in (tmp_path / "left").iterdir()}
    assert one.look in left
    assert all(name.startswith(f"{one.number}-") for name in left)
    assert {name: times for name, times in record.begun.items() if times > 1} == {}
    for name in record.begun | Counter(record.told):
        assert trained.setdefault(f"{one.number[0]} {name}", one.number) == one.number


@pytest.mark.parametrize("number", THERE)
def test_objectives_name_examples_of_their_chapter_and_leave_none_out(number: int) -> None:
    named = {one for numbers in OBJECTIVES[number].values() for one in numbers}
    assert named == {one.number for one in chapter(number)}


@pytest.mark.parametrize("number", THERE)
def test_the_page_says_what_the_registry_says(number: int) -> None:
    text = (ROOT / "docs" / "course.md").read_text(encoding="utf-8")
    assert f"## Chapter {number}: {CHAPTERS[number]}\n" in text
    assert f"<!-- chapter {number} -->\n{part_of(number)}<!-- end -->\n" in text


def test_an_example_that_is_not_there() -> None:
    assert example("5.3").title == "Weather"
    with pytest.raises(UserError, match=r"no example '5\.8', expected 5\.1, 5\.2.*; name one"):
        example("5.8")
    with pytest.raises(UserError, match="there is no chapter 6, expected 1, 2, 3, 4, 5; name one"):
        example("6.1")
    with pytest.raises(UserError, match="there is no example 'x'"):
        example("x")
