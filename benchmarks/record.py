"""What every benchmark writes down: figures, settings and versions."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_info

from features.errors import UserError
from models.training import Epoch


def ending(main: Callable[[], None]) -> None:
    """Run a benchmark; a user's mistake ends in its sentence and exit code 2."""
    try:
        main()
    except UserError as error:
        sys.exit(_told(error))


def _told(error: UserError) -> int:
    print(error, file=sys.stderr)
    return 2


def add_json(parser: argparse.ArgumentParser) -> None:
    """Give a benchmark its `--json FILE`."""
    parser.add_argument("--json", type=Path, help="write figures, settings and versions there")


def write(path: Path | None, figures: dict[str, Any]) -> None:
    """Write `figures` and the machine they were measured on, if a path was given."""
    if path is None:
        return
    machine = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "forecastle": version("forecastle"),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "libraries": [f"{i['internal_api']} {i['version']}" for i in threadpool_info()],
        "allocator": {k: v for k, v in os.environ.items() if k.startswith("MALLOC_")},
    }
    path.write_text(json.dumps({**figures, "machine": machine}, indent=2) + "\n")


def show_epoch(epoch: Epoch) -> None:
    """A line an epoch."""
    print(
        f"epoch {epoch.number:3d}  train {epoch.train_loss:.4f}  "
        f"validation {epoch.validation_loss:.4f}  {epoch.seconds:.1f} s",
        flush=True,
    )
