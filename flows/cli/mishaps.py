"""What goes wrong around a command, and is no mistake of the program's: each as one sentence."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_NO_ROOM = (
    *(os.strerror(number) for number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)),
    "database or disk is full",  # SQLite
)
_NO_SERVER = "Failed to reach API at"  # Prefect, at the beginning of a run
_LITTLE = 2**20


def sentence(error: BaseException) -> str | None:
    """What happened, where, and what to do; None for anything else than a mishap."""
    for one in reversed(list(_chain(error))):  # where it began is said best
        if any(text in str(one) for text in _NO_ROOM):
            return _no_room(one)
        if _server_is_away(one):
            return _no_server(one)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _no_room(error: BaseException) -> str:
    home = Path(os.environ.get("FORECASTLE_HOME", "forecastle_home")).resolve()
    named = getattr(error, "filename", None)
    suspects = [Path(named)] if named else [home, Path(tempfile.gettempdir())]
    place = next((path for path in suspects if _full(path)), suspects[0])
    reason = str(error).splitlines()[0][:160]
    return (
        f"no room for a file on the disk of {place} ({reason}); make room there and start the same "
        "command again: it takes up what was done"
    )


def _full(path: Path) -> bool:
    return path.exists() and shutil.disk_usage(path).free < _LITTLE


def _server_is_away(error: BaseException) -> bool:
    from httpx import TransportError  # Prefect's, and nobody else's here

    return isinstance(error, TransportError) or str(error).startswith(_NO_SERVER)


def _no_server(error: BaseException) -> str:
    url = os.environ.get("PREFECT_API_URL")
    reason = (str(error).splitlines() or [type(error).__name__])[0][:160]
    if url is None:
        return f"Prefect's temporary server has ended ({reason}); start the same command again"
    return (
        f"the Prefect server at {url} does not answer ({reason}); start it and then the same "
        "command again, which takes up what was done, or unset PREFECT_API_URL to do without"
    )
