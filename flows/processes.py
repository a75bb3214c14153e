"""Whether the process that something belongs to is gone."""

from __future__ import annotations

import psutil


def gone(told: str | None, begun: float) -> bool:
    """Whether a process of this machine has ended.

    Args:
        told: its number, with or without a host before it; None where it is not known, which is
            not known to be gone.
        begun: a moment at which it ran, in seconds since 1970: no process that began later is it.
    """
    if told is None:
        return False
    number = told.rpartition(":")[2]
    try:
        return bool(psutil.Process(int(number)).create_time() > begun + 1)
    except (psutil.NoSuchProcess, ValueError):
        return True
