"""The store's benchmark measures what it says. Nothing here depends on how quick a machine is."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.store import COLUMNS, SIDES, Parquet, Walks, measure, table

INSTALLED = [name for name in SIDES if name != "duckdb" or find_spec("duckdb")]


def test_walks_are_the_same_every_time_and_updates_overlap() -> None:
    walks, again = Walks(2, 30, 2), Walks(2, 30, 2)
    whole = walks.tables(0, 29)
    assert list(whole) == ["S0000", "S0001"]
    for name, rows in whole.items():
        assert rows.equals(again.tables(0, 29)[name])
        assert list(rows) == ["ds", *COLUMNS]
        assert len(rows) == 30
        update = walks.update(30)[name]
        assert len(update) == 11
        assert update.iloc[:10].equals(rows.iloc[20:].reset_index(drop=True))


@pytest.mark.parametrize("name", INSTALLED)
def test_every_side_stores_what_is_new(tmp_path: Path, name: str) -> None:
    walks = Walks(3, 20, 2)
    side = SIDES[name](tmp_path / name)
    figures = measure(side, walks, 2)
    assert min(figures.values()) > 0
    ours = Parquet(tmp_path / "ours")
    measure(ours, walks, 2)
    given, expected = (one.read(walks.names[1:]) for one in (side, ours))
    assert given[["unique_id", "ds", *COLUMNS]].equals(expected[["unique_id", "ds", *COLUMNS]])
    assert given["fetched_at"].dt.tz_localize(None).tolist() == (
        expected["fetched_at"].dt.tz_localize(None).tolist()
    )


def test_a_table_has_every_step_also_of_two_writers(capsys: pytest.CaptureFixture[str]) -> None:
    found = table(2, 20, 1)
    assert list(found) == INSTALLED
    told = capsys.readouterr().out
    for step in ("first write", "read", "update", "MB", "two writers"):
        assert step in told
