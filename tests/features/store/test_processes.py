"""Several writers at once, readers beside them, and writers that are killed: nothing is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd

from features.store import Shelf
from tests.features.store.tables import add, at, filled, shelf
from tests.features.store.writers import FEW, store_of

ROOT = Path(__file__).parents[3]
STEPS = 16
"""More than an append with a merge takes."""
ROUNDS = 25


def start(*arguments: object) -> Any:
    command = [sys.executable, "-m", "tests.features.store.writers", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def hidden(store: Shelf) -> list[str]:
    return [path.name for path in store.folder.path.glob(".*.parquet")]


def test_two_writers_and_a_reader_at_once(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    writers = [start("append", tmp_path, name, ROUNDS) for name in "ab"]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    seen = []
    while any(writer.poll() is None for writer in writers):
        moment = store.newest()
        if moment:
            seen.append((moment, store.read(["a", "b"], as_of=moment), store.covered(as_of=moment)))
    assert [writer.communicate() and writer.returncode for writer in writers] == [0, 0]
    for moment, frame, covered in seen:
        pd.testing.assert_frame_equal(store.read(["a", "b"], as_of=moment), frame)
        assert store.covered(as_of=moment) == covered
    for name in "ab":
        assert store.read([name])["open"].tolist() == [day + ROUNDS - 1 for day in range(12)]
        assert store.covered()[name].revisions == 12 * (ROUNDS - 1)
    assert store.verify() == []


def test_a_writer_killed_at_any_step_loses_nothing(tmp_path: Path) -> None:
    stores = [store_of(tmp_path / str(i)) for i in range(STEPS)]
    before, after = filled(above=FEW - 1), filled(above=100)
    crasher = start("crash", *(store.root for store in stores))
    ends = [int(line) for line in crasher.communicate()[0].split()]
    assert crasher.returncode == 0
    killed = ends.count(-signal.SIGKILL)
    assert ends == [-signal.SIGKILL] * killed + [0] * (STEPS - killed)
    assert 8 < killed < STEPS
    found, left = [], 0
    for store in stores:
        left += len(hidden(store))
        rows = store.read(["a"])[["ds", "open", "close"]]
        found.append(rows.equals(after))
        assert rows.equals(before) or rows.equals(after)
        for second in range(FEW):
            past = store.read(["a"], as_of=at(second))
            assert past["open"].tolist() == filled(above=second)["open"].tolist()
        assert store.covered()["a"].revisions == 12 * (FEW - 1 + rows.equals(after))
        assert store.verify() == []
        add(store, 200, a=filled(above=200))  # the next writer tidies up
        assert store.covered()["a"].revisions == 12 * (FEW + rows.equals(after))
        assert hidden(store) == []
        assert len(list(store.folder.path.glob("*.parquet"))) == len(store.folder.segments())
    assert found == sorted(found)
    assert 0 < sum(found) < STEPS
    assert left > 0


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    add(store, 0, a=filled())
    writer = start("full", tmp_path)
    told = writer.communicate()[0]
    assert told.startswith(f"the data store at {tmp_path}/yahoo/1d cannot be written (")
    assert "(File too large), expected a folder of yours with space left; " in told
    assert told.count("\n") == 1
    assert writer.returncode == -signal.SIGXFSZ
    assert (
        len(hidden(store)) == 1
    )  # the second attempt was killed in mid-write, the first tidied up
    assert store.read(["a"])[["ds", "open", "close"]].equals(filled())
    assert store.verify() == []
    assert add(store, 1, a=filled(above=1)) == 12
    assert hidden(store) == []
