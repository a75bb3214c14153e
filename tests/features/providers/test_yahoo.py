from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.errors import UserError
from features.providers.yahoo import Yahoo
from tests.features.providers.asking import DAY, DAYS, MINUTE, fetch, same
from tests.features.providers.yahoo_chart import traded
from tests.features.providers.yahoo_server import YahooServer


def test_prices_are_given_as_they_were_traded(server: YahooServer, yahoo: Yahoo) -> None:
    splits = {10: 3.0, 25: 0.1, 40: 7.0}
    table = traded(DAYS, splits, dividends={5: 0.55, 25: 1.23, 50: 0.07})
    server.add("ACME", table)
    got = fetch(yahoo, "ACME")
    same(got, table)
    assert tuple(got.columns) == ("ds", *yahoo.columns)
    assert got["ds"].dtype == "datetime64[ns]"


@pytest.mark.parametrize("ratio", [4.0, 3.0, 7.0, 1.5, 1.281, 0.1])
def test_a_split_between_two_fetches_changes_no_earlier_row(
    server: YahooServer, yahoo: Yahoo, ratio: float
) -> None:
    server.add("ACME", traded(DAYS, {20: 2.0, 50: ratio}, dividends={10: 0.81, 40: 0.37, 50: 0.2}))
    server.now = pd.Timestamp(DAYS[45], tz="UTC")
    before = fetch(yahoo, "ACME")
    server.now = None
    after = fetch(yahoo, "ACME")
    assert (len(before), len(after)) == (45, 60)
    same(before, after[:45])
    assert after["split"][50] == ratio


def test_a_tail_is_asked_for_as_a_tail_and_until_now(server: YahooServer, yahoo: Yahoo) -> None:
    table = traded(DAYS, {55: 3.0})
    server.add("ACME", table)
    same(fetch(yahoo, "ACME", DAYS[40], DAYS[50]), table[40:51])
    (asked,) = server.asked
    assert asked.period1 is not None
    assert DAYS[40] - 3 * DAY < asked.period1.tz_localize(None) <= DAYS[40]
    assert asked.period2 > pd.Timestamp.now("UTC") - MINUTE


def test_a_cookie_is_asked_for_once(server: YahooServer, yahoo: Yahoo) -> None:
    server.add("ACME", traded(DAYS))
    for _ in range(4):
        fetch(yahoo, "ACME")
    assert len(server.asked) == 4
    assert server.others.count("/") <= 1


def test_a_dividend_or_split_of_an_empty_row_goes_to_the_next(
    server: YahooServer, yahoo: Yahoo
) -> None:
    table = traded(DAYS, {30: 2.0}, dividends={29: 0.5, 58: 0.4})
    hollow = table.copy()
    hollow.loc[[29, 30], ["open", "high", "low", "close", "volume"]] = np.nan
    hollow.loc[40, "volume"] = np.nan
    server.add("ACME", hollow)
    expected = hollow.drop(index=[29, 30])
    expected.loc[31, ["dividend", "split"]] = 0.25, 2.0  # half a dividend on twice the shares
    same(fetch(yahoo, "ACME"), expected)


def test_no_session_since_then_is_an_empty_table(server: YahooServer, yahoo: Yahoo) -> None:
    server.add("ACME", traded(DAYS))
    today = pd.Timestamp.now("UTC").normalize()
    got = fetch(yahoo, "ACME", today.tz_localize(None) - 3 * DAY, today.tz_localize(None))
    assert (len(got), tuple(got.columns)) == (0, ("ds", *yahoo.columns))
    assert got["ds"].dtype == "datetime64[ns]"
    server.add("ACME", traded(DAYS), interval="1h")
    got = yahoo.fetch("ACME", "1h", today - 3 * DAY, today)
    assert (len(got), str(got["ds"].dtype)) == (0, "datetime64[ns, UTC]")
    assert set(got[[*yahoo.columns]].dtypes) == {np.dtype("float64")}


PATHS = ["../../x", "..", "AAPL/x", "AAPL?x", "%2e%2e"]
OTHERS = ["", "A B", "AAPL;rm", "AAPL\n", "-x", "ÄÖ", "ＡＡＰＬ", "A" * 33, "A" * 100_000]  # noqa: RUF001


@pytest.mark.parametrize("name", [*PATHS, *OTHERS, "US0378331005"])
def test_what_cannot_be_a_symbol_is_refused(yahoo: Yahoo, name: str) -> None:
    with pytest.raises(UserError, match="cannot be a symbol of Yahoo, expected up to 32") as caught:
        yahoo.check(name, "1d")
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("name", ["AAPL", "^GSPC", "BRK-B", "M&M.NS", "EURUSD=X", "0700.HK"])
def test_a_symbol_reaches_yahoo_as_it_is(server: YahooServer, yahoo: Yahoo, name: str) -> None:
    server.add(name, traded(DAYS))
    yahoo.check(name, "1d")
    assert len(fetch(yahoo, name)) == 60
    assert server.asked[0].symbol == name


def test_an_unknown_interval_is_refused(yahoo: Yahoo) -> None:
    with pytest.raises(UserError, match=r"unknown interval '1w' of Yahoo, expected 1d, 1m, 5m"):
        yahoo.check("AAPL", "1w")


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    for base in ("127.0.0.1:80", "ftp://mirror", "http://", ""):
        with pytest.raises(UserError, match=r"the address for Yahoo is .*, expected one such as"):
            Yahoo(base, cache=tmp_path)


def test_threads_get_their_own_series(server: YahooServer, yahoo: Yahoo) -> None:
    tables = {f"S{i}": traded(DAYS, {i: 3.0}, seed=i) for i in range(24)}
    for name, table in tables.items():
        server.add(name, table)
    with ThreadPoolExecutor(8) as pool:
        for table, got in zip(
            tables.values(), pool.map(lambda name: fetch(yahoo, name), tables), strict=True
        ):
            same(got, table)


def test_a_slow_series_does_not_hold_up_the_others(server: YahooServer, yahoo: Yahoo) -> None:
    for name in ("SLOW", "QUICK"):
        server.add(name, traded(DAYS))
    server.faults["SLOW"] = ["slow"]
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(fetch, yahoo, "SLOW")
        assert len(fetch(yahoo, "QUICK")) == 60
        assert not slow.done()
        server.release.set()
        assert len(slow.result()) == 60


SCRIPT = """
import logging, sys
from pathlib import Path
import pandas as pd
logging.basicConfig(level="DEBUG")
from features.providers.yahoo import Yahoo
yahoo = Yahoo(sys.argv[1], cache=Path(sys.argv[2]))
for name in ("ACME", "NOSUCH"):
    try:
        print(len(yahoo.fetch(name, "1d", pd.Timestamp("2024-01-01"), pd.Timestamp("2025-01-01"))))
    except Exception as error:
        print(type(error).__name__)
"""


def test_it_is_quiet_and_writes_nothing_outside_its_folder(
    server: YahooServer, tmp_path: Path
) -> None:
    server.add("ACME", traded(DAYS))
    home, cache = tmp_path / "home", tmp_path / "cache"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
    root = Path(__file__).parents[3]
    environment = {**kept, "HOME": str(home), "PYTHONPATH": str(root), "TMPDIR": str(home)}
    done = subprocess.run(
        [sys.executable, "-B", "-c", SCRIPT, server.url, str(cache)],
        cwd=home, env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["60", "ProviderError"]
    assert done.stderr == ""
    assert [path for path in tmp_path.rglob("*") if path not in (home, cache)] == []
