from __future__ import annotations

from email.utils import format_datetime
from pathlib import Path
from time import monotonic

import pandas as pd
import pytest

from features.providers.provider import ProviderError
from features.providers.yahoo import Yahoo
from features.providers.yahoo_session import seconds
from tests.features.providers.asking import DAYS, MINUTE, fetch, same
from tests.features.providers.yahoo_chart import traded
from tests.features.providers.yahoo_server import Fault, YahooServer

FAULTS: list[tuple[Fault, bool, str]] = [
    ("busy", True, "too many requests"),
    ("failed", True, r"the server failed \(HTTP 500\)"),
    ("cut", True, r"no answer \(\w+\)"),
    ("torn", True, r"no answer \(\w+\)"),
    ("truncated", True, "not in its format"),
    ("malformed", True, "not in its format"),
    ("html", True, "not in its format"),
    ("timeless", True, "not in its format"),
    ("empty", True, "without prices"),
    ("quoteless", True, "without prices"),
    ("unknown", False, "No data found, symbol may be delisted"),
]


@pytest.mark.parametrize(("fault", "again", "message"), FAULTS)
def test_a_fault_is_named_and_the_next_fetch_reaches_the_healed_server(
    server: YahooServer, yahoo: Yahoo, fault: Fault, again: bool, message: str
) -> None:
    table = traded(DAYS)
    server.add("ACME", table)
    server.faults["ACME"] = [fault]
    with pytest.raises(ProviderError, match=message) as caught:
        fetch(yahoo, "ACME")
    assert (caught.value.again, caught.value.after) == (again, 7.0 if fault == "busy" else None)
    assert len(server.asked) == 1  # a server in trouble is not asked twice
    same(fetch(yahoo, "ACME"), table)


def test_a_slow_answer_is_not_waited_for(server: YahooServer, tmp_path: Path) -> None:
    yahoo = Yahoo(server.url, cache=tmp_path, timeout=0.3)
    server.add("ACME", traded(DAYS))
    server.faults["ACME"] = ["slow"]
    begun = monotonic()
    with pytest.raises(ProviderError, match=r"no answer \(Timeout\)") as caught:
        fetch(yahoo, "ACME")
    assert caught.value.again
    assert monotonic() - begun < 5  # the client's own time-out is 10 seconds


def test_nobody_there_is_no_answer(tmp_path: Path) -> None:
    with YahooServer() as server:
        yahoo = Yahoo(server.url, cache=tmp_path)
    with pytest.raises(ProviderError, match=r"no answer \(\w+\)") as caught:
        fetch(yahoo, "ACME")
    assert caught.value.again


def test_a_symbol_that_yahoo_lacks_is_not_asked_for_again(yahoo: Yahoo) -> None:
    with pytest.raises(ProviderError, match="may be delisted") as caught:
        fetch(yahoo, "NOSUCH")
    assert not caught.value.again


def test_the_wait_that_a_busy_server_asks_for_may_be_a_date(
    server: YahooServer, yahoo: Yahoo
) -> None:
    server.add("ACME", traded(DAYS))
    server.faults["ACME"] = ["busy"]
    server.retry_after = format_datetime(pd.Timestamp.now("UTC") + 5 * MINUTE, usegmt=True)
    with pytest.raises(ProviderError) as caught:
        fetch(yahoo, "ACME")
    assert 200 < caught.value.after <= 300  # type: ignore[operator]
    assert seconds("Wed, 21 Oct 2015 07:28:00 GMT") == 0
    assert [seconds(odd) for odd in ("soon", "-3", "inf", "", None)] == [None] * 5
