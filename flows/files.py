"""Folders that appear whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flows.processes import gone
from models.kept import kept


@contextmanager
def folder_at_once(final: Path) -> Iterator[Path]:
    """Write into a hidden folder beside `final`, which takes that name when the block ends well.

    Raises:
        OSError: `final` is there already and holds something.
    """
    with hidden_folder(final) as draft:
        yield draft
        draft.chmod(0o755)  # a hidden folder is its owner's alone
        draft.rename(final)


@contextmanager
def hidden_folder(beside: Path) -> Iterator[Path]:
    """A folder beside another, which is removed when the block ends, or later.

    Its name holds the machine and the process. Those that killed processes have left go first.
    """
    folder, host = beside.parent, socket.gethostname()
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder, host)
    hidden = Path(tempfile.mkdtemp(f"@{host}@{os.getpid()}", f".{beside.name}-", folder))
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _sweep(folder: Path, host: str) -> None:
    for hidden in folder.glob(f".*@{host}@*"):
        with suppress(FileNotFoundError):  # another process sweeps too
            if gone(hidden.name.rpartition("@")[2], hidden.stat().st_mtime):
                shutil.rmtree(hidden, ignore_errors=True)


def intact(path: Path) -> bool:
    """Whether a file of JSON, of weights or of arrays (a zip archive) can be read to its end."""
    from safetensors import SafetensorError

    try:
        if path.suffix == ".safetensors":
            kept(path)
            return True
        if path.suffix == ".json":
            json.loads(path.read_text(encoding="utf-8"))
            return True
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (ValueError, EOFError, RuntimeError, SafetensorError, zipfile.BadZipFile):
        return False


def file_name(text: str) -> str:
    """`text` with all but letters, digits and `-_.` replaced, fit for a file's name."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)
