from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.providers.yahoo import Yahoo
from tests.features.providers.asking import DAY, MINUTE, fetch, same
from tests.features.providers.yahoo_chart import Listing, traded
from tests.features.providers.yahoo_server import YahooServer


def local(hour: int) -> str:
    """A time zone in which it is `hour` o'clock."""
    east = (hour - pd.Timestamp.now("UTC").hour + 12) % 24 - 12
    return f"Etc/GMT{-east:+d}"


@pytest.mark.parametrize(("closes", "given"), [(60, False), (-10, False), (-40, True)])
def test_a_session_is_given_once_it_has_been_over_for_a_while(
    server: YahooServer, yahoo: Yahoo, closes: int, given: bool
) -> None:
    zone = local(12)
    now = pd.Timestamp.now(zone)
    today = now.tz_localize(None).normalize()
    table = traded(pd.date_range(end=today, periods=5))
    hours = ("06:00", f"{now + closes * MINUTE:%H:%M}")
    server.add("ACME", table, zone=zone, hours=hours)
    same(fetch(yahoo, "ACME", today - 9 * DAY, today), table if given else table[:-1])


class Terse(Listing):
    """An exchange of which Yahoo does not say when its sessions end."""

    def meta(self, now: pd.Timestamp) -> dict[str, Any]:
        said = super().meta(now)
        del said["currentTradingPeriod"]
        return said


def test_today_is_left_out_where_the_end_of_its_session_is_not_known(
    server: YahooServer, yahoo: Yahoo
) -> None:
    zone = local(20)
    today = pd.Timestamp.now(zone).tz_localize(None).normalize()
    table = traded(pd.date_range(end=today, periods=5))
    server.listings["ACME", "1d"] = Terse("ACME", "1d", table, zone)
    same(fetch(yahoo, "ACME", today - 9 * DAY, today), table[:-1])


def bars(interval: str, zone: str) -> pd.DatetimeIndex:
    """The bars of the sessions of two days, yesterday's the last, in UTC."""
    today = pd.Timestamp.now(zone).normalize()
    step = {"1h": "1h"}.get(interval, interval + "in")
    days = [today - 2 * DAY, today - DAY]
    open_, close = pd.Timedelta("9:30:00"), pd.Timedelta("16:00:00")
    spans = [pd.date_range(day + open_, day + close, freq=step, inclusive="left") for day in days]
    return spans[0].append(spans[1]).tz_convert("UTC")


@pytest.mark.parametrize("interval", ["1m", "5m", "15m", "1h"])
def test_parts_of_a_day_are_in_utc_and_as_they_were_traded(
    server: YahooServer, yahoo: Yahoo, interval: str
) -> None:
    zone = local(12)
    ds = bars(interval, zone)
    table = traded(ds, {len(ds) // 2: 3.0}, {len(ds) // 2: 0.25})
    server.add("ACME", table, interval, zone=zone)
    same(yahoo.fetch("ACME", interval, ds[0], ds[-1]), table)
    tail = yahoo.fetch("ACME", interval, ds[-9], ds[-2])
    same(tail, table[-9:-1])


def test_half_hours_are_made_of_quarters(server: YahooServer, yahoo: Yahoo) -> None:
    zone = local(12)
    ds = bars("15m", zone)
    table = traded(ds)
    server.add("ACME", table, "15m", zone=zone)
    got = yahoo.fetch("ACME", "30m", ds[0], ds[-1])
    assert got["ds"].tolist() == ds[::2].tolist()
    assert got["open"].tolist() == table["open"][::2].tolist()
    assert got["close"].tolist() == table["close"][1::2].tolist()
    high = np.maximum(table["high"][::2].to_numpy(), table["high"][1::2].to_numpy())
    assert got["high"].tolist() == high.tolist()


def test_the_part_that_is_running_is_left_out(server: YahooServer, yahoo: Yahoo) -> None:
    zone = local(12)
    now = pd.Timestamp.now(zone)
    ds = pd.date_range(now.normalize(), now + 60 * MINUTE, freq="5min").tz_convert("UTC")
    server.add("ACME", traded(ds), "5m", zone=zone, hours=("00:00", "23:59"))
    end = yahoo.fetch("ACME", "5m", ds[0], ds[-1])["ds"].iloc[-1] + 5 * MINUTE
    assert now - 6 * MINUTE < end <= pd.Timestamp.now("UTC")


def test_parts_of_a_day_reach_back_as_far_as_yahoo_keeps_them(
    server: YahooServer, yahoo: Yahoo
) -> None:
    zone = local(12)
    server.add("ACME", traded(bars("1m", zone)), "1m", zone=zone)
    long_ago = pd.Timestamp("2010-01-01", tz="UTC")
    assert len(yahoo.fetch("ACME", "1m", long_ago, pd.Timestamp.now("UTC"))) == 780
    assert server.asked[0].period1 > pd.Timestamp.now("UTC") - 8 * DAY
