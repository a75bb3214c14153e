"""What is stored comes back to the bit, as of every moment."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import UserError
from features.store import Shelf, shelves
from tests.features.store.tables import COLUMNS, DAYS, add, at, filled, shelf, span, table

Oracle = dict[tuple[str, int], list[tuple[int, float]]]
VALUES = st.sampled_from([1.0, 2.0, -0.5, float("nan"), 1e300])
APPENDS = st.lists(
    st.dictionaries(
        st.sampled_from(["a", "b", "../../x"]),
        st.dictionaries(st.integers(0, 5), VALUES),
        max_size=3,
    ),
    min_size=1,
    max_size=24,  # segments are merged within
)


def expected(oracle: Oracle, names: list[str], second: int) -> list[tuple[object, ...]]:
    """Slowly: the last version of each row up to a second."""
    rows: list[tuple[object, ...]] = []
    for (name, day), versions in sorted(oracle.items()):
        known = [version for version in versions if version[0] <= second]
        if name in names and known:
            fetched, value = known[-1]
            rows.append((name, DAYS[day], at(fetched), repr(value), repr(2 * value)))
    return rows


def told(frame: pd.DataFrame) -> list[tuple[object, ...]]:
    numbers = [[repr(float(value)) for value in frame[column]] for column in COLUMNS]
    return list(zip(frame["unique_id"], frame["ds"], frame["fetched_at"], *numbers, strict=True))


def same(a: float, b: float) -> bool:
    return a == b or (a != a and b != b)


@settings(max_examples=25)
@given(appends=APPENDS)
def test_every_moment_reads_as_the_oracle_says(
    appends: list[dict[str, dict[int, float]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    store = shelf(tmp_path_factory.mktemp("store"))
    oracle: Oracle = {}
    for second, tables in enumerate(appends):
        stored = 0
        for name, values in tables.items():
            for day, value in values.items():
                versions = oracle.setdefault((name, day), [])
                if not versions or not same(versions[-1][1], value):
                    versions.append((second, value))
                    stored += 1
        given_tables = {name: table(values) for name, values in tables.items()}
        assert add(store, second, **given_tables) == stored
    for second in range(-1, len(appends) + 1):
        for names in (["a", "b", "../../x"], ["b"], ["nobody"], []):
            assert told(store.read(names, at(second))) == expected(oracle, names, second)
    asked = {name for tables in appends for name in tables}
    covered = store.covered()
    assert set(covered) == asked
    for name, known in covered.items():
        stored_rows = [versions for key, versions in oracle.items() if key[0] == name]
        assert (known.rows, known.revisions) == (
            len(stored_rows),
            sum(len(versions) - 1 for versions in stored_rows),
        )


def test_what_a_run_saw_stays_to_the_bit(tmp_path: Path) -> None:
    store, random = shelf(tmp_path), np.random.default_rng(0)
    seen = []
    for second in range(40):
        tables = {n: filled().assign(open=random.normal(size=12)) for n in ("a", "b")}
        add(store, second, **tables)
        moment = store.newest()
        seen.append((moment, store.read(["b", "a"]), store.covered(as_of=moment)))
    assert len(store.folder.segments()) < 17  # they were merged on the way
    for moment, frame, covered in seen:
        again = store.read(["a", "b"], as_of=moment)
        pd.testing.assert_frame_equal(again, frame, check_exact=True)
        for column in COLUMNS:
            assert again[column].to_numpy().tobytes() == frame[column].to_numpy().tobytes()
        assert store.covered(as_of=moment) == covered


@pytest.mark.parametrize(
    ("interval", "stamps"),
    [
        ("1d", pd.date_range("1962-01-02", periods=12)),
        ("1h", pd.date_range("2019-10-27", periods=12, freq="h", tz="UTC")),
        ("30m", pd.date_range("2019-10-27 00:00:00.000000001", periods=12, freq="30min", tz="UTC")),
    ],
)
def test_stamps_keep_their_zone_and_every_digit(
    tmp_path: Path, interval: str, stamps: pd.DatetimeIndex
) -> None:
    store = shelf(tmp_path, interval)
    rows = table({i: i / 3 for i in range(12)}, stamps)
    store.append({"a": rows}, {"a": (stamps[0], stamps[-1])}, at(0))
    frame = store.read(["a"])
    pd.testing.assert_frame_equal(frame[["ds", *COLUMNS]], rows, check_exact=True)
    assert frame["fetched_at"].dtype == "datetime64[ns, UTC]"
    assert frame.dtypes.equals(store.read([]).dtypes)
    assert store.covered()["a"].last == stamps[-1]
    assert store.read(["a"], start=stamps[3], end=stamps[5])["ds"].tolist() == list(stamps[3:6])


def test_stamps_of_another_kind_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected UTC stamps"):
        add(shelf(tmp_path, "1h"), 0, a=filled())
    with pytest.raises(ValueError, match="a stamp twice"):
        add(shelf(tmp_path), 0, a=pd.concat([filled(2), filled(1)]))
    with pytest.raises(ValueError, match="without the span"):
        shelf(tmp_path).append({"a": filled()}, {}, at(0))
    with pytest.raises(ValueError, match="expected UTC stamps"):
        shelf(tmp_path).read(["a"], as_of=pd.Timestamp("2020-01-01"))
    assert shelf(tmp_path).newest() is None


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/passwd", "a/b", "", "é ✓ 漢\n\x00", "x" * 100_000, "."]
)
def test_a_name_is_data_and_no_path(tmp_path: Path, name: str) -> None:
    store = shelf(tmp_path / "store")
    add(store, 0, **{name: filled(), "other": filled(3)})
    frame = store.read([name])
    assert frame["unique_id"].tolist() == [name] * 12
    assert store.covered([name])[name].rows == 12
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.parent for path in files} == {tmp_path / "store" / "yahoo" / "1d"}


def test_a_shelf_has_a_plain_name(tmp_path: Path) -> None:
    for provider, interval in (("..", "1d"), ("yahoo", "../1d"), ("yahoo", "")):
        with pytest.raises(ValueError, match="no name of a folder"):
            Shelf(tmp_path, provider, interval, COLUMNS)
    with pytest.raises(ValueError, match="columns of the store"):
        Shelf(tmp_path, "yahoo", "1d", ("until",))


def test_an_answer_without_rows_is_remembered(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    assert store.append({"a": filled(0)}, {"a": span(0, 5)}, at(0)) == 0
    known = store.covered(["a", "b"])
    assert list(known) == ["a"]
    assert (known["a"].first, known["a"].last) == span(0, 5)
    assert (known["a"].fetched_at, known["a"].rows) == (at(0), 0)


def test_coverage_is_the_last_unbroken_span(tmp_path: Path) -> None:
    store = shelf(tmp_path)

    def ask(first: int, last: int, second: float) -> tuple[int, int, pd.Timestamp]:
        store.append({}, {"a": span(first, last)}, at(second))
        known = store.covered()["a"]
        return DAYS.get_loc(known.first), DAYS.get_loc(known.last), known.fetched_at

    assert ask(4, 5, 0) == (4, 5, at(0))
    assert ask(6, 7, 1) == (4, 7, at(1))  # the day after touches
    assert ask(1, 2, 2) == (4, 7, at(1))  # a day is missing between
    assert ask(9, 9, 3) == (9, 9, at(3))
    assert ask(2, 9, 4) == (1, 9, at(4))
    assert ask(0, 3, 5) == (0, 9, at(4))  # the end was not asked for again


def test_nobody_can_have_answered_for_later(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    asked = {"a": (DAYS[0], pd.Timestamp("2031-01-01")), "b": (pd.Timestamp("2030-01-01"),) * 2}
    store.append({}, asked, at(3600))
    known = store.covered()
    assert list(known) == ["a"]
    assert known["a"].last == at(0).tz_localize(None)


def test_a_column_may_come_later(tmp_path: Path) -> None:
    add(shelf(tmp_path), 0, a=filled(3))
    wider = replace(shelf(tmp_path), columns=("open", "volume"))
    assert wider.read(["a"])["volume"].isna().all()
    more = filled(4).assign(volume=[np.nan, np.nan, 5.0, 6.0])
    assert add(wider, 1, a=more) == 2
    for second in range(2, 30):
        wider.append({}, {"a": span()}, at(second))
    assert shelf(tmp_path).read(["a"], at(0))["close"].tolist() == [0.0, 2.0, 4.0]
    assert wider.read(["a"])["volume"].tolist()[2:] == [5.0, 6.0]
    assert set(shelves(tmp_path)[0].columns) == {"open", "close", "volume"}


def test_every_shelf_is_found(tmp_path: Path) -> None:
    assert shelves(tmp_path / "none") == []
    add(shelf(tmp_path), 0, a=filled())
    Shelf(tmp_path, "other", "1d", ("x",)).append({}, {"a": span()}, at(0))
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "empty" / "1d").mkdir(parents=True)
    assert shelves(tmp_path) == [Shelf(tmp_path, "other", "1d", ("x",)), shelf(tmp_path)]


def test_times_of_fetching_grow(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    for value in range(3):
        add(store, 0, a=table({0: value}))
    assert store.newest() == at(0) + pd.Timedelta(2, "us")
    assert store.read(["a"], as_of=at(0))["open"].tolist() == [0.0]
    assert store.read(["a"])["open"].tolist() == [2.0]


def test_rows_from_the_future_are_one_sentence(tmp_path: Path) -> None:
    store = shelf(tmp_path)
    add(store, 10 * 86_400, a=filled())
    with pytest.raises(
        UserError, match=r"holds rows fetched on 2020-02-11, .*; set the clock right"
    ):
        add(store, 0, a=filled(above=1))
    assert len(store.folder.segments()) == 1


def as_another_user(work: Callable[[], object]) -> None:
    """`work`, not as the superuser, who may write everywhere."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    try:
        work()
    finally:
        if root:
            os.seteuid(0)


def test_a_folder_that_cannot_be_written_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(shelf(tmp_path), 0, a=filled())
    monkeypatch.chdir(tmp_path)  # others may not pass through the folders above
    store = shelf(Path())
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)

    def use() -> None:
        assert len(store.read(["a"])) == 12
        assert store.verify() == []
        with pytest.raises(
            UserError, match=r"the data store at .* cannot be written \(.*\), exp.*;"
        ):
            add(store, 1, a=filled(above=1))
        with pytest.raises(UserError, match="cannot be written"):
            add(Shelf(Path(), "other", "1d", COLUMNS), 1, a=filled())

    try:
        as_another_user(use)
        for path in tmp_path.rglob("*.parquet"):
            path.chmod(0)
        with pytest.raises(UserError, match="cannot be read"):
            as_another_user(lambda: store.read(["a"]))
    finally:
        for path in (tmp_path, *tmp_path.rglob("*")):
            path.chmod(0o755)


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "yahoo").write_text("in the way")
    with pytest.raises(UserError, match="cannot be written"):
        add(shelf(tmp_path), 0, a=filled())
