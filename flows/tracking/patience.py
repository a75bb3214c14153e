"""An MLflow store that does not answer: which failures pass, and how long is waited for it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import mlflow
import requests
from mlflow.exceptions import MlflowException

from features.errors import UserError
from flows.urls import without_password

T = TypeVar("T")
PAUSE = 15.0
"""Seconds between two attempts, at most."""
STORE_ERRORS = (MlflowException, OSError)
_START = (
    "start it, or set MLFLOW_TRACKING_URI to another, or unset it for a store in the home folder"
)


class StoreError(UserError):
    """The MLflow store does not answer, or refuses."""

    def __init__(self, uri: str, error: Exception, advice: str = _START) -> None:
        reason = without_password(_said(error))[:160]
        shown = without_password(uri)
        super().__init__(f"the MLflow store at {shown} cannot be used ({reason}); {advice}")


def _said(error: Exception) -> str:
    """The first line, or what a database says itself: SQLAlchemy puts words of its own first."""
    told = getattr(error.__cause__, "orig", None) or error
    return str(told).splitlines()[0]


def patiently(
    action: Callable[[], T],
    uri: str,
    patience: float,
    tell: Callable[[str], None],
    advice: str = _START,
) -> T:
    """Do what needs the store, and where it does not answer, again until it does.

    Args:
        action: what to do; doing it again must change nothing.
        uri: the store.
        patience: seconds to wait for it; 0 for none.
        tell: takes a line that says what is waited for.
        advice: what to do where it stays away.

    Raises:
        StoreError: it stayed away, or answered that it will not.
    """
    began, pause = time.monotonic(), 1.0
    while True:
        try:
            return action()
        except STORE_ERRORS as error:
            waited = time.monotonic() - began
            if not passes(error) or waited >= patience:
                raise StoreError(uri, error, advice) from _shown(error, uri)
            left = patience - waited
            tell(
                f"MLflow at {without_password(uri)} does not answer; {waited:.0f} s waited, trying "
                f"for {left:.0f} s more"
            )
            time.sleep(min(pause, left))
            pause = min(2 * pause, PAUSE)


@contextmanager
def saying_when_away(uri: str) -> Iterator[None]:
    """Turn the failure of a store that does not answer into one sentence."""
    try:
        yield
    except STORE_ERRORS as error:
        raise StoreError(uri, error) from _shown(error, uri)


def _shown(error: Exception, uri: str) -> Exception | None:
    """What a log may show as the cause: not what names a URI with a password."""
    return error if without_password(uri) == uri else None


def passes(error: Exception) -> bool:
    """Whether a failure may be over soon: no answer, or one that the server has a fault."""
    if isinstance(error, MlflowException):
        status = int(error.get_http_status_code())  # type: ignore[no-untyped-call]
    elif isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
    else:
        return isinstance(error, (ConnectionError, TimeoutError, requests.RequestException))
    return bool(status == requests.codes.too_many_requests or status >= 500)


def use_store(uri: str) -> None:
    """Point MLflow at a store.

    MLflow also writes it into the environment, where the next run of this process would take it
    for the user's choice.
    """
    chosen = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    os.environ.pop("MLFLOW_TRACKING_URI", None)
    if chosen is not None:
        os.environ["MLFLOW_TRACKING_URI"] = chosen
