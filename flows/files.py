"""Folders that appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def folder_at_once(final: Path) -> Iterator[Path]:
    """Write into a hidden folder beside `final`, which takes that name when the block ends well.

    Raises:
        FileExistsError: `final` is there already and holds something.
    """
    final.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        yield draft
        draft.chmod(0o755)  # mkdtemp gives a folder to its owner alone
        draft.rename(final)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise


def file_name(text: str) -> str:
    """`text` with all but letters, digits and `-_.` replaced, fit for a file's name."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)
