"""`forecastle`, killed with SIGKILL at a moment that can be named.

    python -m benchmarks.doomed MODULE.FUNCTION COUNT WORD…

When the function is called for the COUNTth time, the process kills itself, before it is done.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from itertools import count
from typing import Any

from flows.cli import run


def main() -> None:
    """Run the words up to the named moment."""
    place, last, *words = sys.argv[1:]
    module, _, name = place.rpartition(".")
    owner = importlib.import_module(module)
    original, calls = getattr(owner, name), count(1)

    def fatal(*given: Any, **named: Any) -> Any:
        if next(calls) == int(last):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given, **named)

    setattr(owner, name, fatal)
    sys.exit(run(words))


if __name__ == "__main__":
    main()
