"""A folder of segments: listed by readers without a lock, changed by one writer at a time.

A crash leaves at most a hidden draft, or segments beside the one that was merged from them; readers
pass over both, and the next writer removes them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from features.errors import UserError
from features.optional import need
from features.store.segment import PURPOSE, Damage, Damaged, Segment

T = TypeVar("T")

PATIENCE = 120
"""Seconds that a writer waits for another."""


@dataclass(frozen=True)
class Folder:
    """Segments, and files that are none."""

    path: Path

    def segments(self) -> list[Segment]:
        """Those in use, the oldest first: all that were complete at one moment."""
        have = self._named()
        return [one for one in have if not any(other.holds(one) for other in have)]

    def each(self, read: Callable[[Segment], T], as_of: int) -> list[T]:
        """`read` of every segment that has something from up to a moment.

        Raises:
            Damaged: all that cannot be read.
        """
        while True:
            found: list[T] = []
            damage: list[Damage] = []
            try:
                for segment in self.segments():
                    if segment.first <= as_of:
                        try:
                            found.append(read(segment))
                        except Damaged as error:
                            damage += error.damage
            except FileNotFoundError:
                continue  # merged or set aside since it was listed
            except PermissionError as error:
                raise self._refused(error, "read") from error
            if damage:
                raise Damaged(damage)
            return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other writers out, and leave no remains of one that crashed.

        Raises:
            UserError: the folder cannot be written, or another writer does not end.
        """
        filelock = need("filelock", PURPOSE)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            with filelock.FileLock(self.path / ".lock", timeout=PATIENCE):
                self._sweep()
                yield
        except filelock.Timeout as error:
            raise UserError(
                f"another process has been writing in {self.path} for {PATIENCE} seconds, expected "
                "it to be done; wait for it or end it"
            ) from error
        except OSError as error:
            raise self._refused(error, "written") from error

    def verify(self) -> list[Damage]:
        """Read every byte; what is no segment is damage too."""
        damage: list[Damage] = []
        for path, is_file in self._entries():
            segment = Segment.at(path)
            try:
                if segment is None or not is_file:
                    damage.append(Damage(path, "it is no segment of the store"))
                else:
                    segment.check()
            except Damaged as error:
                damage += error.damage
            except FileNotFoundError:
                continue  # merged meanwhile
            except PermissionError as error:
                raise self._refused(error, "read") from error
        return damage

    def _entries(self) -> list[tuple[Path, bool]]:
        """What is there and not hidden, and whether it is a file."""
        try:
            with os.scandir(self.path) as entries:
                seen = [(Path(e.path), e.is_file()) for e in entries if not e.name.startswith(".")]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._refused(error, "read") from error
        return sorted(seen)

    def _named(self) -> list[Segment]:
        """All by their names, merged ones beside what they were merged from.

        A listing made while a merge goes on may lack both. The next one then differs.
        """
        before, entries = None, self._entries()
        while entries != before:
            before, entries = entries, self._entries()
        named = (Segment.at(path) for path, is_file in entries if is_file)
        return sorted(segment for segment in named if segment)

    def _sweep(self) -> None:
        used = self.segments()
        for segment in self._named():
            if segment not in used:
                segment.path.unlink()
        for draft in self.path.glob(".*.parquet"):
            draft.unlink()

    def _refused(self, error: OSError, done: str) -> UserError:
        return UserError(
            f"the data store at {error.filename or self.path} cannot be {done} ({error.strerror}), "
            "expected a folder of yours with space left; give it to this user or name another"
        )
