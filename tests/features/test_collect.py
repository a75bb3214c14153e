"""The store is brought up to date through the real client; what fails, fails alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.collect import LEFT, Collected, Manners, Wanted, collect
from features.errors import UserError
from features.providers.yahoo import Yahoo
from features.store import Shelf
from tests.features.providers.yahoo_chart import traded
from tests.features.providers.yahoo_server import YahooServer

DAYS = pd.bdate_range("2023-01-02", periods=260)
FIRST, MIDDLE, LAST = DAYS[0], DAYS[199], DAYS[-1]
ALONE = Manners(workers=1)


@pytest.fixture
def server() -> Iterator[YahooServer]:
    with YahooServer() as server:
        for number, name in enumerate(("AAA", "BBB", "CCC")):
            server.add(name, traded(DAYS, {150: 2.0}, seed=number))
        yield server


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "store", "yahoo", "1d", Yahoo.columns)


@pytest.fixture
def waits() -> list[float]:
    return []


Get = Callable[..., Collected]


@pytest.fixture
def get(server: YahooServer, shelf: Shelf, tmp_path: Path, waits: list[float]) -> Get:
    yahoo = Yahoo(server.url, cache=tmp_path / "clients")

    def get(
        *names: str,
        end: pd.Timestamp = LAST,
        as_of: pd.Timestamp | None = None,
        manners: Manners = ALONE,
    ) -> Collected:
        wanted = Wanted(names, "1d", FIRST, end)
        return collect(yahoo, shelf, wanted, as_of=as_of, manners=manners, sleep=waits.append)

    return get


def closes(collected: Collected, name: str) -> list[float]:
    rows = collected.rows
    return rows.loc[rows["unique_id"] == name, "close"].tolist()


def test_only_the_tail_is_asked_for_and_what_is_there_not_at_all(
    server: YahooServer, get: Get
) -> None:
    assert len(get("AAA", end=MIDDLE).rows) == 200
    assert len(get("AAA", end=MIDDLE).rows) == 200
    assert len(server.asked) == 1
    got = get("AAA")
    assert closes(got, "AAA") == traded(DAYS, {150: 2.0})["close"].tolist()
    (tail,) = server.asked[1:]
    assert tail.period1 is not None
    assert tail.period1.tz_localize(None) > MIDDLE - pd.Timedelta(days=15)


def test_a_revised_value_is_seen_and_the_past_stays_as_it_was(
    server: YahooServer, get: Get
) -> None:
    before = get("AAA", "BBB", end=MIDDLE)
    table = traded(DAYS, {150: 2.0, 230: 4.0}, {190: 0.5})
    table.loc[198, "close"] += 1.0
    server.add("AAA", table)
    after = get("AAA", "BBB")
    assert closes(after, "AAA") == table["close"].tolist()
    again = get("AAA", "BBB", end=MIDDLE, as_of=before.as_of)
    pd.testing.assert_frame_equal(again.rows, before.rows, check_exact=True)


def test_a_series_that_fails_fails_alone(server: YahooServer, get: Get) -> None:
    server.faults["BBB"] = ["unknown"] * 9
    got = get("AAA", "BBB", "CCC", "NONE")
    assert set(got.rows["unique_id"]) == {"AAA", "CCC"}
    assert set(got.missing) == {"BBB", "NONE"}
    assert not got.stale


def test_it_waits_as_long_as_it_is_told_to(
    server: YahooServer, get: Get, waits: list[float]
) -> None:
    get("AAA", end=FIRST)
    server.retry_after = "41"
    server.faults["AAA"] = ["busy"]
    assert len(get("AAA").rows) == len(DAYS)
    assert max(waits) >= 40


def test_waits_grow_and_end_with_the_last_attempt(
    server: YahooServer, get: Get, waits: list[float]
) -> None:
    get("AAA", "BBB", end=FIRST)
    server.faults["BBB"] = ["failed"] * 99
    got = get("AAA", "BBB", manners=Manners(workers=1, attempts=4, wait=1.0, longest=3.0))
    assert closes(got, "BBB") == closes(get("BBB", end=FIRST), "BBB")
    assert set(got.stale) == {"BBB"}
    assert len(waits) == 3
    assert max(waits) <= 3.0


def test_a_broken_answer_is_asked_for_again(server: YahooServer, get: Get) -> None:
    server.faults["AAA"] = ["truncated", "html", "cut", "empty"]
    assert len(get("AAA").rows) == len(DAYS)


def test_a_provider_that_is_away_is_soon_left_alone(server: YahooServer, get: Get) -> None:
    names = [f"S{number}" for number in range(12)]
    get("AAA", end=MIDDLE)
    asked = len(server.asked)
    for name in (*names, "AAA"):
        server.faults[name] = ["failed"] * 99
    got = get(*names, "AAA", manners=Manners(workers=1, attempts=2))
    assert len(server.asked) - asked <= 2 * 2 * LEFT
    assert set(got.missing) == set(names)
    assert len(closes(got, "AAA")) == 200  # from the store


def test_the_budget_is_kept(server: YahooServer, get: Get) -> None:
    got = get("AAA", "BBB", "CCC", manners=Manners(workers=1, budget=2))
    assert set(got.rows["unique_id"]) == {"AAA", "BBB"}
    assert "budget" in got.missing["CCC"]


def test_a_damaged_file_is_set_aside_and_fetched_again(
    server: YahooServer, get: Get, shelf: Shelf, capsys: pytest.CaptureFixture[str]
) -> None:
    before = get("AAA", "BBB")
    (segment,) = shelf.folder.path.glob("*.parquet")
    whole = segment.read_bytes()
    segment.write_bytes(whole[: len(whole) // 2])
    after = get("AAA", "BBB")
    columns = ["unique_id", "ds", *shelf.columns]
    pd.testing.assert_frame_equal(after.rows[columns], before.rows[columns], check_exact=True)
    assert segment.name in capsys.readouterr().err
    assert [p.read_bytes() for p in (shelf.root / "damaged").iterdir()] == [
        whole[: len(whole) // 2]
    ]


def test_nothing_at_all_is_one_sentence(get: Get) -> None:
    with pytest.raises(UserError, match="no series could be had from yahoo: NONE"):
        get("NONE")


@pytest.mark.parametrize("name", ["../../x", "AAPL;rm", "x" * 300, "アップル", ""])
def test_a_hostile_name_is_refused_before_anything_is_asked(
    server: YahooServer, get: Get, shelf: Shelf, name: str
) -> None:
    with pytest.raises(UserError):
        get("AAA", name)
    assert not server.asked
    assert not shelf.root.exists()


def test_a_wait_beyond_patience_ends_the_asking(
    server: YahooServer, get: Get, waits: list[float]
) -> None:
    get("AAA", end=MIDDLE)
    server.retry_after = "864000"
    server.faults["AAA"] = ["busy"] * 9
    asked = len(server.asked)
    got = get("AAA")
    assert len(server.asked) == asked + 1
    assert not waits
    assert "864000" in got.stale["AAA"]


def test_an_outage_in_the_middle_is_noticed(server: YahooServer, get: Get) -> None:
    names = [f"S{number}" for number in range(12)]
    for name in names:
        server.faults[name] = ["failed"] * 99
    got = get("AAA", *names, manners=Manners(workers=1, attempts=2))
    assert len(server.asked) <= 1 + 2 * 2 * LEFT
    assert set(got.missing) == set(names)


def test_what_came_is_kept_where_a_defect_ends_the_collection(
    server: YahooServer, shelf: Shelf, tmp_path: Path
) -> None:
    class Defect(Yahoo):
        def fetch(self, name: str, *rest: Any) -> pd.DataFrame:
            if name == "BBB":
                raise RuntimeError("a defect")
            return super().fetch(name, *rest)

    yahoo = Defect(server.url, cache=tmp_path / "clients")
    with pytest.raises(RuntimeError, match="a defect"):
        collect(yahoo, shelf, Wanted(("AAA", "BBB"), "1d", FIRST, LAST), manners=ALONE)
    assert set(shelf.covered()) == {"AAA"}


def test_an_earlier_start_leaves_no_hole(server: YahooServer, shelf: Shelf, get: Get) -> None:
    yahoo = Yahoo(server.url, cache=shelf.root / "clients")
    collect(yahoo, shelf, Wanted(("AAA",), "1d", MIDDLE, LAST), manners=ALONE)
    get("AAA", end=DAYS[50])
    asked = len(server.asked)
    assert len(get("AAA").rows) == len(DAYS)
    assert len(server.asked) == asked
