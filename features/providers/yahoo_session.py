"""The HTTP session of the Yahoo client: where its requests go, and what a refusal becomes."""

from __future__ import annotations

import json
import re
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

from features.errors import UserError
from features.optional import need
from features.providers.provider import ProviderError

CHART = "/v8/finance/chart/"
COOKIE = "https://fc.yahoo.com"
REFUSED = (400, 404, 422)
"""What Yahoo answers, with its reason, to symbols and spans that it does not have."""


def open_session(base: str | None, timeout: float) -> Any:
    """A session that looks like a browser; with `base` all requests go there.

    Raises:
        UserError: for a base that is no web address.
    """
    if base is not None and not re.match(r"https?://[^/]", base):
        raise UserError(
            f"the address for Yahoo is {base!r}, expected one such as http://127.0.0.1:8080; "
            "correct it, or remove it to ask Yahoo itself"
        )
    requests = need("curl_cffi.requests", "fetching live prices")

    class Session(requests.Session):  # type: ignore[misc, name-defined]
        """Threads may share it: each gets a connection of its own, and the cookies are common."""

        def request(self, method: str, url: str, **options: Any) -> Any:
            """Send the request; the client's own time-outs differ from one address to another."""
            if url == COOKIE and len(self.cookies.jar):
                return None  # the client looks for its cookie on disk only, and asks each time
            answer = super().request(method, _moved(url, base), **{**options, "timeout": timeout})
            if CHART in url:
                refuse(answer.status_code, answer.headers.get("retry-after"), answer.content)
            return answer

    return Session(impersonate="chrome")


def refuse(status: int, after: str | None, body: bytes) -> None:
    """Raise what a refusal means. Left alone, the client asks a busy server again at once."""
    if status == 429 or status >= 500:
        why = "too many requests" if status == 429 else "the server failed"
        raise ProviderError(f"{why} (HTTP {status})", again=True, after=seconds(after))
    if status in REFUSED:
        reason = _reason(body)
        raise ProviderError(reason or f"no answer in its format (HTTP {status})", again=not reason)


def seconds(after: str | None) -> float | None:
    """Seconds from now that a Retry-After header means: a number of them, or a date."""
    if after is None or after.isdigit():
        return None if after is None else float(after)
    try:
        until = pd.Timestamp(parsedate_to_datetime(after))
    except ValueError:
        return None
    until = until.tz_localize("UTC") if until.tz is None else until
    return max((until - pd.Timestamp.now("UTC")).total_seconds(), 0.0)


def _moved(url: str, base: str | None) -> str:
    if base is None:
        return url
    parts = urlsplit(url)
    return base.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")


def _reason(body: bytes) -> str | None:
    """Yahoo's own words, None where the answer is not in its format."""
    try:
        return str(json.loads(body)["chart"]["error"]["description"])
    except (ValueError, LookupError, TypeError):
        return None
