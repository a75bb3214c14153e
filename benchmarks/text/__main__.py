"""The text models on published corpora, with the figure that each has to reach.

    python -m benchmarks.text --data DIR --task enja --checkpoints FOLDER

DIR holds the corpora under `char`, `sentiment`, `enja`, `enfr`, `summaries` and `dialogue`. A task
stops in its time, prints a line an epoch and one table. With a folder for checkpoints, a task that
was killed goes on at its epoch, and the same command again prints the table.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from benchmarks.record import ending
from features.errors import UserError

Main = Callable[[Path, argparse.Namespace], None]
MINUTES = {
    "characters": 30.0,
    "polarity": 10.0,
    "enja": 45.0,
    "enfr": 30.0,
    "summaries": 30.0,
    "dialogue": 10.0,
    "throughput": 5.0,
}
"""What each task may take, of a model where it trains several."""


def _later(name: str) -> Main:
    """The task's `main`, imported when it is called."""

    def main(data: Path, options: argparse.Namespace) -> None:
        import_module(f"benchmarks.text.{name}").main(data, options)

    return main


TASKS: dict[str, Main] = {name: _later(name) for name in MINUTES}


def parser() -> argparse.ArgumentParser:
    """What a task is told."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.text", description=__doc__)
    found.formatter_class = argparse.RawDescriptionHelpFormatter
    folder = os.environ.get("FORECASTLE_DATA")
    given = folder and Path(folder)
    found.add_argument("--data", type=Path, default=given, help="folder (or $FORECASTLE_DATA)")
    found.add_argument("--task", required=True, choices=list(TASKS))
    found.add_argument("--seed", type=int, default=0)
    found.add_argument("--minutes", type=float, help="of the task, a model (default: its own)")
    found.add_argument("--model", help="models to train, with commas between (default: the task's)")
    found.add_argument("--checkpoints", type=Path, help="folder that a killed task goes on from")
    return found


def main() -> None:
    """Do the task that the command line names.

    Raises:
        UserError: no folder of data, no such folder, or minutes that are none.
    """
    options = parser().parse_args()
    if options.data is None or not options.data.is_dir():
        raise UserError(f"{options.data} is no folder of corpora; name one with --data DIR")
    if options.minutes is None:
        options.minutes = MINUTES[options.task]
    if options.minutes <= 0:
        raise UserError(f"--minutes is {options.minutes:g}, expected more than 0")
    TASKS[options.task](options.data, options)


if __name__ == "__main__":
    ending(main)
