"""What is corrupt is found, named, set aside, and fetched again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.store import Damage, Damaged, Shelf
from tests.features.store.tables import DAYS, add, at, filled, shelf, span

Break = Callable[[bytes], bytes]
BREAKS: dict[str, Break] = {
    "cut short": lambda raw: raw[: len(raw) // 2],
    "emptied": lambda raw: b"",
    "page flipped": lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
    "footer flipped": lambda raw: raw[:-50] + bytes([raw[-50] ^ 1]) + raw[-49:],
    "lengthened": lambda raw: raw + b"\x00" * 1000,
    "another file": lambda raw: b"hello" * 1000,
}


def segment(store: Shelf, number: int) -> Path:
    return store.folder.segments()[number].path


def harm(path: Path, how: str) -> None:
    path.write_bytes(BREAKS[how](path.read_bytes()))


def collect(store: Shelf, second: float, **truth: pd.DataFrame) -> list[Damage]:
    """As a caller does: ask for what is not covered, read, set aside what is damaged, again."""
    found: list[Damage] = []
    while True:
        try:
            covered = store.covered(list(truth))
            for name, rows in truth.items():
                known = covered.get(name)
                if known is None or known.first > DAYS[0] or known.last < DAYS[-1]:
                    add(store, second, **{name: rows})
            store.read(list(truth))
        except Damaged as damaged:
            found += damaged.damage
            store.set_aside(damaged.damage)
        else:
            return found


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_damage_is_named_set_aside_and_fetched_again(tmp_path: Path, how: str, number: int) -> None:
    store = shelf(tmp_path)
    first, last = filled(), filled(above=1)
    add(store, 0, a=first, b=first)
    add(store, 1, a=first)  # no row is stored: all are there
    add(store, 2, a=last)
    path = segment(store, number)
    harm(path, how)
    assert [damage.path for damage in store.verify()] == [path]
    held = path.read_bytes()
    found = collect(store, 3, a=last, b=first)
    assert [damage.path for damage in found] == [path]
    assert store.read(["a"])[["ds", "open", "close"]].equals(last)
    assert store.read(["b"])[["ds", "open", "close"]].equals(first)
    assert store.verify() == []
    assert (tmp_path / "damaged" / f"yahoo-1d-{path.name}").read_bytes() == held


def test_the_message_is_one_sentence(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    add(store, 0, a=filled())
    add(store, 1, a=filled(above=1))
    harm(segment(store, 0), "cut short")
    with pytest.raises(Damaged) as caught:
        add(store, 2, a=filled())
    assert str(caught.value) == (
        f"{segment(store, 0)} is damaged (its end does not match its name), expected what was once "
        "written there; have it set aside and what it held fetched again"
    )
    harm(segment(store, 1), "page flipped")
    with pytest.raises(Damaged, match=r"damaged \(.*\), and 1 more, expected"):
        store.read(["a"])
    assert store.newest() == at(1)


def test_what_a_file_held_is_told_where_it_can_tell(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    store.append({"a": filled(3)}, {"a": span(0, 4), "b": span(2, 3)}, at(0))
    store.append({}, {"a": span(3, 8), "c": span(0, 2)}, at(1))
    foreign = Damage(segment(store, 0), "say")
    assert store.set_aside([foreign]) == [("a", span(0, 4)), ("b", span(2, 3))]
    covered = store.covered()
    assert sorted(covered) == ["a", "c"]
    assert (covered["a"].first, covered["a"].last) == span(5, 8)
    assert store.set_aside([foreign]) == []  # it is gone already


def test_where_it_cannot_all_that_was_ever_asked_for_is_lost(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    store.append({"b": filled(2)}, {"b": span(0, 1)}, at(0))
    add(store, 1, a=filled())
    store.append({"a": filled()}, {"a": span(3, 8), "c": span(0, 2)}, at(2))
    harm(segment(store, 1), "emptied")
    assert store.set_aside(store.verify()) == [
        ("a", span(3, 8)),
        ("b", span(0, 1)),
        ("c", span(0, 2)),
    ]
    assert store.covered() == {}
    assert store.read(["b"])["open"].tolist() == [0.0, 1.0]


def test_what_is_no_segment_is_left_alone_until_it_is_set_aside(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    add(store, 0, a=filled())
    (store.folder.path / "notes.txt").write_text("mine")
    (store.folder.path / "old.parquet").write_bytes(segment(store, 0).read_bytes())
    (store.folder.path / segment(store, 0).name.replace("0", "1", 1)).mkdir()
    assert len(store.read(["a"])) == 12
    assert add(store, 1, a=filled(above=1)) == 12
    damage = store.verify()
    assert {damage.wrong for damage in damage} == {"it is no segment of the store"}
    assert len(damage) == 3
    assert store.set_aside(damage) == []
    assert store.verify() == []
    (store.folder.path / "notes.txt").write_text("mine again")
    store.set_aside(store.verify())
    kept = [path.read_text() for path in (tmp_path / "damaged").glob("*notes.txt")]
    assert sorted(kept) == ["mine", "mine again"]


def harmless(store: Shelf, rows: pd.DataFrame, covered: object, path: Path) -> bool:
    """Whether the store still gives all that; if not, it names that path."""
    try:
        given = store.read(["a", "b"]).equals(rows), store.covered() == covered
    except Damaged as error:
        named = [damage.path for damage in error.damage]
    else:
        assert given == (True, True)
        return True
    assert named == [path]
    return False


def test_a_flipped_bit_is_found_or_does_no_harm(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    random = np.random.default_rng(0)
    values = {c: random.normal(size=12) for c in ("open", "close")}
    add(store, 0, a=filled().assign(**values), b=filled())
    path = segment(store, 0)
    raw = path.read_bytes()
    rows, covered = store.read(["a", "b"]), store.covered()
    found = 0
    for place in range(0, len(raw), 5):
        broken = bytearray(raw)
        broken[place] ^= 1 << int(random.integers(8))
        path.write_bytes(broken)
        assert [damage.path for damage in store.verify()] == [path]
        found += not harmless(store, rows, covered, path)
    assert found > len(raw) // 5 / 2
