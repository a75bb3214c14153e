"""The live benchmark measures what it says. Nothing here depends on how quick a machine is."""

import json
import os
import sys
from itertools import pairwise
from mmap import mmap
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pandas as pd
import pytest

from benchmarks.cost import peak
from benchmarks.live import (
    TARGETS,
    Clock,
    Daily,
    forget_peak,
    listing,
    main,
    measure,
    served,
    sessions,
    symbols,
)
from features.calendars import make_calendar
from features.providers.yahoo import Yahoo
from features.store import Shelf
from tests.features.providers.yahoo_chart import Listing

LAST = pd.Timestamp("2025-06-30")


def test_sessions_and_symbols_are_as_many_as_asked_for() -> None:
    days = sessions(2, LAST)
    assert days[0] > LAST - pd.DateOffset(years=2, days=5)
    assert days.equals(make_calendar("XNYS", days[0], LAST).stamps)
    assert len(set(symbols(12))) == 12


def test_every_symbol_has_prices_of_its_own_the_same_each_time() -> None:
    days = sessions(2, LAST)
    tables = [listing(k, days).table for k in (0, 1, 1)]
    assert tables[1].equals(tables[2])
    assert not np.allclose(tables[0]["close"][:50], tables[1]["close"][:50])
    for table in tables:
        assert (table["split"] != 1).sum() == 1
        assert (table["dividend"] > 0).sum() >= 7


@pytest.mark.parametrize("now", ["2025-06-27 15:00", "2025-06-28 15:00", "2025-07-30 12:00"])
def test_a_quicker_answer_is_the_same_answer(now: str) -> None:
    quick = listing(3, sessions(2, LAST))
    plain = Listing(quick.symbol, quick.interval, quick.table)
    assert isinstance(quick, Daily)
    moment = pd.Timestamp(now, tz="UTC")
    assert quick.chart(moment, None, None) == plain.chart(moment, None, None)


def test_all_is_fetched_stored_and_read_and_a_day_is_added(tmp_path: Path) -> None:
    days, names = sessions(2, LAST)[-250:], symbols(2)
    with served(2, 2, LAST) as url:
        stages = measure(url, names, days, tmp_path)
    with pytest.raises(URLError):  # the server is gone
        urlopen(url)
    shelf = Shelf(tmp_path, "yahoo", "1d", Yahoo.columns)
    rows = shelf.read(names)
    for k, (_, own) in enumerate(rows.groupby("unique_id")):
        assert own["ds"].tolist() == days.tolist()
        assert own["close"].tolist() == listing(k, sessions(2, LAST)).table["close"][-250:].tolist()
    assert (rows["fetched_at"] == shelf.newest()).sum() == len(names)
    assert set(TARGETS) <= set(stages)
    for stage in ("first", "update"):
        parts = [
            stages[f"  {stage} {part}"] for part in ("fetched", "written", "looked up", "read")
        ]
        assert sum(row["seconds"] for row in parts) == pytest.approx(stages[stage]["seconds"])
        assert min(row["seconds"] for row in parts) > 0


def test_a_clock_adds_up_pieces_and_tells_the_rest() -> None:
    clock, sums = Clock(), [0.0]
    with clock.stage("whole"):
        for _ in range(30):
            with clock.part("piece"):
                sum(range(1000))
            sums.append(clock.stages["piece"]["seconds"])
    assert all(before < after for before, after in pairwise(sums))
    clock.rest("rest", "whole", "piece")
    whole, piece, rest = (clock.stages[name] for name in ("whole", "piece", "rest"))
    assert list(clock.stages) == ["whole", "piece", "rest"]
    assert whole["seconds"] > piece["seconds"] > 0
    assert rest["seconds"] == pytest.approx(whole["seconds"] - piece["seconds"])


@pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="the system forgets no peak"
)
def test_what_a_stage_held_is_forgotten_by_the_next() -> None:
    with mmap(-1, 2**27) as held:  # which no allocator keeps
        held.write(b"1" * 2**27)
    before = peak()
    forget_peak()
    assert peak() < before - 100


def test_the_command_prints_and_writes_every_stage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "figures.json"
    given = ["live", "--symbols", "3", "--years", "2", "--json", str(path)]
    monkeypatch.setattr(sys, "argv", given)
    main()
    told, figures = capsys.readouterr().out, json.loads(path.read_text())
    assert [row[:20].strip() for row in told.splitlines()[2:]] == list(figures["stages"])
    assert figures["targets"].keys() <= figures["stages"].keys()
    assert figures["days"] == pytest.approx(2 * 251, abs=3)
    assert min(row["peak"] for row in figures["stages"].values() if "peak" in row) > 0
    assert "< 2" in told
    assert "< 5" in told
