"""The provider and its client: threads, settings, and what is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import meteostat
import pandas as pd
import pytest
from meteostat.providers.meteostat import daily as daily_files

from features.providers.meteostat import Meteostat
from features.providers.meteostat_client import reading
from features.providers.provider import ProviderError
from tests.features.providers.meteostat_server import (
    FRANKFURT,
    MeteostatServer,
    days,
)
from tests.features.providers.weather.asking import as_given, fetch, stamp


def test_threads_and_folders_do_not_mix(tmp_path: Path) -> None:
    names = [f"1000{i}" for i in range(8)]
    with MeteostatServer() as one, MeteostatServer() as two:
        for seed, server in enumerate((one, two)):
            for i, name in enumerate(names):
                server.tables["daily", name] = days("2024-01-01", "2024-01-20", seed=10 * seed + i)
        servers = {Meteostat(tmp_path / f"{{cache}} {s.url[-5:]}", s.url): s for s in (one, two)}
        tasks = [(provider, name) for name in names for provider in servers]
        span = stamp("2024-01-01"), stamp("2024-01-20")
        with ThreadPoolExecutor(8) as pool:
            tables = pool.map(lambda task: task[0].fetch(task[1], "1d", *span), tasks)
        for (provider, name), table in zip(tasks, tables, strict=True):
            expected = as_given(servers[provider].tables["daily", name])
            pd.testing.assert_frame_equal(table, expected)


def test_threads_take_turns_with_the_clients_settings(tmp_path: Path) -> None:
    meeting = Barrier(2)

    def meets(_: int) -> bool:
        with reading(tmp_path, "daily"):
            try:
                meeting.wait(timeout=0.2)
            except BrokenBarrierError:
                return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(meets, range(2))) == [False, False]


def test_the_clients_settings_are_as_before(server: MeteostatServer, provider: Meteostat) -> None:
    def settings() -> list[object]:
        names = ("cache_enable", "include_model_data", "stations_db_file", "stations_db_ttl")
        return [getattr(meteostat.config, name) for name in names] + [daily_files.ENDPOINT]

    before = settings()
    server.tables["daily", FRANKFURT] = days("2024-01-01", "2024-01-20")
    server.faults[server.path("daily", FRANKFURT, 2024)] = ["malformed"]
    with pytest.raises(ProviderError):
        fetch(provider, "2024-01-01", "2024-01-20")
    assert settings() == before
    fetch(provider, "2024-01-01", "2024-01-20")
    provider.nearest(50, 8)
    assert settings() == before


PROGRAM = """
import sys
from pathlib import Path
import pandas as pd
from features.providers.meteostat import Meteostat
from features.providers.meteostat_client import reading
from features.providers.provider import ProviderError

provider = Meteostat(Path("cache"), sys.argv[1])
span = pd.Timestamp("2023-01-01"), pd.Timestamp("2024-02-01")
for _ in range(3):
    try:
        print(len(provider.fetch("10637", "1d", *span)))
    except ProviderError:
        print("failed")
print(provider.nearest(50, 8)[0].id)
"""


def test_nothing_is_left_but_the_table_of_stations_and_nothing_said(
    server: MeteostatServer, tmp_path: Path
) -> None:
    server.tables["daily", FRANKFURT] = days("2024-01-01", "2024-01-20")
    server.faults[server.path("daily", FRANKFURT, 2024)] = ["500", "malformed"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, server.url],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(Path.cwd())},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["failed", "failed", "20", FRANKFURT]
    assert done.stderr == ""
    files = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")]
    assert sorted(files) == ["cache", "cache/stations.db"]
