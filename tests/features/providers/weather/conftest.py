"""A server with one station, and the provider that asks it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.providers.meteostat import Meteostat
from tests.features.providers.meteostat_server import FRANKFURT, MeteostatServer


@pytest.fixture
def server() -> Iterator[MeteostatServer]:
    with MeteostatServer() as running:
        running.add_station(FRANKFURT, latitude=50.05, longitude=8.6)
        yield running


@pytest.fixture
def provider(server: MeteostatServer, tmp_path: Path) -> Meteostat:
    return Meteostat(tmp_path / "cache", server.url)
