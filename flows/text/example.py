"""An example of the course: what one learns, the code to read, the figure to look at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows.text.bench import Bench


@dataclass(frozen=True)
class Example:
    """One of seven in a chapter."""

    number: str
    """Chapter and place: `1.3`."""
    title: str
    learn: str
    """What one knows afterwards, as a sentence."""
    read: str
    """The module to read: `models.text.cells`."""
    look: str
    """The file that it leaves in the chapter's folder: `1.3-gradients.png`."""
    run: Callable[[Bench], None]
