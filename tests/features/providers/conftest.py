from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from features.providers.yahoo import Yahoo
from tests.features.providers.yahoo_server import YahooServer


@pytest.fixture
def server() -> Iterator[YahooServer]:
    with YahooServer() as server:
        yield server


@pytest.fixture
def yahoo(server: YahooServer, tmp_path: Path) -> Yahoo:
    return Yahoo(server.url + "/", cache=tmp_path)
