"""What MLflow is to be told about a run: on disk, in order, until it has been told.

Whoever puts a message down goes on at once; a thread sends. What the thread could not send, waits,
also in the folder of a process that is gone.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock

from flows.tracking.patience import PAUSE, STORE_ERRORS

Message = dict[str, Any]
"""`run` (a name, empty for the parent), `kind`, and what that kind holds."""
_EVERY = 1.0
"""Seconds between two looks at what there is to send: an epoch may take less."""
BATCH = 1000
"""Metrics that MLflow takes at once."""


class Outbox:
    """A folder of messages, held by one process at a time.

    A message is a line of JSON in `messages.jsonl`; `sent` holds how many bytes of it are sent.
    """

    def __init__(self, folder: Path) -> None:
        """Make the folder, or take over one that was left behind.

        Raises:
            filelock.Timeout: another process holds it.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._held = FileLock(folder / ".lock", timeout=0, thread_local=False)
        self._held.acquire()
        self._writing = threading.Lock()
        self._lines, self._sent = folder / "messages.jsonl", folder / "sent"
        self._lines.touch()
        self._drop_a_cut_line()
        self._seen: set[tuple[object, ...]] = set()

    def _drop_a_cut_line(self) -> None:
        """Remove what a kill or a full disk has left of a line: no later one may join it."""
        content = self._lines.read_bytes()
        os.truncate(self._lines, content.rfind(b"\n") + 1)

    def put(self, run: str, kind: str, **content: Any) -> None:
        """Add a message."""
        line = json.dumps({"run": run, "kind": kind, **content}) + "\n"
        with self._writing:
            size = self._lines.stat().st_size
            try:
                with self._lines.open("a", encoding="utf-8") as lines:
                    lines.write(line)
            except OSError:  # a full disk takes a part of it
                os.truncate(self._lines, size)
                raise

    def first(self, *what: object) -> bool:
        """Whether this is asked for the first time, for what must be told once."""
        with self._writing:
            known = what in self._seen
            self._seen.add(what)
        return not known

    def keep(self, folder: Path) -> Path:
        """A copy of a folder, as links where the file system has them: the original may go."""
        copy = next(p for k in count() if not (p := self.folder / f"{k:03}").exists())
        return Path(shutil.copytree(folder, copy, copy_function=_link))

    def unended(self) -> list[str]:
        """The runs that began and have not been said to end, the parent last."""
        messages = [json.loads(line) for line in self._lines.read_text("utf-8").splitlines()]
        began = [m["run"] for m in messages if m["kind"] == "open"]
        ended = {m["run"] for m in messages if m["kind"] == "end"}
        return [run for run in (*began, "") if run not in ended]

    def send(self, post: Callable[[Message], None]) -> None:
        """Hand to `post`, in order, what is not sent yet; what fails stays the next."""
        for message, end in _gathered(self._unsent()):
            post(message)
            whole = self._sent.with_suffix(".new")
            whole.write_text(str(end))
            whole.replace(self._sent)

    @property
    def is_sent(self) -> bool:
        """Whether nothing waits."""
        return next(self._unsent(), None) is None

    def close(self) -> None:
        """Let go of the folder, and remove it where nothing waits."""
        if self.is_sent:
            shutil.rmtree(self.folder)
        self._held.release()

    def _unsent(self) -> Iterator[tuple[Message, int]]:
        """Messages, each with the number of bytes up to its end."""
        with self._lines.open("rb") as lines:
            lines.seek(int(self._sent.read_text()) if self._sent.exists() else 0)
            for line in lines:
                if line.endswith(b"\n"):
                    yield json.loads(line), lines.tell()


class Sender:
    """Sends from a thread of its own until it is stopped: training never waits for a server."""

    def __init__(self, send: Callable[[], None], tell: Callable[[str], None], shown: str) -> None:
        self._send, self._tell, self._shown = send, tell, shown
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="mlflow-sender", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread, after the attempt that it is at."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        pause = _EVERY
        while not self._stopping.wait(pause):
            try:
                self._send()
            except STORE_ERRORS:
                if pause == _EVERY:
                    self._tell(
                        f"MLflow at {self._shown} does not take what the run logs; the run goes on "
                        "and sends it later"
                    )
                pause = min(2 * pause, PAUSE)
            else:
                if pause > _EVERY:
                    self._tell(f"MLflow at {self._shown} answers again")
                pause = _EVERY


def _gathered(messages: Iterator[tuple[Message, int]]) -> Iterator[tuple[Message, int]]:
    """The same messages, with metrics of one run that follow each other as one."""
    held: tuple[Message, int] | None = None
    for message, end in messages:
        if held and _alike(held[0], message):
            held[0]["metrics"] += message["metrics"]
            held = held[0], end
            continue
        if held:
            yield held
        held = message, end
    if held:
        yield held


def _alike(one: Message, other: Message) -> bool:
    return (
        one["kind"] == other["kind"] == "metrics"
        and one["run"] == other["run"]
        and len(one["metrics"]) + len(other["metrics"]) <= BATCH
    )


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # a file system without links, or another one
        shutil.copy2(source, target)
    return target
