"""The Meteostat client, so that what it cannot download is said.

To the client a file that it could not get is a file without rows: a busy server, a broken answer
and an unknown station all look the same. So files are fetched here, through the client's own
network service, and the client reads them from a folder, which is one of its settings. Its time-out
(`network_timeout`, environment variable MS_NETWORK_TIMEOUT) then holds for them too.
"""

from __future__ import annotations

import gzip
import logging
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

from features.optional import need
from features.providers.provider import ProviderError

GZIP = b"\x1f\x8b"
TURN = RLock()


@cache
def client() -> ModuleType:
    """The package, told not to repeat a failed request: that is the caller's to decide."""
    meteostat = need("meteostat", "weather data")
    meteostat.config.network_max_retries = 0
    # failures are raised here; without a handler of its own its warnings go to stderr as well
    logging.getLogger("meteostat").addHandler(logging.NullHandler())
    return meteostat


@contextmanager
def changed(owner: object, **values: object) -> Iterator[None]:
    """Settings of the client for a while; they are the process's, so threads take turns."""
    with TURN:
        before = {name: getattr(owner, name) for name in values}
        try:
            for name, value in values.items():
                setattr(owner, name, value)
            yield
        finally:
            for name, value in before.items():
                setattr(owner, name, value)


@contextmanager
def reading(folder: Path, granularity: str, *, model: bool = False) -> Iterator[ModuleType]:
    """The client reading year files from `folder`, as `year_file` names them, and keeping none.

    Args:
        folder: where the files are.
        granularity: `daily` or `hourly`.
        model: whether it gives what models say as well, besides what was observed.
    """
    meteostat = client()
    files = import_module(f"meteostat.providers.meteostat.{granularity}")
    plain = str(folder).replace("{", "{{").replace("}", "}}")
    endpoint = f"{plain}/{{station}}-{{year}}.csv.gz"
    with (
        changed(meteostat.config, cache_enable=False, include_model_data=model),
        changed(files, ENDPOINT=endpoint),
    ):
        yield meteostat


def year_file(folder: Path, station: str, year: int) -> Path:
    """Where `reading` looks for a station's year."""
    return folder / f"{station}-{year}.csv.gz"


def download(url: str) -> bytes | None:
    """What is at `url`, None if there is no such file.

    Raises:
        ProviderError: any other answer, or none.
    """
    client()
    service = import_module("meteostat.core.network").network_service
    broken = need("urllib3", "weather data").exceptions.HTTPError
    try:
        with service.get(url, stream=True) as response:
            if response.status_code == 404:
                return None
            if response.status_code != 200:
                raise _refused(url, response)
            # as sent: what is unpacked on the way can be cut short without a trace
            body: bytes = response.raw.read(decode_content=False)
            return body
    except (OSError, broken) as error:
        raise ProviderError(f"{url} gave no answer ({type(error).__name__})", again=True) from error


def packed(url: str, body: bytes) -> bytes:
    """A table as the client reads it: gzip, also where the server unpacked it.

    Raises:
        ProviderError: a damaged file, or no table.
    """
    try:
        text = gzip.decompress(body) if body.startswith(GZIP) else body
    except (OSError, EOFError, zlib.error) as error:
        raise ProviderError(f"{url} gave a damaged gzip file ({error})", again=True) from error
    if not text.startswith(b"year,"):
        raise ProviderError(
            f"{url} gave {text[:40]!r}, expected a table that begins with year,month,day",
            again=True,
        )
    return body if body.startswith(GZIP) else gzip.compress(text)


def _refused(url: str, response: Any) -> ProviderError:
    status = response.status_code
    again = status in (408, 425, 429) or status >= 500
    after = _seconds(response.headers.get("Retry-After", ""))
    return ProviderError(f"{url} answered {status} {response.reason}", again=again, after=after)


def _seconds(retry_after: str) -> float | None:
    """Retry-After is a number of seconds or a date (RFC 9110)."""
    if retry_after.isdecimal():
        return float(retry_after)
    try:
        date = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (date.astimezone(UTC) - datetime.now(UTC)).total_seconds())
