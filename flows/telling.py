"""Lines for who waits at a terminal or reads a log."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from prefect import get_run_logger

if TYPE_CHECKING:
    from prefect.logging.loggers import PrefectLogAdapter

PROGRESS = "progress"
"""How the name of the logger ends that tells what a run has done so far."""


def teller() -> Callable[[str], None]:
    """What takes such a line, from whatever thread; Prefect keeps it with the run under way."""
    logger = cast("PrefectLogAdapter", get_run_logger()).getChild(PROGRESS)

    def tell(line: str) -> None:
        print(line, file=sys.stderr, flush=True)
        logger.info(line)

    return tell
