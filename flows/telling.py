"""Lines for who waits at a terminal or reads a log."""

from __future__ import annotations

import sys
from collections.abc import Callable

from prefect import get_run_logger


def teller() -> Callable[[str], None]:
    """What takes such a line, from whatever thread; Prefect keeps it with the run under way."""
    logger = get_run_logger()

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        logger.info(line)

    return tell
